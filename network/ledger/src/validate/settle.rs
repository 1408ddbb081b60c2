//! The part of validation that goes through a block in order.

use std::collections::{HashMap, HashSet};

use super::Validated;
use super::check::TransactionCheck;
use super::conflict;
use super::endorsement::{WrittenKey, repolicied_keys, written_keys};
use crate::block::{DecodedBlock, EndorsedTransaction};
use crate::code::ValidationCode;
use crate::commit;
use crate::rwset::NamespaceRwset;
use crate::state::{State, UpdateBatch};
use crate::version::Version;

/// Decides the codes of a block's transactions, given what each is by itself, and the net updates.
///
/// # Errors
/// Where the store fails.
pub fn settle<S: State>(
    state: &S,
    block: &DecodedBlock,
    checks: &[TransactionCheck],
) -> Result<Validated, S::Error> {
    let mut codes: Vec<ValidationCode> = block
        .transactions
        .iter()
        .map(|transaction| {
            let check = checks.get(transaction.index);
            check.map_or(ValidationCode::NOT_VALIDATED, TransactionCheck::code)
        })
        .collect();
    mark_changed_policies(block, checks, &mut codes);
    mark_duplicates(block, &mut codes);
    let updates = mark_conflicts(state, block, &mut codes)?;
    Ok(Validated { codes, updates })
}

/// A key whose policy a transaction changes cannot be written by later ones of the block: they
/// were checked against a policy that may not hold any more. That the change itself satisfies its
/// policies is enough, whatever becomes of it later.
///
/// Where the change was rejected before its policies were looked at (it was sent a second time, say)
/// a peer waits for ever for what its policies say of it, and the channel stops; no outcome is
/// defined. Here such a change counts as if it satisfied its policies: writes of the key wait for
/// the next block.
fn mark_changed_policies(
    block: &DecodedBlock,
    checks: &[TransactionCheck],
    codes: &mut [ValidationCode],
) {
    let mut changed: HashMap<&str, HashSet<WrittenKey<'_>>> = HashMap::new();
    let checked = block.transactions.iter().zip(checks).zip(codes);
    for ((transaction, check), code) in checked {
        let Some(endorsed) = transaction.endorsed() else {
            continue;
        };
        for set in changing(endorsed, check) {
            let known = changed.get(set.namespace.as_str());
            let touches = |key| known.is_some_and(|known| known.contains(&key));
            if known.is_some() && written_keys(set).any(touches) {
                if code.is_valid() {
                    *code = ValidationCode::ENDORSEMENT_POLICY_FAILURE;
                }
                continue;
            }
            let mut repolicied = repolicied_keys(set).peekable();
            if repolicied.peek().is_some() {
                let keys = changed.entry(&set.namespace).or_default();
                keys.extend(repolicied);
            }
        }
    }
}

/// The sets of a transaction that later ones of its block have to wait for.
fn changing<'a>(
    endorsed: &'a EndorsedTransaction,
    check: &'a TransactionCheck,
) -> impl Iterator<Item = &'a NamespaceRwset> {
    let all = check.code.is_valid() || check.undecided;
    let sets = endorsed.rwset.namespaces.iter();
    sets.filter(move |set| all || check.satisfied.contains(&set.namespace))
}

/// The second of two transactions with one id, both good so far.
fn mark_duplicates(block: &DecodedBlock, codes: &mut [ValidationCode]) {
    let mut seen = HashSet::new();
    for (transaction, code) in block.transactions.iter().zip(codes) {
        let good = code.is_valid() && transaction.endorsed().is_some();
        if good && !seen.insert(transaction.transaction_id()) {
            *code = ValidationCode::DUPLICATE_TXID;
        }
    }
}

fn mark_conflicts<S: State>(
    state: &S,
    block: &DecodedBlock,
    codes: &mut [ValidationCode],
) -> Result<UpdateBatch, S::Error> {
    let mut updates = UpdateBatch::default();
    for ((transaction, code), index) in block.transactions.iter().zip(codes).zip(0..) {
        let endorsed: &EndorsedTransaction = match transaction.endorsed() {
            Some(endorsed) if code.is_valid() => endorsed,
            _ => continue,
        };
        *code = conflict::code(&endorsed.rwset, state, &updates)?;
        if code.is_valid() && commit::sets_metadata_of_deleted(&endorsed.rwset, &updates) {
            // A peer has no outcome for this. Run again, the transaction sees that the key is gone.
            *code = ValidationCode::MVCC_READ_CONFLICT;
        }
        if code.is_valid() {
            let version = Version::new(block.number, index);
            commit::apply(&endorsed.rwset, version, state, &mut updates)?;
        }
    }
    commit::expire(block.number, state, &mut updates)?;
    Ok(updates)
}
