//! Version conflicts, phantoms and duplicates, in block order.

use bytes::Bytes;
use fabric_ledger::block::{
    ChaincodeCall, Content, DecodedBlock, DecodedTransaction, EndorsedTransaction,
    TransactionHeader,
};
use fabric_ledger::rwset::{MetadataEntry, MetadataWrite, TxRwset};
use fabric_ledger::simulate::Simulator;
use fabric_ledger::state::{MemoryState, State, VersionedValue};
use fabric_ledger::validate::{TransactionCheck, Validated, settle};
use fabric_ledger::{ValidationCode, Version, commit};

const VALID: ValidationCode = ValidationCode::VALID;
const MVCC: ValidationCode = ValidationCode::MVCC_READ_CONFLICT;
const PHANTOM: ValidationCode = ValidationCode::PHANTOM_READ_CONFLICT;

/// Keys `k000` to `k199` of chaincode `cc`, written in block 1.
pub(crate) fn state() -> MemoryState {
    let mut state = MemoryState::new();
    for index in 0..200 {
        let value = VersionedValue {
            value: "old".into(),
            metadata: Bytes::new(),
            version: Version::new(1, index),
        };
        state.insert("cc", &format!("k{index:03}"), value);
    }
    state
}

pub(crate) type Simulation<'a> = Simulator<'a, MemoryState>;

