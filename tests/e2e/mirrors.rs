//! A mirror keeps to its channel, and notices what is not its own work.

use e2e::World;
use e2e::mirror::{Mirror, MirrorDatabase};
use e2e::spread::Spread;
use fabric_testnet::NetworkKind;

/// Everything that a mirror could have changed.
const CONTENTS: &str = "SELECT count(*), max(number) FROM block; SELECT * FROM channel; \
    SELECT * FROM checkpoint; SELECT count(*) FROM transaction; SELECT count(*) FROM state";

#[tokio::test(flavor = "multi_thread")]
async fn database_of_another_chain_is_refused_and_stays_as_it_is() {
    let world = World::shared().await;
    let mut mirror = Mirror::start(world, MirrorDatabase::shared().await);
    mirror.catches_up(1).await;
    let database = mirror.stop();
    let before = database
        .query(CONTENTS)
        .await
        .expect("the mirror has written");
    let other = World::start_on(NetworkKind::Embedded).await;

    let refused = other
        .selvedge()
        .call(&["mirror", "run", "--database", database.url()])
        .await
        .refused();

    for words in ["genesis hash", "choose another database or schema"] {
        assert!(
            refused.contains(words),
            "the text says what is wrong and what to do: {refused}"
        );
    }
    assert_eq!(database.query(CONTENTS).await.as_ref(), Ok(&before));
}

#[tokio::test(flavor = "multi_thread")]
async fn database_that_was_changed_by_hand_does_not_verify() {
    let world = World::shared().await;
    let client = world.client();
    let spread = Spread::make(&client, 2, 10).await;
    let (token, payer) = (&spread.token, &spread.holdings[0].account);
    let mut mirror = Mirror::start(world, MirrorDatabase::shared().await);
    let height = client
        .network()
        .height()
        .await
        .expect("the peer tells its height");
    mirror.catches_up(height).await;
    let _ = mirror.verify().await.succeeded();

    let [flip_hash, flip_value] = ["commit_hash", "value"]
        .map(|column| format!("{column} = set_byte({column}, 0, get_byte({column}, 0) # 1)"));
    let of_payer = format!("WHERE token = '{token}' AND account = '{payer}'");
    let of_token = format!("WHERE token = '{token}'");
    for (table, tampering) in [
        (
            "balance",
            format!("UPDATE balance SET amount = amount + 1 {of_payer}"),
        ),
        (
            "note",
            format!("UPDATE note SET amount = amount - 1 {of_payer}"),
        ),
        (
            "token",
            format!("UPDATE token SET name = 'Lead' {of_token}"),
        ),
        ("token", format!("DELETE FROM token {of_token}")),
        ("account", "UPDATE account SET kyc_class = 9".to_owned()),
        ("transfer", "DELETE FROM transfer".to_owned()),
        ("event", "UPDATE event SET payload = '{}'".to_owned()),
        (
            "transaction",
            "UPDATE transaction SET kind = 1 WHERE block = 2".to_owned(),
        ),
        (
            "block",
            format!("UPDATE block SET {flip_hash} WHERE number = 2"),
        ),
        (
            "write",
            format!("UPDATE write SET {flip_value} WHERE block = 2"),
        ),
        (
            "state",
            "DELETE FROM state WHERE namespace = 'assets'".to_owned(),
        ),
        ("channel", "UPDATE channel SET name = 'other'".to_owned()),
        ("checkpoint", "DELETE FROM checkpoint".to_owned()),
    ] {
        mirror
            .query(&format!("CREATE TABLE kept AS TABLE {table}"))
            .await;
        mirror.query(&tampering).await;
        let refused = mirror.verify_alone().await.refused();
        assert!(
            refused.contains("\"verified\": false"),
            "{tampering}: {refused}"
        );
        mirror.query(&restoration(table, &mirror).await).await;
    }
    let _ = mirror.verify().await.succeeded();
}

/// Puts back what `kept` has of a table, without the column that PostgreSQL computes.
async fn restoration(table: &str, mirror: &Mirror) -> String {
    let columns = format!(
        "SELECT string_agg(column_name, ', ') FROM information_schema.columns \
         WHERE table_schema = 'selvedge' AND table_name = '{table}' AND is_generated = 'NEVER'"
    );
    let columns = mirror.query(&columns).await;
    let columns = columns.lines().last().unwrap_or_default();
    format!(
        "SET session_replication_role = replica; DELETE FROM {table}; \
         INSERT INTO {table} ({columns}) SELECT {columns} FROM kept; DROP TABLE kept"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn copy_of_another_run_of_the_same_payments_is_found_out_by_the_peer() {
    let world = World::shared().await;
    let mut mirror = Mirror::start(world, MirrorDatabase::shared().await);
    mirror.catches_up(1).await;
    let _ = mirror.verify().await.succeeded();
    let other = World::start_on(NetworkKind::Embedded).await;
    let url = mirror.database().url();

    let command = ["mirror", "verify", "--against-peer", "--database", url];
    let refused = other.selvedge().call(&command).await.refused();

    assert!(refused.contains("by the peer's block it is"), "{refused}");
}
