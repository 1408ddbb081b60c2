//! What the rules need to know of the state before a batch, fetched from the database at once.

use std::collections::{BTreeMap, BTreeSet};

use asset_store::{StateId, StateRow, Store, StoreError};
use bytes::Bytes;
use fabric_ledger::Version;
use fabric_ledger::commit::keys_needed;
use fabric_ledger::state::{ExpiringKey, HashedKey, MemoryState, VersionedValue};

use crate::block::CheckedBlock;

/// Fetches, for `blocks`, the values that their commit hashes depend on, the metadata of all keys
/// that they write, and the private keys whose time is up.
pub(crate) async fn fetch(
    store: &Store,
    blocks: &[CheckedBlock],
) -> Result<MemoryState, StoreError> {
    let needed: Vec<StateId> = blocks
        .iter()
        .flat_map(values_needed)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let written: Vec<StateId> = blocks
        .iter()
        .flat_map(keys_written)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let mut rows = store.states(&needed).await?;
    rows.extend(store.states_with_metadata(&written).await?);
    if let Some(last) = blocks.last() {
        rows.extend(store.states_expiring(last.number()).await?);
    }
    Ok(state(rows))
}

fn values_needed(block: &CheckedBlock) -> impl Iterator<Item = StateId> + use<> {
    let needed = keys_needed(&block.decoded, &block.codes);
    let public = needed.public.into_iter().map(|(namespace, key)| StateId {
        namespace,
        collection: String::new(),
        key: key.into_bytes(),
    });
    public.chain(needed.hashed.into_iter().map(|key| StateId {
        namespace: key.namespace,
        collection: key.collection,
        key: key.key_hash.to_vec(),
    }))
}

fn keys_written(block: &CheckedBlock) -> impl Iterator<Item = StateId> + '_ {
    let valid = block.decoded.transactions.iter().zip(&block.codes);
    let sets = valid
        .filter(|(_, code)| code.is_valid())
        .filter_map(|(transaction, _)| transaction.endorsed())
        .flat_map(|endorsed| &endorsed.rwset.namespaces);
    sets.flat_map(|set| {
        let public = set.writes.iter().map(|write| ("", write.key.as_bytes()));
        let private = set.collections.iter().flat_map(|collection| {
            let keys = collection
                .writes
                .iter()
                .map(|write| write.key_hash.as_ref());
            keys.map(|key| (collection.collection.as_str(), key))
        });
        public.chain(private).map(|(collection, key)| StateId {
            namespace: set.namespace.clone(),
            collection: collection.to_owned(),
            key: key.to_vec(),
        })
    })
}

fn state(rows: Vec<StateRow>) -> MemoryState {
    let mut state = MemoryState::new();
    for StateRow { id, entry } in rows {
        let value = VersionedValue {
            value: entry.value.into(),
            metadata: entry.metadata.map_or_else(Bytes::new, Bytes::from),
            version: Version::new(entry.version.block, entry.version.index.into()),
        };
        if id.collection.is_empty() {
            // Fabric's public keys are texts; another cannot have been written.
            if let Ok(key) = String::from_utf8(id.key) {
                state.insert(&id.namespace, &key, value);
            }
            continue;
        }
        let key_hash = Bytes::from(id.key);
        state.insert_hashed(&id.namespace, &id.collection, key_hash.clone(), value);
        if let Some(expires_in) = entry.expires_in {
            state.insert_expiring(ExpiringKey {
                key: HashedKey {
                    namespace: id.namespace,
                    collection: id.collection,
                    key_hash,
                },
                written_in: entry.version.block,
                expires_in,
            });
        }
    }
    state
}

/// The blocks whose commits drop private keys, by key: what one block scheduled.
pub(crate) fn expiries(expiring: &[ExpiringKey]) -> BTreeMap<StateId, u64> {
    expiring
        .iter()
        .map(|expiring| {
            let key = &expiring.key;
            let id = StateId {
                namespace: key.namespace.clone(),
                collection: key.collection.clone(),
                key: key.key_hash.to_vec(),
            };
            (id, expiring.expires_in)
        })
        .collect()
}
