//! What a checked block says, as rows. Pure.

use std::collections::BTreeMap;
use std::convert::Infallible;

use asset_store::{Block, Event, Position, StateId, Transaction, WriteFact};
use fabric_ledger::block::{Content, DecodedTransaction, EndorsedTransaction};
use fabric_ledger::commit::{apply, expire};
use fabric_ledger::rwset::NamespaceRwset;
use fabric_ledger::state::{State, Update, UpdateBatch};
use fabric_ledger::{ValidationCode, Version};

use crate::block::CheckedBlock;
use crate::prior::expiries;

/// The block's own row, which is not sealed yet.
pub(crate) fn header(block: &CheckedBlock, commit_hash: Option<Vec<u8>>) -> Block {
    let decoded = &block.decoded;
    let sizes = decoded.transactions.iter();
    Block {
        number: decoded.number,
        header_hash: decoded.header_hash.to_vec(),
        previous_hash: decoded.previous_hash.to_vec(),
        data_hash: decoded.data_hash.to_vec(),
        commit_hash,
        // At most `fabric_ledger::block::MAX_TRANSACTIONS`.
        transaction_count: u32::try_from(decoded.transactions.len()).unwrap_or(u32::MAX),
        size_bytes: sizes
            .map(|transaction| transaction.envelope_size as u64)
            .sum(),
        seal: Vec::new(),
    }
}

/// All transactions, valid or not.
pub(crate) fn transactions(block: &CheckedBlock) -> Vec<Transaction> {
    let transactions = block.decoded.transactions.iter().zip(&block.codes).zip(0..);
    let row = |((decoded, code), index): ((_, &ValidationCode), _)| {
        let position = Position {
            block: block.number(),
            index,
        };
        transaction(decoded, position, code.byte())
    };
    transactions.map(row).collect()
}

/// What the valid transactions announce.
pub(crate) fn events(block: &CheckedBlock) -> Vec<Event> {
    let events = valid_transactions(block).filter_map(|(index, endorsed)| {
        let event = endorsed.event.as_ref()?;
        Some(Event {
            position: Position {
                block: block.number(),
                index,
            },
            chaincode: event.chaincode.clone(),
            name: event.name.clone(),
            payload: event.payload.to_vec(),
        })
    });
    events.collect()
}

/// The block's net updates, and what each transaction left under each key. `state` answers for the
/// transaction at an index, `before` for the block.
pub(crate) fn updates<S, B>(
    block: &CheckedBlock,
    state: impl Fn(u32) -> S,
    before: &B,
) -> (UpdateBatch, Vec<WriteFact>)
where
    S: State<Error = Infallible>,
    B: State<Error = Infallible>,
{
    let mut updates = UpdateBatch::default();
    let mut writes = Vec::new();
    for (index, endorsed) in valid_transactions(block) {
        let version = Version::new(block.number(), index.into());
        let Ok(()) = apply(&endorsed.rwset, version, &state(index), &mut updates);
        let position = Position {
            block: block.number(),
            index,
        };
        for set in &endorsed.rwset.namespaces {
            writes.extend(left_by(set, position, version, &updates));
        }
    }
    let Ok(()) = expire(block.number(), before, &mut updates);
    let expiries = expiries(&updates.expiring);
    for write in &mut writes {
        write.expires_in = expiry(&expiries, write);
    }
    (updates, writes)
}

/// When an entry that a block wrote is dropped, by what the block scheduled.
pub(crate) fn expiry(expiries: &BTreeMap<StateId, u64>, write: &WriteFact) -> Option<u64> {
    let expires_in = expiries.get(&write.id).copied();
    expires_in.filter(|_| write.value.is_some())
}

/// Metadata as it is kept: none where it is empty.
pub(crate) fn metadata(update: &Update) -> Option<Vec<u8>> {
    Some(update.metadata.to_vec()).filter(|metadata| !metadata.is_empty())
}

fn valid_transactions(block: &CheckedBlock) -> impl Iterator<Item = (u32, &EndorsedTransaction)> {
    let transactions = block.decoded.transactions.iter().zip(&block.codes).zip(0..);
    transactions.filter_map(|((transaction, code), index)| {
        Some((index, transaction.endorsed().filter(|_| code.is_valid())?))
    })
}

fn left_by<'u>(
    set: &'u NamespaceRwset,
    position: Position,
    version: Version,
    updates: &'u UpdateBatch,
) -> impl Iterator<Item = WriteFact> + 'u {
    let namespace = set.namespace.as_str();
    let public = set.writes.iter().map(|write| write.key.as_str());
    let public = public.chain(set.metadata_writes.iter().map(|write| write.key.as_str()));
    let public = public.map(move |key| ("", key.as_bytes(), updates.get(namespace, key)));
    let private = set.collections.iter().flat_map(move |collection| {
        let keys = collection.writes.iter().map(|write| &write.key_hash);
        let keys = keys.chain(
            collection
                .metadata_writes
                .iter()
                .map(|write| &write.key_hash),
        );
        let collection = collection.collection.as_str();
        keys.map(move |key| {
            (
                collection,
                key.as_ref(),
                updates.get_hashed(namespace, collection, key),
            )
        })
    });
    let mut left = BTreeMap::new();
    for (collection, key, update) in public.chain(private) {
        // Metadata of an absent key changes nothing: no update, or an earlier one.
        if let Some(update) = update.filter(|update| update.version == version) {
            left.insert((collection, key), update);
        }
    }
    left.into_iter()
        .map(move |((collection, key), update)| WriteFact {
            position,
            id: StateId {
                namespace: namespace.to_owned(),
                collection: collection.to_owned(),
                key: key.to_vec(),
            },
            value: update.value.as_ref().map(|value| value.to_vec()),
            metadata: metadata(update),
            expires_in: None,
        })
}

fn transaction(decoded: &DecodedTransaction, position: Position, code: u8) -> Transaction {
    let header = decoded.header.as_ref();
    Transaction {
        position,
        transaction_id: decoded.transaction_id().to_owned(),
        kind: header.map_or(0, |header| header.header_type),
        code,
        chaincode: decoded
            .endorsed()
            .map(|endorsed| endorsed.chaincode.name.clone()),
        client_time_seconds: header.and_then(|header| Some(header.timestamp?.0)),
        malformation: match &decoded.content {
            Content::Malformed(reason) => Some(reason.to_string()),
            Content::Endorsed(_) | Content::Config(_) => None,
        },
    }
}
