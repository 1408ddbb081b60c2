//! Reads the asset contract's records and events out of a batch. Pure.
//!
//! What is not one of its records is left alone: another contract may have the same name on
//! another channel, and a newer one may know more kinds.

use asset_store::{
    AccountChange, Batch, NoteChange, Position, StateId, TokenChange, Transaction, Transfer,
};
use asset_types::{Event, EventEnvelope, Note, StateKey};
use fabric_ledger::composite_key;
use serde::de::DeserializeOwned;

use crate::fold::NetState;

/// What an entry of the world state means.
pub(crate) enum Projected {
    Token(TokenChange),
    Account(AccountChange),
    Note(NoteChange),
}

/// Adds the tokens, accounts and notes that the batch changes.
pub(crate) fn records(batch: &mut Batch, net: &NetState, chaincode: &str) {
    for (id, (position, entry)) in net {
        let value = entry.as_ref().map(|entry| entry.value.as_slice());
        match projected(id, value, *position, chaincode) {
            Some(Projected::Token(token)) => batch.tokens.push(token),
            Some(Projected::Account(account)) => batch.accounts.push(account),
            Some(Projected::Note(note)) => batch.notes.push(note),
            None => {}
        }
    }
}

/// What an entry means; a value that is not its key's record counts as none.
pub(crate) fn projected(
    id: &StateId,
    value: Option<&[u8]>,
    position: Position,
    chaincode: &str,
) -> Option<Projected> {
    if id.namespace != chaincode || !id.collection.is_empty() {
        return None;
    }
    Some(match state_key(&id.key)? {
        StateKey::Token(id) => Projected::Token(TokenChange {
            id,
            token: read(value),
        }),
        StateKey::Account(id) => Projected::Account(AccountChange {
            id,
            account: read(value),
        }),
        StateKey::Note {
            token,
            account,
            note,
        } => Projected::Note(NoteChange {
            token,
            account,
            note,
            amount: read(value)
                .map(|note: Note| note.amount)
                .filter(|amount| !amount.is_zero()),
            position,
        }),
        StateKey::Request { .. } => return None,
    })
}

fn state_key(key: &[u8]) -> Option<StateKey> {
    let (object_type, attributes) = composite_key::split(std::str::from_utf8(key).ok()?)?;
    StateKey::parse(object_type, &attributes).ok()
}

fn read<T: DeserializeOwned>(value: Option<&[u8]>) -> Option<T> {
    serde_json::from_slice(value?).ok()
}

/// The payments that the events of one block announce.
pub(crate) fn transfers(
    events: &[asset_store::Event],
    transactions: &[Transaction],
    chaincode: &str,
) -> Vec<Transfer> {
    let mut transfers = Vec::new();
    for event in events.iter().filter(|event| event.chaincode == chaincode) {
        let Ok(envelope) = serde_json::from_slice::<EventEnvelope>(&event.payload) else {
            continue;
        };
        if envelope.v != EventEnvelope::VERSION {
            continue;
        }
        let transaction = usize::try_from(event.position.index)
            .ok()
            .and_then(|index| transactions.get(index));
        let transaction_id = transaction.map_or("", |transaction| &transaction.transaction_id);
        for (item, happened) in (0..).zip(envelope.items) {
            if let Event::Transferred(transfer) = happened {
                transfers.push(Transfer {
                    position: event.position,
                    item,
                    transaction_id: transaction_id.to_owned(),
                    token: transfer.token,
                    from: transfer.from,
                    to: transfer.to,
                    amount: transfer.amount,
                    memo: transfer.memo,
                    request_id: transfer.request_id,
                });
            }
        }
    }
    transfers
}