pub(crate) fn simulate(state: &MemoryState, run: impl FnOnce(&mut Simulation<'_>)) -> TxRwset {
    let mut simulator = Simulator::new(state, "tx");
    run(&mut simulator);
    simulator.finish().rwset
}

pub(crate) fn block(number: u64, rwsets: Vec<(&str, TxRwset)>) -> DecodedBlock {
    let transactions = rwsets.into_iter().enumerate();
    DecodedBlock {
        number,
        previous_hash: Bytes::new(),
        data_hash: Bytes::new(),
        header_hash: [0; 32],
        computed_data_hash: [0; 32],
        transactions_filter: Bytes::new(),
        commit_hash: None,
        transactions: transactions
            .map(|(index, (id, rwset))| transaction(index, id, rwset))
            .collect(),
    }
}

fn transaction(index: usize, id: &str, rwset: TxRwset) -> DecodedTransaction {
    DecodedTransaction {
        index,
        envelope_size: 0,
        payload: Bytes::new(),
        signature: Bytes::new(),
        header: Some(TransactionHeader {
            header_type: 3,
            channel: "channel".into(),
            transaction_id: id.into(),
            timestamp: None,
            creator: Bytes::new(),
            nonce: Bytes::new(),
        }),
        content: Content::Endorsed(Box::new(EndorsedTransaction {
            chaincode: ChaincodeCall {
                name: "cc".into(),
                version: "1".into(),
                arguments: Vec::new(),
            },
            status: 200,
            message: String::new(),
            response: Bytes::new(),
            event: None,
            rwset,
            endorsements: Vec::new(),
            response_payload: Bytes::new(),
        })),
    }
}

/// Validates the transactions as block 2, all of them well endorsed.
fn validate(state: &MemoryState, rwsets: Vec<TxRwset>) -> Validated {
    let ids: Vec<String> = (0..rwsets.len())
        .map(|index| format!("tx{index}"))
        .collect();
    let rwsets = ids.iter().map(String::as_str).zip(rwsets).collect();
    let block = block(2, rwsets);
    let checks = vec![TransactionCheck::from(VALID); block.transactions.len()];
    settle(state, &block, &checks).unwrap()
}

#[track_caller]
pub(crate) fn check(
    state: &MemoryState,
    rwsets: Vec<TxRwset>,
    expect: &[ValidationCode],
) -> Validated {
    let validated = validate(state, rwsets);
    assert_eq!(validated.codes, expect);
    validated
}

#[test]
fn the_second_read_modify_write_of_a_key_in_a_block_conflicts() {
    let state = state();
    let rmw = simulate(&state, |tx| {
        tx.get("cc", "k001").unwrap();
        tx.put("cc", "k001", "new").unwrap();
    });
    check(&state, vec![rmw.clone(), rmw], &[VALID, MVCC]);
}

#[test]
fn a_stale_read_conflicts_even_where_nothing_is_written() {
    let mut state = state();
    let read = simulate(&state, |tx| {
        tx.get("cc", "k001").unwrap();
    });
    let write = simulate(&state, |tx| tx.put("cc", "k001", "new").unwrap());
    let first = check(&state, vec![write], &[VALID]);
    state.apply(&first.updates);
    check(&state, vec![read], &[MVCC]);
}

#[test]
fn blind_writes_never_conflict_and_the_last_wins() {
    let state = state();
    let write = |value: &'static str| simulate(&state, |tx| tx.put("cc", "k001", value).unwrap());
    let done = check(&state, vec![write("a"), write("b")], &[VALID, VALID]);
    let update = done.updates.get("cc", "k001").unwrap();
    assert_eq!(update.value, Some("b".into()));
    assert_eq!(update.version, Version::new(2, 1));
}

#[test]
fn an_invalid_transaction_does_not_disturb_later_ones() {
    let state = state();
    let rmw = |read: &str, written: &str| {
        simulate(&state, |tx| {
            tx.get("cc", read).unwrap();
            tx.put("cc", written, "new").unwrap();
        })
    };
    let rwsets = vec![
        rmw("k001", "k001"),
        rmw("k001", "k002"),
        rmw("k002", "k003"),
    ];
    check(&state, rwsets, &[VALID, MVCC, VALID]);
}

fn scan(state: &MemoryState, start: &str, end: &str, results: usize) -> TxRwset {
    simulate(state, |tx| {
        let range = tx.open_range("cc", start, end);
        for _ in 0..results {
            tx.next_in_range(range).unwrap();
        }
    })
}

#[test]
fn inserts_updates_and_deletes_in_a_range_are_phantoms() {
    let state = state();
    let insert = simulate(&state, |tx| tx.put("cc", "k0055", "new").unwrap());
    let update = simulate(&state, |tx| tx.put("cc", "k005", "new").unwrap());
    let delete = simulate(&state, |tx| tx.delete("cc", "k005").unwrap());
    let outside = simulate(&state, |tx| tx.put("cc", "k050", "new").unwrap());
    for (change, expect) in [
        (insert, PHANTOM),
        (update, PHANTOM),
        (delete, PHANTOM),
        (outside, VALID),
    ] {
        let ten = scan(&state, "k000", "k010", 11);
        check(&state, vec![change, ten], &[VALID, expect]);
    }
}

#[test]
fn merkle_summaries_find_phantoms_too() {
    let state = state();
    for results in [52, 120, 201] {
        let change = |key: &str| simulate(&state, |tx| tx.put("cc", key, "new").unwrap());
        let whole = || scan(&state, "", "", results);
        check(&state, vec![change("k010"), whole()], &[VALID, PHANTOM]);
        check(&state, vec![change("k0105"), whole()], &[VALID, PHANTOM]);
        check(
            &state,
            vec![change("x"), whole()],
            &[VALID, if results == 201 { PHANTOM } else { VALID }],
        );
        check(&state, vec![whole()], &[VALID]);
    }
}

#[test]
fn a_range_left_early_ends_at_the_last_key_seen() {
    let state = state();
    let seen = || scan(&state, "k000", "k100", 3);
    let put = |key: &str| simulate(&state, |tx| tx.put("cc", key, "new").unwrap());
    check(&state, vec![put("k002"), seen()], &[VALID, PHANTOM]);
    check(&state, vec![put("k003"), seen()], &[VALID, VALID]);
    let delete = simulate(&state, |tx| tx.delete("cc", "k002").unwrap());
    check(&state, vec![delete, seen()], &[VALID, PHANTOM]);
}

#[test]
fn an_empty_range_that_fills_is_a_phantom() {
    let state = state();
    let nothing = || scan(&state, "x", "y", 1);
    let fill = simulate(&state, |tx| tx.put("cc", "x1", "new").unwrap());
    check(
        &state,
        vec![nothing(), fill, nothing()],
        &[VALID, VALID, PHANTOM],
    );
}

#[test]
fn hashed_reads_conflict_with_private_writes() {
    let state = state();
    let read = || {
        simulate(&state, |tx| {
            tx.get_private_hash("cc", "secret", "p").unwrap();
        })
    };
    let write = simulate(&state, |tx| {
        tx.put_private("cc", "secret", "p", "v").unwrap();
    });
    check(&state, vec![read(), write, read()], &[VALID, VALID, MVCC]);
}

#[test]
fn the_second_of_two_transactions_with_one_id_is_a_duplicate() {
    let state = state();
    let write = simulate(&state, |tx| tx.put("cc", "k001", "new").unwrap());
    let block = block(2, vec![("same", write.clone()), ("same", write)]);
    let checks = vec![TransactionCheck::from(VALID); 2];
    let validated = settle(&state, &block, &checks).unwrap();
    assert_eq!(validated.codes, [VALID, ValidationCode::DUPLICATE_TXID]);
    let checks = [
        TransactionCheck::from(ValidationCode::ENDORSEMENT_POLICY_FAILURE),
        TransactionCheck::from(VALID),
    ];
    let validated = settle(&state, &block, &checks).unwrap();
    assert_eq!(validated.codes[1], VALID);
}

#[test]
fn metadata_alone_gives_a_new_version_and_of_an_absent_key_nothing() {
    let state = state();
    let metadata = |key: &str| {
        let mut rwset = simulate(&state, |tx| {
            tx.put_metadata("cc", key, Default::default()).unwrap();
        });
        rwset.namespaces[0].metadata_writes = vec![MetadataWrite {
            key: key.into(),
            entries: vec![MetadataEntry {
                name: "VALIDATION_PARAMETER".into(),
                value: "policy".into(),
            }],
        }];
        rwset
    };
    let done = check(
        &state,
        vec![metadata("k001"), metadata("absent")],
        &[VALID, VALID],
    );
    let update = done.updates.get("cc", "k001").unwrap();
    assert_eq!(update.value, Some("old".into()));
    assert!(!update.metadata.is_empty());
    assert_eq!(done.updates.get("cc", "absent"), None);

    let mut state = state.clone();
    state.apply(&done.updates);
    let put = simulate(&state, |tx| tx.put("cc", "k001", "newer").unwrap());
    let kept = check(&state, vec![put], &[VALID]);
    state.apply(&kept.updates);
    assert!(!state.metadata("cc", "k001").unwrap().is_empty());
}

#[test]
fn folding_the_codes_gives_the_updates_of_validation() {
    let state = state();
    let rmw = simulate(&state, |tx| {
        tx.get("cc", "k001").unwrap();
        tx.put("cc", "k001", "new").unwrap();
        tx.delete("cc", "k002").unwrap();
    });
    let block = block(2, vec![("a", rmw.clone()), ("b", rmw)]);
    let checks = vec![TransactionCheck::from(VALID); 2];
    let validated = settle(&state, &block, &checks).unwrap();
    let folded = commit::fold(&block, &validated.codes, &state).unwrap();
    assert_eq!(folded, validated.updates);
}

#[test]
fn a_key_written_twice_in_one_set_keeps_its_value_as_in_fabric() {
    let state = state();
    let twice = |key: &str| {
        let mut rwset = simulate(&state, |tx| tx.put("cc", key, "new").unwrap());
        let writes = &mut rwset.namespaces[0].writes;
        writes.push(writes[0].clone());
        rwset
    };
    let rwsets = vec![twice("k001"), twice("absent")];
    let done = check(&state, rwsets, &[VALID, VALID]);
    let update = done.updates.get("cc", "k001").unwrap();
    assert_eq!(update.value, Some("old".into()));
    assert_eq!(done.updates.get("cc", "absent"), None);
}
