//! What lies behind conflicts, from the blocks that a peer has: the key, and the transaction that
//! had overwritten it.

use fabric_ledger::ValidationCode;
use fabric_ledger::Version;
use fabric_ledger::block::{DecodedBlock, DecodedTransaction};
use fabric_ledger::conflict::{Conflict, ConflictSearch};

/// Whether this is the verdict on a transaction that came too late.
pub(crate) fn is_conflict(code: ValidationCode) -> bool {
    code == ValidationCode::MVCC_READ_CONFLICT || code == ValidationCode::PHANTOM_READ_CONFLICT
}

/// Looks through the valid transactions of a block before a position, newest first.
pub(crate) fn look_back(
    search: &mut ConflictSearch<'_>,
    block: &DecodedBlock,
    before: usize,
) -> Option<Conflict> {
    let codes = block.codes()?;
    let earlier = block.transactions.iter().zip(codes).take(before).rev();
    earlier
        .filter(|(_, code)| code.is_valid())
        .find_map(|(transaction, _)| {
            let rwset = &transaction.endorsed()?.rwset;
            let index = u64::try_from(transaction.index).ok()?;
            search.look_at(Version::new(block.number, index), rwset)
        })
}

/// `chaincode/key`, or `chaincode/collection/key`, with what does not print made visible.
pub(crate) fn key_name(conflict: &Conflict) -> String {
    let key: String = conflict.key.escape_debug().collect();
    match &conflict.collection {
        None => format!("{}/{key}", conflict.namespace),
        Some(collection) => format!("{}/{collection}/{key}", conflict.namespace),
    }
}

/// The transaction of a block that has an id.
pub(crate) fn find<'b>(block: &'b DecodedBlock, id: &str) -> Option<&'b DecodedTransaction> {
    block
        .transactions
        .iter()
        .find(|transaction| transaction.transaction_id() == id)
}
