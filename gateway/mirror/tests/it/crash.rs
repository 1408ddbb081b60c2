//! Whatever dies, and whenever: nothing is lost and nothing is repeated.

use std::time::Duration;

use asset_mirror::{Finding, Verifier};
use asset_store::Store;
use fabric_testnet::postgres::{Options as PostgresOptions, Postgres};
use fabric_testnet::wait_until;

use crate::database::{Running, TestStore, block_by_block, connect, contents, mirror, store};
use crate::made_chain::asset_chain;
use crate::source::{Recording, fabric_2_5};

/// The tables that a batch writes, in the order in which it writes them.
const STEPS: [&str; 12] = [
    "block",
    "transaction",
    "write",
    "event",
    "state",
    "token",
    "account",
    "balance",
    "note",
    "transfer",
    "checkpoint",
    "channel",
];

/// Makes the connection that writes to `table` for the `occurrence`th time end there, once.
async fn arm(store: &TestStore, table: &str, occurrence: u32, timing: &str) {
    let sql = format!(
        "CREATE SEQUENCE mirror.crash; \
         CREATE FUNCTION mirror.crash() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
           IF nextval('mirror.crash') = {occurrence} THEN \
             PERFORM pg_terminate_backend(pg_backend_pid()); \
           END IF; \
           RETURN NULL; END $$; \
         {timing} EXECUTE FUNCTION mirror.crash()",
        timing = timing.replace("{table}", &format!("mirror.{table}")),
    );
    store.database.query(&sql).await.unwrap();
}

const WHILE_WRITING: &str =
    "CREATE TRIGGER crash AFTER INSERT OR UPDATE ON {table} FOR EACH STATEMENT";
const WHILE_COMMITTING: &str = "CREATE CONSTRAINT TRIGGER crash AFTER INSERT OR UPDATE ON {table} \
     DEFERRABLE INITIALLY DEFERRED FOR EACH ROW";

async fn expected(recording: &Recording) -> Vec<String> {
    let whole = store().await;
    mirror(&whole, recording, block_by_block()).await.unwrap();
    contents(&whole.database).await
}

async fn survives(recording: &Recording, expected: &[String], table: &str, timing: &str) {
    for occurrence in [1, 3] {
        let store = store().await;
        arm(&store, table, occurrence, timing).await;
        let running = Running::start(&store, recording, block_by_block());
        let progress = running.progress.clone();
        running.end().await.unwrap();
        let reached = store
            .database
            .query("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM mirror.crash")
            .await
            .unwrap();
        if reached.parse::<u32>().unwrap() >= occurrence && table != "channel" {
            assert!(
                progress.borrow().last_failure.is_some(),
                "no crash in {table}"
            );
        }
        assert_eq!(
            contents(&store.database).await,
            expected,
            "crash {occurrence} in {table}"
        );
    }
}

/// What a verification finds, from the tables and against the chain.
async fn proved(store: &Store, recording: &Recording) -> Vec<Finding> {
    let verifier = Verifier::new(store).against(recording);
    verifier.run().await.unwrap().findings
}

#[tokio::test]
async fn a_connection_that_dies_in_any_step_of_a_batch() {
    let recording = asset_chain().recording;
    let expected = expected(&recording).await;
    for table in STEPS {
        survives(&recording, &expected, table, WHILE_WRITING).await;
    }
}

#[tokio::test]
async fn a_connection_that_dies_in_any_step_of_a_batch_of_fabrics() {
    let recording = fabric_2_5().recording.cut(12);
    let expected = expected(&recording).await;
    for table in ["write", "event", "state", "checkpoint"] {
        survives(&recording, &expected, table, WHILE_WRITING).await;
    }
}

#[tokio::test]
async fn a_connection_that_dies_while_committing() {
    let recording = asset_chain().recording;
    let expected = expected(&recording).await;
    survives(&recording, &expected, "checkpoint", WHILE_COMMITTING).await;
}

#[tokio::test]
async fn all_connections_dying_again_and_again() {
    let recording = fabric_2_5().recording;
    let expected = expected(&recording).await;
    let store = &store().await;
    let running = &Running::start(store, &recording, block_by_block());
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let mut seen = 0;
    let kill_after_each_batch = || {
        let batches = running.progress.borrow().batches;
        let has_written = batches > seen;
        seen = batches;
        async move {
            if has_written {
                store.database.query(kill).await.unwrap();
            }
            running.is_finished()
        }
    };
    wait_until(Duration::from_secs(120), kill_after_each_batch)
        .await
        .unwrap();
    assert!(running.progress.borrow().last_failure.is_some());
    assert_eq!(contents(&store.database).await, expected);
    assert_eq!(proved(store, &recording).await, []);
}

#[tokio::test]
async fn a_task_that_is_cut_off_anywhere() {
    let recording = asset_chain().recording;
    let expected = expected(&recording).await;
    let store = store().await;
    for milliseconds in [1, 2, 3, 5, 8, 13, 21, 34, 55, 89] {
        let run = mirror(&store, &recording, block_by_block());
        // A run that is through in time has nothing left to lose.
        let _ = tokio::time::timeout(Duration::from_millis(milliseconds), run).await;
    }
    mirror(&store, &recording, block_by_block()).await.unwrap();
    assert_eq!(contents(&store.database).await, expected);
}

#[tokio::test]
async fn a_server_that_is_killed_and_comes_back() {
    let recording = fabric_2_5().recording;
    let expected = expected(&recording).await;
    let mut server = Postgres::start_with(PostgresOptions::default())
        .await
        .unwrap();
    let url = server.create_database("assets").await.unwrap();
    let store = connect(&url).await;
    let running = Running::start(&store, &recording.clone().waiting(), block_by_block());
    for number in [2, 7, 19] {
        running.reaches(number).await;
        server.kill();
        server.restart().await.unwrap();
    }
    running.reaches(recording.last()).await;
    running.stop().await.unwrap();
    server.kill();
    server.restart().await.unwrap();
    assert_eq!(proved(&store, &recording).await, []);
    let digest = crate::database::contents_through(|sql| {
        let server = &server;
        async move { server.query("assets", &sql).await.unwrap() }
    });
    assert_eq!(digest.await, expected);
}
