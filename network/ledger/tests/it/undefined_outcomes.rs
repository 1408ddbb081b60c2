//! Blocks for which real peers have no outcome: they stop, or wait for ever. Here the later
//! transaction is invalid.

use fabric_ledger::ValidationCode;
use fabric_ledger::rwset::{MetadataEntry, TxRwset};
use fabric_ledger::state::MemoryState;
use fabric_ledger::validate::{TransactionCheck, settle};

use crate::conflicts::{block, check, simulate, state};

const VALID: ValidationCode = ValidationCode::VALID;
const MVCC: ValidationCode = ValidationCode::MVCC_READ_CONFLICT;
const POLICY: ValidationCode = ValidationCode::ENDORSEMENT_POLICY_FAILURE;

fn entries() -> Vec<MetadataEntry> {
    vec![MetadataEntry {
        name: "VALIDATION_PARAMETER".into(),
        value: "policy".into(),
    }]
}

/// Sets the policy of a public and of a private key, and nothing else.
fn repolicy(state: &MemoryState, key: &str) -> TxRwset {
    let metadata = || {
        entries()
            .into_iter()
            .map(|entry| (entry.name, entry.value))
            .collect()
    };
    simulate(state, |tx| {
        tx.put_metadata("cc", key, metadata()).unwrap();
    })
}

fn repolicy_private(state: &MemoryState, key: &str) -> TxRwset {
    let metadata = || {
        entries()
            .into_iter()
            .map(|entry| (entry.name, entry.value))
            .collect()
    };
    simulate(state, |tx| {
        tx.put_private_metadata("cc", "secret", key, metadata())
            .unwrap();
    })
}

fn put(state: &MemoryState, key: &str) -> TxRwset {
    simulate(state, |tx| tx.put("cc", key, "new").unwrap())
}

#[test]
fn metadata_alone_after_a_deletion_in_the_block_conflicts() {
    let state = state();
    let delete = simulate(&state, |tx| tx.delete("cc", "k001").unwrap());
    let rwsets = vec![delete, repolicy(&state, "k001"), repolicy(&state, "k002")];
    let done = check(&state, rwsets, &[VALID, MVCC, VALID]);
    assert_eq!(done.updates.get("cc", "k001").unwrap().value, None);

    let private = simulate(&state, |tx| tx.delete_private("cc", "secret", "p").unwrap());
    let rwsets = vec![
        private,
        repolicy_private(&state, "p"),
        repolicy_private(&state, "q"),
    ];
    check(&state, rwsets, &[VALID, MVCC, VALID]);
}

#[test]
fn removing_metadata_after_a_deletion_in_the_block_conflicts() {
    let state = state();
    let delete = simulate(&state, |tx| tx.delete("cc", "k001").unwrap());
    let remove = simulate(&state, |tx| {
        tx.put_metadata("cc", "k001", Default::default()).unwrap();
    });
    check(&state, vec![delete, remove], &[VALID, MVCC]);
}

#[test]
fn metadata_with_a_value_after_a_deletion_makes_the_key_anew() {
    let state = state();
    let delete = simulate(&state, |tx| tx.delete("cc", "k001").unwrap());
    let anew = simulate(&state, |tx| {
        tx.put("cc", "k001", "new").unwrap();
        tx.put_metadata("cc", "k001", Default::default()).unwrap();
    });
    let done = check(&state, vec![delete, anew], &[VALID, VALID]);
    let update = done.updates.get("cc", "k001").unwrap();
    assert_eq!(update.value, Some("new".into()));
}

/// Codes of a change of the policy of `k001` that ends as `first`, and of writes after it.
fn after_change(first: ValidationCode, change: TxRwset) -> Vec<ValidationCode> {
    let state = state();
    let (same, other) = (put(&state, "k001"), put(&state, "k002"));
    let block = block(2, vec![("a", change), ("b", same), ("c", other)]);
    let checks = [first, VALID, VALID].map(TransactionCheck::from);
    settle(&state, &block, &checks).unwrap().codes
}

#[test]
fn a_key_whose_policy_a_rejected_transaction_sets_waits_for_the_next_block() {
    let change = repolicy(&state(), "k001");
    assert_eq!(after_change(VALID, change.clone()), [VALID, POLICY, VALID]);
    for rejected in [
        ValidationCode::DUPLICATE_TXID,
        ValidationCode::BAD_CREATOR_SIGNATURE,
    ] {
        let codes = after_change(rejected, change.clone());
        assert_eq!(codes, [rejected, POLICY, VALID]);
    }
}

#[test]
fn a_rejected_transaction_without_policies_disturbs_nobody() {
    let rejected = ValidationCode::DUPLICATE_TXID;
    let codes = after_change(rejected, put(&state(), "k001"));
    assert_eq!(codes, [rejected, VALID, VALID]);
}
