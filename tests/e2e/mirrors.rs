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

    let payer = format!("token = '{token}' AND account = '{payer}'");
    let token = format!("token = '{token}'");
    let [flip_hash, flip_value] = ["header_hash", "value"]
        .map(|column| format!("set_byte({column}, 0, get_byte({column}, 0) # 1)"));
    for (table, row, column, wrong, right) in [
        ("balance", &*payer, "amount", "amount + 1", "amount - 1"),
        ("note", &payer, "amount", "amount - 1", "amount + 1"),
        ("token", &token, "cap", "cap + 1", "cap - 1"),
        ("block", "number = 1", "header_hash", &flip_hash, &flip_hash),
        (
            "state",
            "namespace = 'assets'",
            "value",
            &flip_value,
            &flip_value,
        ),
    ] {
        let set = |value: &str| format!("UPDATE {table} SET {column} = {value} WHERE {row}");
        mirror.query(&set(wrong)).await;
        let refused = mirror.verify().await.refused();
        assert!(
            refused.contains("\"verified\": false"),
            "{table}: {refused}"
        );
        mirror.query(&set(right)).await;
    }
    let _ = mirror.verify().await.succeeded();
}
