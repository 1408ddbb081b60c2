//! A transaction sees its own writes; a peer sees one flush.

use std::{collections::BTreeMap, sync::Mutex};

use fabric_contract_api_rust::{VALUE_BYTES_MAX, WRITES_MAX, Write, prelude::*};
use proptest::prelude::*;

use crate::{
    fake_peer::FakePeer,
    running::{check_refused, run},
};

#[test]
fn repeated_reads_cost_one_request() {
    let mut peer = FakePeer::with(&[("a", "1")]);
    run(&mut peer, |tx| {
        for _ in 0..3 {
            assert_eq!(tx.get("a")?, Some(b"1".to_vec()));
            assert_eq!(tx.get("absent")?, None);
        }
        Ok(())
    });
    assert_eq!(peer.requests, ["get a", "get absent"]);
}

#[test]
fn several_keys_cost_one_request_for_the_unknown_ones() {
    let mut peer = FakePeer::with(&[("a", "1"), ("b", "2"), ("c", "3")]);
    run(&mut peer, |tx| {
        tx.put("b", b"own")?;
        tx.get("a")?;
        let values = tx.get_many(&["c", "b", "a", "d", "c"])?;
        let text: Vec<Option<&str>> = values
            .iter()
            .map(|value| {
                value
                    .as_deref()
                    .map(|bytes| std::str::from_utf8(bytes).unwrap())
            })
            .collect();
        assert_eq!(text, [Some("3"), Some("own"), Some("1"), None, Some("3")]);
        Ok(())
    });
    assert_eq!(peer.requests, ["get a", "get c d", "flush 1"]);
}

#[test]
fn own_writes_are_read_without_a_request_and_flushed_sorted() {
    let mut peer = FakePeer::with(&[("a", "1")]);
    run(&mut peer, |tx| {
        tx.put("z", b"26")?;
        tx.delete("a")?;
        tx.put("m", b"12")?;
        tx.put("m", b"13")?;
        assert_eq!(tx.get("a")?, None);
        assert_eq!(tx.get("m")?, Some(b"13".to_vec()));
        Ok(())
    });
    let put = |key: &str, value: &[u8]| Write::Put {
        collection: String::new(),
        key: key.to_owned(),
        value: value.to_vec(),
    };
    let delete = Write::Delete {
        collection: String::new(),
        key: "a".to_owned(),
    };
    assert_eq!(
        peer.flushed,
        [vec![delete, put("m", b"13"), put("z", b"26")]]
    );
    assert_eq!(peer.requests, ["flush 3"]);
}

#[test]
fn a_transaction_that_writes_nothing_flushes_nothing() {
    let mut peer = FakePeer::default();
    run(&mut peer, |_| Ok(()));
    assert!(peer.requests.is_empty());
}

#[test]
fn what_a_peer_would_misread_is_refused_before_it_is_asked() {
    check_refused(|tx| tx.put("k", b""), "EMPTY_VALUE");
    check_refused(|tx| tx.put("", b"v"), "INVALID_KEY");
    check_refused(|tx| tx.put("\0k", b"v"), "INVALID_KEY");
    check_refused(|tx| tx.delete("\0k"), "INVALID_KEY");
    check_refused(|tx| tx.get("").map(drop), "INVALID_KEY");
    check_refused(
        |tx| tx.put("k", &vec![0; VALUE_BYTES_MAX + 1]),
        "TOO_MUCH_WRITTEN",
    );
}

#[test]
fn writes_without_end_are_refused() {
    check_refused(
        |tx| (0..=WRITES_MAX).try_for_each(|index| tx.put(&format!("k{index}"), b"v")),
        "TOO_MUCH_WRITTEN",
    );
    check_refused(
        |tx| (0..10).try_for_each(|index| tx.put(&format!("k{index}"), &vec![0; VALUE_BYTES_MAX])),
        "TOO_MUCH_WRITTEN",
    );
}

#[test]
fn overwriting_one_large_value_again_and_again_is_no_large_write() {
    let mut peer = FakePeer::default();
    run(&mut peer, |tx| {
        (0..100).try_for_each(|_| tx.put("k", &vec![1; VALUE_BYTES_MAX / 2]))
    });
}

#[derive(Clone, Debug)]
enum Step {
    Put(u8, u8),
    Delete(u8),
    Get(u8),
    GetMany(Vec<u8>),
    Range(u8, u8),
}

fn step() -> impl Strategy<Value = Step> {
    let key = || 0..12u8;
    prop_oneof![
        (key(), 1..255u8).prop_map(|(key, value)| Step::Put(key, value)),
        key().prop_map(Step::Delete),
        key().prop_map(Step::Get),
        prop::collection::vec(key(), 0..5).prop_map(Step::GetMany),
        (key(), key()).prop_map(|(start, end)| Step::Range(start, end)),
    ]
}

fn name(key: u8) -> String {
    format!("k{key:02}")
}

/// Takes one step on the transaction and on the model, and compares what both say.
fn follow(
    tx: &mut Tx<'_>,
    model: &mut BTreeMap<String, Vec<u8>>,
    step: &Step,
) -> Result<(), LedgerError> {
    match step {
        Step::Put(key, value) => {
            tx.put(&name(*key), &[*value])?;
            model.insert(name(*key), vec![*value]);
        }
        Step::Delete(key) => {
            tx.delete(&name(*key))?;
            model.remove(&name(*key));
        }
        Step::Get(key) => assert_eq!(tx.get(&name(*key))?.as_ref(), model.get(&name(*key))),
        Step::GetMany(keys) => {
            let keys: Vec<String> = keys.iter().map(|key| name(*key)).collect();
            let expected: Vec<_> = keys.iter().map(|key| model.get(key).cloned()).collect();
            assert_eq!(tx.get_many(&keys)?, expected);
        }
        Step::Range(start, end) => {
            let (start, end) = (name(*start), name(*end));
            let rows = tx.range(&KeyRange::simple(&start, &end)?)?;
            let rows = rows.collect::<Result<Vec<_>, _>>()?;
            let rows: Vec<_> = rows
                .iter()
                .map(|row| (row.key.as_str().to_owned(), row.value.clone()))
                .collect();
            let expected: Vec<_> = model
                .iter()
                .filter(|(key, _)| **key >= start && **key < end)
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            assert_eq!(rows, expected);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_transaction_behaves_as_a_map(
        committed in prop::collection::btree_map(0..12u8, 1..255u8, 0..8),
        steps in prop::collection::vec(step(), 0..30),
        batch in 0..4usize,
    ) {
        let mut peer = FakePeer { batch, ..FakePeer::default() };
        peer.state = committed.iter().map(|(key, value)| (name(*key), vec![*value])).collect();
        let mut model = peer.state.clone();
        let expected = std::sync::Arc::new(Mutex::new(BTreeMap::new()));
        let result = std::sync::Arc::clone(&expected);
        run(&mut peer, move |tx| {
            for step in &steps {
                follow(tx, &mut model, step)?;
            }
            *result.lock().unwrap() = model.clone();
            Ok(())
        });
        prop_assert_eq!(&peer.state, &*expected.lock().unwrap());
        prop_assert!(peer.flushed.len() <= 1);
    }
}
