//! Folds checked blocks into one batch, proving each block by its commit hash. Pure: what it needs
//! of the state before was fetched.

use std::collections::BTreeMap;

use asset_store::{Batch, Checkpoint, Position, StateChange, StateEntry, StateId, WriteFact};
use fabric_ledger::Version;
use fabric_ledger::commit::commit_hash;
use fabric_ledger::state::{MemoryState, UpdateBatch};

use crate::MirrorError;
use crate::block::{CheckedBlock, hexadecimal};
use crate::facts::{self, metadata};
use crate::prior::expiries;
use crate::projection;
use crate::seal::{self, numbered, seal};

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
    let mut before = match (&after, blocks.first()) {
        (Some(after), _) => (after.commit_hash.clone(), after.seal.clone()),
        (None, first) => {
            let channel = first.and_then(CheckedBlock::channel).unwrap_or_default();
            (None, seal::beginning(channel, chaincode))
        }
    };
    let mut batch = Batch {
        after,
        ..Batch::default()
    };
    let mut net = NetState::new();
    let mut refusal = None;
    for block in blocks {
        let (updates, writes) = facts::updates(block, |_| &state, &state);
        let (commit_hash, seal) = &mut before;
        match prove(block, &updates, commit_hash.as_deref()) {
            Ok(proved) => *commit_hash = proved,
            Err(error) => {
                refusal = Some(error);
                break;
            }
        }
        *seal = append(
            &mut batch,
            block,
            commit_hash.clone(),
            writes,
            seal,
            chaincode,
        );
        net_changes(&mut net, block.number(), &updates);
        state.apply(&updates);
    }
    projection::records(&mut batch, &net, chaincode);
    batch.states = net
        .into_iter()
        .map(|(id, (_, entry))| StateChange { id, entry })
        .collect();
    Folded { batch, refusal }
}

/// Adds the rows of a block to the batch, and returns their seal.
fn append(
    batch: &mut Batch,
    block: &CheckedBlock,
    commit_hash: Option<Vec<u8>>,
    writes: Vec<WriteFact>,
    previous: &[u8],
    chaincode: &str,
) -> Vec<u8> {
    let mut header = facts::header(block, commit_hash);
    let transactions = facts::transactions(block);
    let events = facts::events(block);
    header.seal = seal(
        previous,
        seal::Rows {
            block: &header,
            transactions: transactions.iter(),
            writes: numbered(&writes),
            events: &events,
        },
    );
    let transfers = projection::transfers(&events, &transactions, chaincode);
    let sealed = header.seal.clone();
    batch.blocks.push(header);
    batch.transactions.extend(transactions);
    batch.writes.extend(writes);
    batch.events.extend(events);
    batch.transfers.extend(transfers);
    sealed
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
