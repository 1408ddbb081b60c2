//! PostgreSQL: crashes, several servers at once, the shared one.

use fabric_testnet::postgres::{self, Options, Postgres};

#[tokio::test]
async fn committed_rows_survive_kill_and_restart() {
    let mut server = Postgres::start().await.unwrap();
    server.create_database("ledger").await.unwrap();
    server
        .query("ledger", "CREATE TABLE note (amount bigint)")
        .await
        .unwrap();
    server
        .query("ledger", "INSERT INTO note VALUES (1), (41)")
        .await
        .unwrap();
    let url = server.url("ledger");

    server.kill();
    server.query("ledger", "SELECT 1").await.unwrap_err();
    server.restart().await.unwrap();

    assert_eq!(
        server
            .query("ledger", "SELECT sum(amount) FROM note")
            .await
            .unwrap(),
        "42"
    );
    assert_eq!(server.url("ledger"), url);
}

#[tokio::test]
async fn servers_that_run_at_once_share_nothing() {
    let (one, other) = tokio::join!(Postgres::start(), Postgres::start());
    let (one, other) = (one.unwrap(), other.unwrap());

    one.create_database("only_here").await.unwrap();

    assert_ne!(one.port(), other.port());
    let error = other
        .query("only_here", "SELECT 1")
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("does not exist"), "{error}");
}

#[tokio::test]
async fn dropped_server_leaves_neither_listener_nor_folder() {
    let server = Postgres::start().await.unwrap();
    let data = server
        .query("postgres", "SHOW data_directory")
        .await
        .unwrap();
    let port = server.port();

    drop(server);

    assert!(fabric_testnet::ports::is_free(port));
    assert!(!std::path::Path::new(&data).exists());
}

#[tokio::test]
async fn named_folder_keeps_its_data_between_servers() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        folder: Some(folder.path().to_owned()),
        ..Options::default()
    };
    let first = Postgres::start_with(options.clone()).await.unwrap();
    first.create_database("kept").await.unwrap();
    drop(first);

    let second = Postgres::start_with(options).await.unwrap();

    assert_eq!(second.query("kept", "SELECT 1").await.unwrap(), "1");
}

#[tokio::test]
async fn settings_reach_the_server() {
    let settings = vec![("max_connections".to_owned(), "17".to_owned())];
    let options = Options {
        is_durable: false,
        settings,
        ..Options::default()
    };
    let server = Postgres::start_with(options).await.unwrap();

    assert_eq!(
        server
            .query("postgres", "SHOW max_connections")
            .await
            .unwrap(),
        "17"
    );
    assert_eq!(server.query("postgres", "SHOW fsync").await.unwrap(), "off");
}

#[tokio::test]
async fn databases_of_the_shared_server_are_separate() {
    let (one, other) = tokio::join!(postgres::database(), postgres::database());
    let (one, other) = (one.unwrap(), other.unwrap());
    one.query("CREATE TABLE note (amount bigint)")
        .await
        .unwrap();

    let error = other
        .query("SELECT * FROM note")
        .await
        .unwrap_err()
        .to_string();

    assert_ne!(one.url(), other.url());
    assert!(error.contains("does not exist"), "{error}");
}
