//! Spending: which notes a debit consumes, and which it makes. Inputs and outputs are equal by
//! construction: what the payee does not get is the payer's change.

use std::collections::BTreeSet;

use asset_types::{
    Amount, NOTES_PER_DEBIT_MAX, Note, NoteId, NoteReply, StateKey, TransferReply, Transferred,
};
use fabric_contract_api_rust::{Reader, Tx};

use crate::error::AssetError;
use crate::records::{note_key, note_of, notes_of};

/// The notes that a transfer consumes, and what of them is left over for the payer.
pub(crate) struct Inputs {
    notes: Vec<NoteId>,
    change: Amount,
}

/// Refuses what no state of the ledger could make right, before anything is read.
pub(crate) fn ensure_sensible(amount: Amount, named: Option<&[NoteId]>) -> Result<(), AssetError> {
    if amount.is_zero() {
        return Err(AssetError::ZeroAmount);
    }
    let named = named.unwrap_or_default();
    if named.len() > NOTES_PER_DEBIT_MAX {
        return Err(AssetError::TooManyNotes {
            max: NOTES_PER_DEBIT_MAX,
        });
    }
    let mut seen = BTreeSet::new();
    match named.iter().find(|note| !seen.insert(*note)) {
        Some(twice) => Err(AssetError::DuplicateNote {
            note: twice.clone(),
        }),
        None => Ok(()),
    }
}

/// The keys that [`choose`] will read, as far as they are known before.
pub(crate) fn keys(transfer: &Transferred, named: Option<&[NoteId]>) -> Vec<StateKey> {
    let note_key = |note: &NoteId| StateKey::Note {
        token: transfer.token.clone(),
        account: transfer.from.clone(),
        note: note.clone(),
    };
    named.unwrap_or_default().iter().map(note_key).collect()
}

/// Chooses the notes to spend: exactly those named, or else what a scan finds.
pub(crate) fn choose(
    ledger: &Reader<'_>,
    transfer: &Transferred,
    named: Option<Vec<NoteId>>,
) -> Result<Inputs, AssetError> {
    match named {
        Some(notes) => take_named(ledger, transfer, notes),
        None => take_scanned(ledger, transfer),
    }
}

/// Point reads: credits that arrive meanwhile are not seen and cannot conflict.
fn take_named(
    ledger: &Reader<'_>,
    transfer: &Transferred,
    notes: Vec<NoteId>,
) -> Result<Inputs, AssetError> {
    let keys = notes
        .iter()
        .map(|note| note_key(&transfer.token, &transfer.from, note))
        .collect::<Result<Vec<_>, _>>()?;
    let mut sum = Amount::ZERO;
    for (note, record) in notes.iter().zip(ledger.get_many(&keys)?) {
        let record = record.ok_or_else(|| AssetError::NoteSpent {
            account: transfer.from.clone(),
            token: transfer.token.clone(),
            note: note.clone(),
        })?;
        sum = sum.checked_add(record.amount).ok_or_else(beyond_any_cap)?;
    }
    match sum.checked_sub(transfer.amount) {
        Some(change) => Ok(Inputs { notes, change }),
        None => Err(insufficient(transfer, sum)),
    }
}

/// Notes in the order of their names until they suffice. The scan is checked again at commit, so a
/// credit that arrives meanwhile makes the transaction invalid: callers under load name their notes.
fn take_scanned(ledger: &Reader<'_>, transfer: &Transferred) -> Result<Inputs, AssetError> {
    let (mut notes, mut sum) = (Vec::new(), Amount::ZERO);
    for row in ledger.range(&notes_of(&transfer.token, &transfer.from)?)? {
        if notes.len() == NOTES_PER_DEBIT_MAX {
            return Err(AssetError::TooManyNotes {
                max: NOTES_PER_DEBIT_MAX,
            });
        }
        let row = row?;
        let note: Note = row.json()?;
        sum = sum.checked_add(note.amount).ok_or_else(beyond_any_cap)?;
        notes.push(note_of(&row.key)?);
        if let Some(change) = sum.checked_sub(transfer.amount) {
            return Ok(Inputs { notes, change });
        }
    }
    Err(insufficient(transfer, sum))
}

/// Consumes the inputs; makes the payee's note, and the payer's change if there is any.
pub(crate) fn settle(
    tx: &mut Tx<'_>,
    transfer: &Transferred,
    inputs: &Inputs,
) -> Result<TransferReply, AssetError> {
    let Transferred {
        token, from, to, ..
    } = transfer;
    for note in &inputs.notes {
        tx.delete(&note_key(token, from, note)?)?;
    }
    let note = new_note(tx, 0)?;
    let credit = Note {
        amount: transfer.amount,
    };
    tx.put(&note_key(token, to, &note)?, &credit)?;
    let mut change = None;
    if !inputs.change.is_zero() {
        let rest = new_note(tx, 1)?;
        let amount = inputs.change;
        tx.put(&note_key(token, from, &rest)?, &Note { amount })?;
        change = Some(NoteReply { note: rest, amount });
    }
    Ok(TransferReply {
        transaction_id: tx.transaction_id().to_owned(),
        note,
        change,
    })
}

/// The name of the `index`th note that the transaction makes.
pub(crate) fn new_note(ledger: &Reader<'_>, index: u32) -> Result<NoteId, AssetError> {
    let transaction_id = ledger.transaction_id();
    NoteId::of_transaction(transaction_id, index).map_err(|_| AssetError::Internal {
        what: format!("the transaction id {transaction_id:?}"),
    })
}

fn insufficient(transfer: &Transferred, available: Amount) -> AssetError {
    if transfer.from.is_reserved() {
        return AssetError::CapExceeded {
            token: transfer.token.clone(),
            available,
            needed: transfer.amount,
        };
    }
    AssetError::InsufficientFunds {
        account: transfer.from.clone(),
        token: transfer.token.clone(),
        available,
        needed: transfer.amount,
    }
}

/// All notes of a token add up to its cap, which is an amount: no larger sum can have been written.
pub(crate) fn beyond_any_cap() -> AssetError {
    AssetError::Internal {
        what: "notes that add up to more than any cap".to_owned(),
    }
}
