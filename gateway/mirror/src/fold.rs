//! Folds checked blocks into one batch, proving each block by its commit hash. Pure: what it needs
//! of the state before was fetched.

use std::collections::BTreeMap;
use std::convert::Infallible;

use asset_store::{
    Batch, Block, Checkpoint, Event, Position, StateChange, StateEntry, StateId, Transaction,
    WriteFact,
};
use fabric_ledger::Version;
use fabric_ledger::block::{Content, DecodedTransaction, EndorsedTransaction};
use fabric_ledger::commit::{apply, commit_hash, expire};
use fabric_ledger::rwset::NamespaceRwset;
use fabric_ledger::state::{MemoryState, Update, UpdateBatch};

use crate::MirrorError;
use crate::block::{CheckedBlock, hexadecimal};
use crate::prior::expiries;
use crate::projection;

/// What a batch makes of each entry: the last update wins.
pub(crate) type NetState = BTreeMap<StateId, (Position, Option<StateEntry>)>;

/// The provable beginning of some blocks, and why it ends before the last of them, if it does.
pub(crate) struct Folded {
    pub(crate) batch: Batch,
    pub(crate) refusal: Option<MirrorError>,
}

/// Folds `blocks`, which continue `after`; `state` has what they need of the state before them.
/// Tokens, accounts and notes are read from the namespace `chaincode`.
pub(crate) fn fold(
    after: Option<Checkpoint>,
    blocks: &[CheckedBlock],
    mut state: MemoryState,
    chaincode: &str,
) -> Folded {
    let mut commit_hash = after.as_ref().and_then(|after| after.commit_hash.clone());
    let mut batch = Batch {
        after,
        ..Batch::default()
    };
    let mut net = NetState::new();
    let mut refusal = None;
    for block in blocks {
        let (updates, writes) = updates(block, &state);
        match prove(block, &updates, commit_hash.as_deref()) {
            Ok(proved) => commit_hash = proved,
            Err(error) => {
                refusal = Some(error);
                break;
            }
        }
        append_facts(&mut batch, block, commit_hash.clone(), writes);
        net_changes(&mut net, block.number(), &updates);
        projection::transfers(&mut batch, block, chaincode);
        state.apply(&updates);
    }
    projection::records(&mut batch, &net, chaincode);
    batch.states = net
        .into_iter()
        .map(|(id, (_, entry))| StateChange { id, entry })
        .collect();
    Folded { batch, refusal }
}

/// The block's net updates, and what each transaction left under each key.
fn updates(block: &CheckedBlock, state: &MemoryState) -> (UpdateBatch, Vec<WriteFact>) {
    let mut updates = UpdateBatch::default();
    let mut writes = Vec::new();
    for (index, endorsed) in valid_transactions(block) {
        let version = Version::new(block.number(), index.into());
        let Ok(()) = apply(&endorsed.rwset, version, state, &mut updates) as Result<_, Infallible>;
        let position = Position {
            block: block.number(),
            index,
        };
        for set in &endorsed.rwset.namespaces {
            writes.extend(left_by(set, position, version, &updates));
        }
    }
    let Ok(()) = expire(block.number(), state, &mut updates) as Result<_, Infallible>;
    let expiries = expiries(&updates.expiring);
    for write in &mut writes {
        write.expires_in = expiries
            .get(&write.id)
            .copied()
            .filter(|_| write.value.is_some());
    }
    (updates, writes)
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

fn metadata(update: &Update) -> Option<Vec<u8>> {
    Some(update.metadata.to_vec()).filter(|metadata| !metadata.is_empty())
}

/// The commit hash of a block, if the peer claims the same.
fn prove(
    block: &CheckedBlock,
    updates: &UpdateBatch,
    previous: Option<&[u8]>,
) -> Result<Option<Vec<u8>>, MirrorError> {
    let number = block.number();
    let Some(claimed) = &block.decoded.commit_hash else {
        // A peer makes block 0 out of nothing, without a hash.
        return if number == 0 {
            Ok(None)
        } else {
            Err(MirrorError::NoCommitHash { block: number })
        };
    };
    let computed = commit_hash(&block.codes, updates, previous.unwrap_or_default());
    if **claimed == computed {
        Ok(Some(computed.to_vec()))
    } else {
        Err(MirrorError::CommitHash {
            block: number,
            computed: hexadecimal(&computed),
            claimed: hexadecimal(claimed),
        })
    }
}

fn append_facts(
    batch: &mut Batch,
    block: &CheckedBlock,
    commit_hash: Option<Vec<u8>>,
    writes: Vec<WriteFact>,
) {
    let decoded = &block.decoded;
    let number = decoded.number;
    batch.blocks.push(Block {
        number,
        header_hash: decoded.header_hash.to_vec(),
        previous_hash: decoded.previous_hash.to_vec(),
        data_hash: decoded.data_hash.to_vec(),
        commit_hash,
        // At most `fabric_ledger::block::MAX_TRANSACTIONS`.
        transaction_count: u32::try_from(decoded.transactions.len()).unwrap_or(u32::MAX),
        size_bytes: block.size_bytes as u64,
    });
    let transactions = decoded.transactions.iter().zip(&block.codes).zip(0..);
    batch
        .transactions
        .extend(transactions.map(|((decoded, code), index)| {
            transaction(
                decoded,
                Position {
                    block: number,
                    index,
                },
                code.byte(),
            )
        }));
    batch
        .events
        .extend(valid_transactions(block).filter_map(|(index, endorsed)| {
            let event = endorsed.event.as_ref()?;
            Some(Event {
                position: Position {
                    block: number,
                    index,
                },
                chaincode: event.chaincode.clone(),
                name: event.name.clone(),
                payload: event.payload.to_vec(),
            })
        }));
    batch.writes.extend(writes);
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

fn net_changes(net: &mut NetState, block: u64, updates: &UpdateBatch) {
    let expiries = expiries(&updates.expiring);
    for (namespace, updates) in &updates.namespaces {
        let public = updates
            .public
            .iter()
            .map(|(key, update)| ("", key.as_bytes(), update));
        let private = updates
            .collections
            .iter()
            .flat_map(|(collection, updates)| {
                updates
                    .iter()
                    .map(|(key, update)| (collection.as_str(), key.as_ref(), update))
            });
        for (collection, key, update) in public.chain(private) {
            let id = StateId {
                namespace: namespace.clone(),
                collection: collection.to_owned(),
                key: key.to_vec(),
            };
            let position = position(update.version);
            let entry = update.value.as_ref().map(|value| StateEntry {
                value: value.to_vec(),
                metadata: metadata(update),
                version: position,
                expires_in: expiries.get(&id).copied(),
            });
            net.insert(id, (position, entry));
        }
    }
    for key in &updates.expired {
        let id = StateId {
            namespace: key.namespace.clone(),
            collection: key.collection.clone(),
            key: key.key_hash.to_vec(),
        };
        net.insert(id, (Position { block, index: 0 }, None));
    }
}

fn position(version: Version) -> Position {
    Position {
        block: version.block_number,
        // An index among at most `fabric_ledger::block::MAX_TRANSACTIONS`.
        index: u32::try_from(version.transaction_number).unwrap_or(u32::MAX),
    }
}
