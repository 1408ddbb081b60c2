//! A mirror keeps to its channel.

use e2e::World;
use e2e::mirror::{Mirror, MirrorDatabase};
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
