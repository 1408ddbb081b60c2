//! Private keys in simulations: ranges, several keys, metadata, and the policies that count.

use std::collections::BTreeMap;

use bytes::Bytes;
use fabric_ledger::policy;
use fabric_ledger::simulate::{RangePage, SimulateError, Simulator};
use fabric_ledger::state::{MemoryState, State as _, VersionedValue};
use fabric_ledger::{Version, commit, state::UpdateBatch};
use prost::Message as _;

/// A state after one transaction that did this.
fn state(write: impl FnOnce(&mut Simulator<'_, MemoryState>)) -> MemoryState {
    let mut state = MemoryState::new();
    apply(&mut state, Version::new(1, 0), write);
    state
}

fn apply(
    state: &mut MemoryState,
    version: Version,
    write: impl FnOnce(&mut Simulator<'_, MemoryState>),
) {
    let before = state.clone();
    let mut simulator = Simulator::new(&before, "tx");
    write(&mut simulator);
    let result = simulator.finish();
    let mut updates = UpdateBatch::default();
    commit::apply(&result.rwset, version, &before, &mut updates).unwrap();
    state.apply(&updates);
    state.apply_private(&result.private, version);
}

fn keys(page: &RangePage) -> Vec<&str> {
    page.results.iter().map(|row| row.key.as_str()).collect()
}

#[test]
fn a_range_of_plaintext_is_recorded_nowhere() {
    let state = state(|tx| {
        for (collection, key) in [("one", "a"), ("one", "b"), ("one", "c"), ("two", "b")] {
            tx.put_private("cc", collection, key, "value").unwrap();
        }
        tx.put("cc", "b", "public").unwrap();
    });
    for (start, end, limit, expected) in [
        ("", "", 9, &["a", "b", "c"][..]),
        ("", "", 2, &["a", "b"]),
        ("b", "", 9, &["b", "c"]),
        ("a", "b", 9, &["a"]),
        ("c", "a", 9, &[]),
        ("d", "", 9, &[]),
    ] {
        let mut tx = Simulator::new(&state, "tx");
        let range = tx
            .open_private_range("cc", "one", start, end, limit)
            .unwrap();
        let page = tx.next_page(range, 100).unwrap();
        assert_eq!(keys(&page), expected, "{start:?} to {end:?}, {limit}");
        assert!(!page.has_more);
        assert!(tx.finish().rwset.namespaces.is_empty());
    }
}

#[test]
fn plaintext_without_a_hash_is_not_found() {
    let mut held = state(|tx| tx.put_private("cc", "one", "a", "1").unwrap());
    let lost = MemoryState::new();
    held = {
        let result = {
            let mut tx = Simulator::new(&lost, "tx");
            tx.put_private("cc", "one", "b", "2").unwrap();
            tx.finish()
        };
        held.apply_private(&result.private, Version::new(2, 0));
        held
    };
    let rows = held.private_range("cc", "one", "", "", 9).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].0, "a");
}

#[test]
fn a_transaction_queries_plaintext_or_writes() {
    let state = MemoryState::new();
    let mut tx = Simulator::new(&state, "tx");
    tx.open_private_range("cc", "one", "", "", 9).unwrap();
    for refused in [
        tx.put("cc", "a", "1"),
        tx.put_private("cc", "one", "a", "1"),
        tx.put_metadata("cc", "a", BTreeMap::new()),
        tx.put_private_metadata("cc", "one", "a", BTreeMap::new()),
        tx.purge_private("cc", "one", "a"),
    ] {
        assert!(matches!(refused, Err(SimulateError::WriteAfterPrivateQuery(id)) if id == "tx"));
    }
    let mut tx = Simulator::new(&state, "tx");
    tx.put("cc", "a", "1").unwrap();
    let refused = tx.open_private_range("cc", "one", "", "", 9);
    assert!(matches!(refused, Err(SimulateError::PrivateQueryAfterWrite(id)) if id == "tx"));
}

#[test]
fn several_keys_are_not_compared_with_their_hashes() {
    let mut state = state(|tx| tx.put_private("cc", "one", "a", "1").unwrap());
    let hash = state.iter_hashed().next().unwrap().2.clone();
    let newer = VersionedValue {
        value: Bytes::from_static(b"another hash"),
        metadata: Bytes::new(),
        version: Version::new(2, 0),
    };
    state.insert_hashed("cc", "one", hash, newer);
    let mut tx = Simulator::new(&state, "tx");
    let stale = tx.get_private("cc", "one", "a").unwrap_err().to_string();
    assert_eq!(
        stale,
        "private data matching public hash version is not available. Public hash version = {BlockNum: 2, TxNum: 0}, Private data version = {BlockNum: 1, TxNum: 0}"
    );
    let values = tx.get_private_multiple("cc", "one", ["a", "b"]).unwrap();
    assert_eq!(values, [Some(Bytes::from_static(b"1")), None]);
    // What was read is what was there, so that the transaction conflicts.
    let set = &tx.finish().rwset.namespaces[0].collections[0];
    assert_eq!(set.reads[0].version, Some(Version::new(1, 0)));
}

#[test]
fn the_interest_names_key_policies_and_collections() {
    let policy = policy::parse("OR('Org1MSP.peer')").unwrap();
    let entry =
        |value: Vec<u8>| BTreeMap::from([("VALIDATION_PARAMETER".to_owned(), Bytes::from(value))]);
    let mut state = state(|tx| {
        tx.put("cc", "bound", "1").unwrap();
        tx.put_metadata("cc", "bound", entry(policy.encode_to_vec()))
            .unwrap();
        tx.put("cc", "freed", "1").unwrap();
        tx.put_metadata("cc", "freed", entry(Vec::new())).unwrap();
        tx.put("cc", "locked", "1").unwrap();
        tx.put_metadata("cc", "locked", entry(vec![0xff; 9]))
            .unwrap();
    });
    apply(&mut state, Version::new(2, 0), |_| {});
    let interest = |act: &dyn Fn(&mut Simulator<'_, MemoryState>)| {
        let mut tx = Simulator::new(&state, "tx");
        act(&mut tx);
        let result = tx.finish();
        let interest = result
            .policies
            .interest(&result.rwset, |name| name == "system");
        interest.map(|interest| interest.chaincodes)
    };
    let bound = interest(&|tx| tx.put("cc", "bound", "2").unwrap()).unwrap();
    assert_eq!(bound[0].key_policies, [policy]);
    assert!(bound[0].disregard_namespace_policy);
    let mixed = interest(&|tx| {
        tx.put("cc", "bound", "2").unwrap();
        tx.put("cc", "freed", "2").unwrap();
        tx.put_private("cc", "one", "a", "1").unwrap();
        tx.get("system", "a").unwrap();
    })
    .unwrap();
    assert_eq!(mixed.len(), 2);
    assert!(!mixed[0].disregard_namespace_policy && mixed[0].key_policies.len() == 1);
    assert_eq!(mixed[1].collection_names, ["one"]);
    assert!(mixed[1].no_private_reads);
    assert!(interest(&|tx| tx.put("cc", "locked", "2").unwrap()).is_err());
}
