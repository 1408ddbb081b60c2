//! The world state follows the writes.

use asset_store::{Batch, StateChange, StateEntry, StateId, WriteFact};
use futures::TryStreamExt as _;

use crate::database::{TestStore, batch, position, store};

fn id(collection: &str, key: &[u8]) -> StateId {
    StateId {
        namespace: "assets".to_owned(),
        collection: collection.to_owned(),
        key: key.to_vec(),
    }
}

fn entry(block: u64, value: &[u8]) -> StateEntry {
    StateEntry {
        value: value.to_vec(),
        metadata: None,
        version: position(block),
        expires_in: None,
    }
}

/// A block in which one transaction leaves these entries.
fn leaving(number: u64, entries: Vec<(StateId, Option<StateEntry>)>) -> Batch {
    let fact = |(id, entry): &(StateId, Option<StateEntry>)| WriteFact {
        position: position(number),
        id: id.clone(),
        value: entry.as_ref().map(|entry| entry.value.clone()),
        metadata: entry.as_ref().and_then(|entry| entry.metadata.clone()),
        expires_in: entry.as_ref().and_then(|entry| entry.expires_in),
    };
    Batch {
        writes: entries.iter().map(fact).collect(),
        states: entries
            .into_iter()
            .map(|(id, entry)| StateChange { id, entry })
            .collect(),
        ..batch(number)
    }
}

async fn all(store: &TestStore) -> Vec<(StateId, StateEntry)> {
    let rows: Vec<_> = store.all_states().try_collect().await.unwrap();
    let mut all: Vec<_> = rows.into_iter().map(|row| (row.id, row.entry)).collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

/// What the snapshot's writes say that the state is.
async fn followed(store: &TestStore) -> Vec<(StateId, StateEntry)> {
    let reached = store.checkpoint().await.unwrap().unwrap().block;
    let snapshot = store.snapshot().await.unwrap();
    let mut reader = snapshot.reader().await.unwrap();
    let writes: Vec<_> = reader.last_writes().try_collect().await.unwrap();
    let live = writes.into_iter().filter_map(|write| {
        let entry = StateEntry {
            value: write.value?,
            metadata: write.metadata,
            version: write.version,
            expires_in: write.expires_in,
        };
        let is_live = entry.expires_in.is_none_or(|block| block > reached);
        is_live.then_some((write.id, entry))
    });
    let mut live: Vec<_> = live.collect();
    live.sort_by(|one, other| one.0.cmp(&other.0));
    live
}

#[tokio::test]
async fn a_snapshot_stays_as_it_was() {
    let store = store().await;
    let a = id("", b"a");
    store
        .apply(&leaving(0, vec![(a.clone(), Some(entry(0, b"1")))]))
        .await
        .unwrap();
    let snapshot = store.snapshot().await.unwrap();
    store
        .apply(&leaving(1, vec![(a.clone(), None)]))
        .await
        .unwrap();
    let mut reader = snapshot.reader().await.unwrap();
    let states: Vec<_> = reader.states().try_collect().await.unwrap();
    assert_eq!(states.len(), 1);
    assert_eq!((&states[0].id, states[0].version), (&a, position(0)));
    assert_eq!(reader.blocks_after(None, 9).await.unwrap().len(), 1);
    assert_eq!(all(&store).await, []);
}

#[tokio::test]
async fn entries_are_made_changed_and_removed() {
    let store = store().await;
    let (a, b) = (id("", b"a"), id("secret", b"a"));
    let made = vec![
        (a.clone(), Some(entry(0, b"1"))),
        (b.clone(), Some(entry(0, b"2"))),
    ];
    store.apply(&leaving(0, made.clone())).await.unwrap();
    assert_eq!(
        all(&store).await,
        [(a.clone(), entry(0, b"1")), (b.clone(), entry(0, b"2"))]
    );
    store
        .apply(&leaving(
            1,
            vec![(a.clone(), Some(entry(1, b"3"))), (b, None)],
        ))
        .await
        .unwrap();
    assert_eq!(all(&store).await, [(a.clone(), entry(1, b"3"))]);
    let found = store.states(&[a, id("", b"absent")]).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(followed(&store).await, all(&store).await);
}

#[tokio::test]
async fn keys_may_hold_any_byte_and_be_long() {
    let store = store().await;
    let long = vec![b'k'; 20_000];
    let entries = vec![
        (id("", b"\0token\0gold\0"), Some(entry(0, b"1"))),
        (id("", b"\xff\xfe"), Some(entry(0, b"2"))),
        (id("", &long), Some(entry(0, b"3"))),
    ];
    store.apply(&leaving(0, entries.clone())).await.unwrap();
    let ids: Vec<StateId> = entries.iter().map(|(id, _)| id.clone()).collect();
    assert_eq!(store.states(&ids).await.unwrap().len(), 3);
    store
        .apply(&leaving(1, vec![(id("", &long), None)]))
        .await
        .unwrap();
    assert_eq!(all(&store).await.len(), 2);
    assert_eq!(followed(&store).await, all(&store).await);
}

#[tokio::test]
async fn entries_go_when_their_time_is_up() {
    let store = store().await;
    let expiring = |block, expires_in| {
        let entry = StateEntry {
            expires_in: Some(expires_in),
            ..entry(block, b"1")
        };
        Some(entry)
    };
    let (a, b) = (id("secret", b"a"), id("secret", b"b"));
    let made = vec![(a.clone(), expiring(0, 2)), (b.clone(), expiring(0, 2))];
    store.apply(&leaving(0, made)).await.unwrap();
    assert_eq!(store.states_expiring(1).await.unwrap(), []);
    assert_eq!(store.states_expiring(2).await.unwrap().len(), 2);
    store
        .apply(&leaving(1, vec![(b.clone(), expiring(1, 3))]))
        .await
        .unwrap();
    assert_eq!(all(&store).await.len(), 2);
    store.apply(&leaving(2, vec![])).await.unwrap();
    assert_eq!(all(&store).await, [(b, expiring(1, 3).unwrap())]);
    assert_eq!(followed(&store).await, all(&store).await);
    store.apply(&leaving(3, vec![])).await.unwrap();
    assert_eq!(all(&store).await, []);
    assert_eq!(followed(&store).await, all(&store).await);
}

#[tokio::test]
async fn entries_with_metadata_are_found_among_many() {
    let store = store().await;
    let with_policy = StateEntry {
        metadata: Some(b"policy".to_vec()),
        ..entry(0, b"1")
    };
    let entries = vec![
        (id("", b"a"), Some(entry(0, b"1"))),
        (id("", b"b"), Some(with_policy.clone())),
    ];
    store.apply(&leaving(0, entries)).await.unwrap();
    let found = store
        .states_with_metadata(&[id("", b"a"), id("", b"b")])
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].entry, with_policy);
}
