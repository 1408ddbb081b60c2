//! What a simulation sees and records.

use bytes::Bytes;
use fabric_ledger::Version;
use fabric_ledger::rwset::merkle::MERKLE_DEGREE;
use fabric_ledger::rwset::{PrivateWrites, RangeResults, TxRwset};
use fabric_ledger::simulate::{SimulateError, Simulator, TOTAL_QUERY_LIMIT};
use fabric_ledger::state::{MemoryState, VersionedValue};

fn state(keys: u64) -> MemoryState {
    let mut state = MemoryState::new();
    for index in 0..keys {
        let value = VersionedValue {
            value: format!("v{index}").into(),
            metadata: Bytes::new(),
            version: Version::new(1, index),
        };
        state.insert("cc", &format!("k{index:05}"), value);
    }
    state
}

#[test]
fn a_simulation_does_not_see_its_own_writes() {
    let state = state(1);
    let mut tx = Simulator::new(&state, "tx");
    tx.put("cc", "k00000", "new").unwrap();
    assert_eq!(tx.get("cc", "k00000").unwrap(), Some("v0".into()));
    tx.put("cc", "absent", "new").unwrap();
    assert_eq!(tx.get("cc", "absent").unwrap(), None);
}

#[test]
fn accesses_are_recorded_once_and_in_order() {
    let state = state(3);
    let mut tx = Simulator::new(&state, "tx");
    tx.put("z", "b", "1").unwrap();
    tx.put("cc", "b", "1").unwrap();
    tx.put("cc", "a", "1").unwrap();
    tx.put("cc", "b", "2").unwrap();
    tx.get("cc", "k00002").unwrap();
    tx.get("cc", "k00001").unwrap();
    tx.get("cc", "k00002").unwrap();
    let rwset = tx.finish().rwset;
    let names: Vec<_> = rwset.namespaces.iter().map(|set| &set.namespace).collect();
    assert_eq!(names, ["cc", "z"]);
    let set = &rwset.namespaces[0];
    let reads: Vec<_> = set.reads.iter().map(|read| &read.key).collect();
    assert_eq!(reads, ["k00001", "k00002"]);
    let writes: Vec<_> = set
        .writes
        .iter()
        .map(|write| (&*write.key, &write.value[..]))
        .collect();
    assert_eq!(writes, [("a", &b"1"[..]), ("b", b"2")]);
    assert_eq!(TxRwset::decode(rwset.encode()).unwrap(), rwset);
}

#[test]
fn a_page_reads_one_result_beyond_it() {
    let state = state(250);
    let mut tx = Simulator::new(&state, "tx");
    let range = tx.open_range("cc", "", "");
    let mut sizes = Vec::new();
    loop {
        let page = tx.next_page(range, 100).unwrap();
        sizes.push(page.results.len());
        if !page.has_more {
            break;
        }
    }
    assert_eq!(sizes, [100, 100, 50]);
    let first_page_only = tx.open_range("cc", "k00000", "");
    tx.next_page(first_page_only, 100).unwrap();
    let rwset = tx.finish().rwset;
    let [whole, first] = rwset.namespaces[0].range_queries.as_slice() else {
        panic!("two queries");
    };
    assert!(whole.exhausted && whole.end_key.is_empty());
    assert!(!first.exhausted);
    assert_eq!(first.end_key, "k00100");
}

#[test]
fn results_are_hashed_above_the_degree() {
    let degree = u64::from(MERKLE_DEGREE);
    for (keys, level) in [(0, 0), (degree, 0), (degree + 1, 1), (51 * 51, 2)] {
        let state = state(keys);
        let mut tx = Simulator::new(&state, "tx");
        let range = tx.open_range("cc", "", "");
        while tx.next_in_range(range).unwrap().is_some() {}
        let rwset = tx.finish().rwset;
        let recorded = match &rwset.namespaces[0].range_queries[0].results {
            RangeResults::Unrecorded | RangeResults::Reads(_) => 0,
            RangeResults::Merkle(summary) => summary.max_level,
        };
        assert_eq!(recorded, level, "{keys} keys");
    }
}

