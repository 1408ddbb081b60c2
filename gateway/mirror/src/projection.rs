//! Reads the asset contract's records and events out of a batch. Pure.
//!
//! What is not one of its records is left alone: another contract may have the same name on
//! another channel, and a newer one may know more kinds.

use asset_store::{AccountRow, Batch, NoteChange, Position, TokenRow, Transfer};
use asset_types::{Event, EventEnvelope, Note, StateKey};
use fabric_ledger::composite_key;
use serde::de::DeserializeOwned;

use crate::block::CheckedBlock;
use crate::fold::NetState;

/// Adds the tokens, accounts and notes that the batch changes.
pub(crate) fn records(batch: &mut Batch, net: &NetState, chaincode: &str) {
    let changes = net
        .iter()
        .filter(|(id, _)| id.namespace == chaincode && id.collection.is_empty());
    for (id, (position, entry)) in changes {
        let value = entry.as_ref().map(|entry| entry.value.as_slice());
        if let Some(key) = state_key(&id.key) {
            record(batch, key, value, *position);
        }
    }
}

fn state_key(key: &[u8]) -> Option<StateKey> {
    let (object_type, attributes) = composite_key::split(std::str::from_utf8(key).ok()?)?;
    StateKey::parse(object_type, &attributes).ok()
}

fn record(batch: &mut Batch, key: StateKey, value: Option<&[u8]>, position: Position) {
    match key {
        StateKey::Token(id) => {
            batch
                .tokens
                .extend(read(value).map(|token| TokenRow { id, token }));
        }
        StateKey::Account(id) => {
            batch
                .accounts
                .extend(read(value).map(|account| AccountRow { id, account }));
        }
        StateKey::Note {
            token,
            account,
            note,
        } => batch.notes.push(NoteChange {
            token,
            account,
            note,
            amount: read(value)
                .map(|note: Note| note.amount)
                .filter(|amount| !amount.is_zero()),
            position,
        }),
        StateKey::Request { .. } => {}
    }
}

fn read<T: DeserializeOwned>(value: Option<&[u8]>) -> Option<T> {
    serde_json::from_slice(value?).ok()
}

/// Adds the payments that the block's valid transactions announce.
pub(crate) fn transfers(batch: &mut Batch, block: &CheckedBlock, chaincode: &str) {
    let number = block.number();
    let events = batch
        .events
        .iter()
        .rev()
        .take_while(|event| event.position.block == number);
    let mut events: Vec<_> = events
        .filter(|event| event.chaincode == chaincode)
        .collect();
    events.reverse();
    for event in events {
        let Ok(envelope) = serde_json::from_slice::<EventEnvelope>(&event.payload) else {
            continue;
        };
        if envelope.v != EventEnvelope::VERSION {
            continue;
        }
        let transaction_id = transaction_id(block, event.position);
        for (item, happened) in (0..).zip(envelope.items) {
            if let Event::Transferred(transfer) = happened {
                batch.transfers.push(Transfer {
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
}

fn transaction_id(block: &CheckedBlock, position: Position) -> &str {
    let transaction = usize::try_from(position.index)
        .ok()
        .and_then(|index| block.decoded.transactions.get(index));
    transaction.map_or("", |transaction| transaction.transaction_id())
}
