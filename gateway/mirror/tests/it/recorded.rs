//! Chains of real Fabric: every block proved, every state entry as the rules have it.

use std::collections::BTreeMap;

use asset_store::{StateEntry, StateId};
use fabric_ledger::chain::ChainVerifier;
use fabric_ledger::state::VersionedValue;
use fabric_protos::common::Block;
use futures::TryStreamExt as _;
use prost::Message as _;

use crate::database::{block_by_block, contents, mirror, options, store};
use crate::source::{Fixture, Recording, fabric_2_5, fabric_3_1};

#[tokio::test]
async fn the_chain_of_fabric_3_1_is_mirrored() {
    check(fabric_3_1()).await;
}

#[tokio::test]
async fn the_chain_of_fabric_2_5_is_mirrored() {
    check(fabric_2_5()).await;
}

async fn check(fixture: Fixture) {
    let store = store().await;
    mirror(&store, &fixture.recording, options()).await.unwrap();

    let blocks: Vec<_> = store.blocks().try_collect().await.unwrap();
    let hashes: Vec<_> = blocks
        .iter()
        .map(|block| block.commit_hash.as_ref().map(hex::encode))
        .collect();
    assert_eq!(hashes, fixture.commit_hashes);
    assert_eq!(
        store.checkpoint().await.unwrap().unwrap().block,
        fixture.recording.last()
    );
    assert_eq!(
        state_of_mirror(&store).await,
        state_of_rules(&fixture.recording)
    );
    let verification = asset_mirror::verify(&store).await.unwrap();
    assert_eq!(verification.findings, []);
    assert_eq!(verification.blocks, fixture.recording.last() + 1);

    let by_block = crate::database::store().await;
    mirror(&by_block, &fixture.recording, block_by_block())
        .await
        .unwrap();
    assert_eq!(
        contents(&by_block.database).await,
        contents(&store.database).await
    );
}

#[tokio::test]
async fn blocks_pass_a_queue_that_is_smaller_than_any_of_them() {
    let fixture = fabric_3_1();
    let store = store().await;
    let narrow = asset_mirror::Options {
        queue_bytes_max: 1,
        ..options()
    };
    mirror(&store, &fixture.recording, narrow).await.unwrap();
    assert_eq!(
        store.checkpoint().await.unwrap().unwrap().block,
        fixture.recording.last()
    );
}

#[tokio::test]
async fn invalid_transactions_are_kept_and_change_nothing() {
    let store = store().await;
    let recording = fabric_2_5().recording;
    mirror(&store, &recording, options()).await.unwrap();
    assert_eq!(store.transaction_counts().await.unwrap(), (356, 229));
    let sql = "SELECT code, count(*) FROM mirror.transaction GROUP BY code ORDER BY code";
    assert_eq!(
        store.database.query(sql).await.unwrap(),
        "0|229\n9|8\n10|65\n11|42\n12|12"
    );
    let sql = "SELECT count(*) FROM mirror.write w JOIN mirror.transaction t USING (block, index) \
               WHERE t.code <> 0";
    assert_eq!(store.database.query(sql).await.unwrap(), "0");
}

#[tokio::test]
async fn malformed_transactions_are_kept_with_the_reason() {
    let store = store().await;
    mirror(&store, &fabric_3_1().recording, options())
        .await
        .unwrap();
    let sql = "SELECT index, code, malformation IS NOT NULL FROM mirror.transaction \
               WHERE block = 18 AND code NOT IN (0, 10) ORDER BY index";
    let found = store.database.query(sql).await.unwrap();
    assert_eq!(found, "1|8|t\n2|3|t\n3|5|t");
}

#[tokio::test]
async fn status_tells_how_far_the_mirror_is() {
    let store = store().await;
    let before = asset_mirror::status(&store).await.unwrap();
    assert_eq!(
        (before.channel, before.checkpoint, before.has_leader),
        (None, None, false)
    );
    mirror(&store, &fabric_2_5().recording, options())
        .await
        .unwrap();
    let after = asset_mirror::status(&store).await.unwrap();
    assert_eq!(after.channel.as_deref(), Some("rand25"));
    assert_eq!((after.transactions, after.valid_transactions), (356, 229));
    assert_eq!(after.checkpoint.unwrap().block, 43);
}

type State = BTreeMap<StateId, (Vec<u8>, Vec<u8>, u64, u64)>;

async fn state_of_mirror(store: &asset_store::Store) -> State {
    let rows: Vec<_> = store.all_states().try_collect().await.unwrap();
    let content = |entry: StateEntry| {
        let metadata = entry.metadata.unwrap_or_default();
        (
            entry.value,
            metadata,
            entry.version.block,
            entry.version.index.into(),
        )
    };
    rows.into_iter()
        .map(|row| (row.id, content(row.entry)))
        .collect()
}

/// What `fabric-ledger` makes of the chain in memory, block by block.
fn state_of_rules(recording: &Recording) -> State {
    let mut verifier = ChainVerifier::new();
    for block in &recording.blocks {
        verifier
            .feed(&Block::decode(block.clone()).unwrap())
            .unwrap();
    }
    let state = verifier.state();
    let public = state
        .iter()
        // The mirror keeps what chaincodes wrote; the configuration is in its block.
        .filter(|(namespace, _, _)| !namespace.is_empty())
        .map(|(namespace, key, value)| entry(namespace, "", key.as_bytes(), value));
    let hashed = state
        .iter_hashed()
        .map(|(namespace, collection, key, value)| entry(namespace, collection, key, value));
    public.chain(hashed).collect()
}

fn entry(
    namespace: &str,
    collection: &str,
    key: &[u8],
    value: &VersionedValue,
) -> (StateId, (Vec<u8>, Vec<u8>, u64, u64)) {
    let id = StateId {
        namespace: namespace.to_owned(),
        collection: collection.to_owned(),
        key: key.to_vec(),
    };
    let version = value.version;
    let content = (value.value.to_vec(), value.metadata.to_vec());
    (
        id,
        (
            content.0,
            content.1,
            version.block_number,
            version.transaction_number,
        ),
    )
}