#[test]
fn bookmarked_pages_follow_each_other_and_forbid_writes() {
    let state = state(5);
    let mut tx = Simulator::new(&state, "tx");
    let (first, bookmark) = tx.bookmarked_page("cc", "", "", 3).unwrap();
    assert_eq!((first.len(), bookmark.as_str()), (3, "k00003"));
    let (rest, end) = tx.bookmarked_page("cc", &bookmark, "", 3).unwrap();
    assert_eq!((rest.len(), end.as_str()), (2, ""));
    let refused = tx.put("cc", "a", "1");
    assert!(matches!(
        refused,
        Err(SimulateError::WriteAfterPagedQuery(_))
    ));

    let mut tx = Simulator::new(&state, "tx");
    tx.put("cc", "a", "1").unwrap();
    let refused = tx.bookmarked_page("cc", "", "", 3);
    assert!(matches!(
        refused,
        Err(SimulateError::PagedQueryAfterWrite(_))
    ));
}

#[test]
fn a_full_page_is_recorded_up_to_its_last_key_and_a_short_one_to_the_end() {
    let state = state(5);
    let mut tx = Simulator::new(&state, "tx");
    tx.bookmarked_page("cc", "", "z", 3).unwrap();
    tx.bookmarked_page("cc", "k00003", "z", 3).unwrap();
    let rwset = tx.finish().rwset;
    let ranges = &rwset.namespaces[0].range_queries;
    assert_eq!(
        (ranges[0].exhausted, ranges[0].end_key.as_str()),
        (false, "k00002")
    );
    assert_eq!(
        (ranges[1].exhausted, ranges[1].end_key.as_str()),
        (true, "z")
    );
}

#[test]
fn a_range_ends_at_the_total_limit_and_nobody_is_told() {
    // `k100000` comes before `k10001`, so that one more key is left after the last.
    let state = state(u64::try_from(TOTAL_QUERY_LIMIT).unwrap() + 1);
    let mut tx = Simulator::new(&state, "tx");
    let range = tx.open_range("cc", "", "");
    let page = tx.next_page(range, usize::MAX).unwrap();
    assert_eq!(
        (page.results.len(), page.has_more),
        (TOTAL_QUERY_LIMIT, false)
    );
    let recorded = &tx.finish().rwset.namespaces[0].range_queries[0];
    assert_eq!(
        (recorded.exhausted, recorded.end_key.as_str()),
        (false, "k99998")
    );
}

#[test]
fn private_writes_are_public_in_hashes_only() {
    let mut state = state(0);
    let mut tx = Simulator::new(&state, "tx");
    tx.put_private("cc", "secret", "p", "plain").unwrap();
    let result = tx.finish();
    let encoded = result.rwset.encode();
    assert!(!encoded.windows(5).any(|window| window == b"plain"));
    let set = &result.rwset.namespaces[0].collections[0];
    let private = &result.private.namespaces[0].collections[0];
    assert_eq!(set.private_hash, private.hash());
    assert_eq!(
        PrivateWrites::decode(result.private.encode()).unwrap(),
        result.private
    );

    let version = Version::new(2, 0);
    let value = VersionedValue {
        value: set.writes[0].value_hash.clone(),
        metadata: Bytes::new(),
        version,
    };
    state.insert_hashed("cc", "secret", set.writes[0].key_hash.clone(), value);
    let mut tx = Simulator::new(&state, "tx");
    let unavailable = tx.get_private("cc", "secret", "p");
    assert!(matches!(
        unavailable,
        Err(SimulateError::PrivateDataUnavailable { .. })
    ));
    state.apply_private(&result.private, version);
    let mut tx = Simulator::new(&state, "tx");
    assert_eq!(
        tx.get_private("cc", "secret", "p").unwrap(),
        Some("plain".into())
    );
}
