//! Spending: which notes a debit consumes, and which it makes. Inputs and outputs are equal by
//! construction: what the payee does not get is the payer's change.

use std::collections::BTreeSet;

use asset_types::{
    AccountId, Amount, NOTES_PER_DEBIT_MAX, Note, NoteId, NoteReply, TokenId, TransferReply,
};
use fabric_contract_api::{Reader, Tx};

use crate::error::AssetError;
use crate::records::{note_key, note_of, notes_of};

/// A movement of one token.
pub(crate) struct Movement<'a> {
    pub(crate) token: &'a TokenId,
    pub(crate) from: &'a AccountId,
    pub(crate) to: &'a AccountId,
    pub(crate) amount: Amount,
}

/// The notes that a movement consumes, and what they add up to: at least its amount.
pub(crate) struct Inputs {
    notes: Vec<NoteId>,
    change: Amount,
}

/// Takes exactly the notes that are named: point reads, so that credits which arrive meanwhile are not
/// seen and cannot conflict.
pub(crate) fn named(
    ledger: &Reader<'_>,
    movement: &Movement<'_>,
    notes: Vec<NoteId>,
) -> Result<Inputs, AssetError> {
    if notes.len() > NOTES_PER_DEBIT_MAX {
        return Err(AssetError::TooManyNotes { max: NOTES_PER_DEBIT_MAX });
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = notes.iter().find(|note| !seen.insert(*note)) {
        return Err(AssetError::DuplicateNote { note: twice.clone() });
    }
    let keys = notes.iter().map(|note| note_key(movement.token, movement.from, note));
    let found = ledger.get_many(&keys.collect::<Result<Vec<_>, _>>()?)?;
    let mut amounts = Vec::with_capacity(found.len());
    for (note, record) in notes.iter().zip(found) {
        let record = record.ok_or_else(|| AssetError::NoteSpent {
            account: movement.from.clone(),
            token: movement.token.clone(),
            note: note.clone(),
        })?;
        amounts.push(record.amount);
    }
    let sum = Amount::checked_sum(amounts).ok_or_else(beyond_cap)?;
    let change = sum.checked_sub(movement.amount).ok_or_else(|| insufficient(movement, sum))?;
    Ok(Inputs { notes, change })
}

/// Takes notes in the order of their names until they suffice. The scan is checked again at commit, so a
/// credit that arrives meanwhile makes the transaction invalid: callers under load name their notes.
pub(crate) fn scanned(ledger: &Reader<'_>, movement: &Movement<'_>) -> Result<Inputs, AssetError> {
    let (mut notes, mut sum) = (Vec::new(), Amount::ZERO);
    for row in ledger.range(&notes_of(movement.token, movement.from)?)? {
        if notes.len() == NOTES_PER_DEBIT_MAX {
            return Err(AssetError::TooManyNotes { max: NOTES_PER_DEBIT_MAX });
        }
        let row = row?;
        let note: Note = row.json()?;
        sum = sum.checked_add(note.amount).ok_or_else(beyond_cap)?;
        notes.push(note_of(&row.key)?);
        if let Some(change) = sum.checked_sub(movement.amount) {
            return Ok(Inputs { notes, change });
        }
    }
    Err(insufficient(movement, sum))
}

/// Consumes the inputs and makes the payee's note, and the payer's change if there is any.
pub(crate) fn settle(
    tx: &mut Tx<'_>,
    movement: &Movement<'_>,
    inputs: &Inputs,
) -> Result<TransferReply, AssetError> {
    let transaction_id = tx.transaction_id().to_owned();
    for note in &inputs.notes {
        tx.delete(&note_key(movement.token, movement.from, note)?)?;
    }
    let note = new_note(&transaction_id, 0)?;
    let credit = Note { amount: movement.amount };
    tx.put(&note_key(movement.token, movement.to, &note)?, &credit)?;
    let mut change = None;
    if !inputs.change.is_zero() {
        let rest = NoteReply { note: new_note(&transaction_id, 1)?, amount: inputs.change };
        let key = note_key(movement.token, movement.from, &rest.note)?;
        tx.put(&key, &Note { amount: rest.amount })?;
        change = Some(rest);
    }
    Ok(TransferReply { transaction_id, note, change })
}

pub(crate) fn new_note(transaction_id: &str, index: u32) -> Result<NoteId, AssetError> {
    NoteId::of_transaction(transaction_id, index)
        .map_err(|_| AssetError::Internal { what: format!("the transaction id {transaction_id:?}") })
}

fn insufficient(movement: &Movement<'_>, available: Amount) -> AssetError {
    if movement.from.is_reserved() {
        return AssetError::CapExceeded {
            token: movement.token.clone(),
            available,
            needed: movement.amount,
        };
    }
    AssetError::InsufficientFunds {
        account: movement.from.clone(),
        token: movement.token.clone(),
        available,
        needed: movement.amount,
    }
}

/// All notes of a token add up to its cap, which is an amount: a larger sum cannot have been written.
fn beyond_cap() -> AssetError {
    AssetError::Internal { what: "notes that add up to more than any cap".to_owned() }
}
