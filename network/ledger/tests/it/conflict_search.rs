//! The key and the writer behind a conflict, found by walking the chain back.

use fabric_ledger::Version;
use fabric_ledger::block::DecodedBlock;
use fabric_ledger::conflict::{Conflict, ConflictSearch};

use crate::conflicts::{block, simulate, state};

/// Walks back over all transactions of a block before the last one.
fn conflict_of_last(block: &DecodedBlock) -> Option<Conflict> {
    let (last, earlier) = block.transactions.split_last().unwrap();
    let mut search = ConflictSearch::new(last.endorsed().unwrap());
    earlier.iter().rev().find_map(|transaction| {
        let index = u64::try_from(transaction.index).unwrap();
        let rwset = &transaction.endorsed().unwrap().rwset;
        search.look_at(Version::new(block.number, index), rwset)
    })
}

#[test]
fn a_key_overwritten_is_named_with_its_writer() {
    let state = state();
    let touch = simulate(&state, |tx| {
        tx.get("cc", "k001").unwrap();
        tx.put("cc", "k001", "new").unwrap();
    });
    let other = simulate(&state, |tx| tx.put("cc", "k002", "new").unwrap());
    let block = block(2, vec![("a", touch.clone()), ("b", other), ("c", touch)]);
    let conflict = conflict_of_last(&block).unwrap();
    assert_eq!(conflict.key, "k001");
    assert_eq!(conflict.read, Some(Version::new(1, 1)));
    assert_eq!(conflict.overwritten_by, Version::new(2, 0));
    assert!(!conflict.in_range);
}

#[test]
fn a_key_that_a_range_missed_is_named() {
    let state = state();
    let insert = simulate(&state, |tx| tx.put("cc", "k0015", "new").unwrap());
    let query = simulate(&state, |tx| {
        let range = tx.open_range("cc", "k001", "k003");
        while tx.next_in_range(range).unwrap().is_some() {}
        tx.put("cc", "sum", "2").unwrap();
    });
    let conflict = conflict_of_last(&block(2, vec![("a", insert), ("b", query)])).unwrap();
    assert_eq!(conflict.key, "k0015");
    assert_eq!(conflict.read, None);
    assert!(conflict.in_range);
}

#[test]
fn a_key_that_was_read_as_its_last_writer_left_it_is_none() {
    let state = state();
    let read = simulate(&state, |tx| {
        tx.get("cc", "k001").unwrap();
    });
    // The state that was simulated on is what block 1 left.
    let write = simulate(&state, |tx| tx.put("cc", "k001", "old").unwrap());
    let earlier = block(1, vec![("z", write.clone()), ("a", write)]);
    let later = block(2, vec![("b", read)]);
    let mut search = ConflictSearch::new(later.transactions[0].endorsed().unwrap());
    let rwset = &earlier.transactions[1].endorsed().unwrap().rwset;
    assert_eq!(search.look_at(Version::new(1, 1), rwset), None);
    let rwset = &earlier.transactions[0].endorsed().unwrap().rwset;
    // An older writer of a key that is settled says nothing any more.
    assert_eq!(search.look_at(Version::new(1, 0), rwset), None);
}
