//! Private data that lives for a number of blocks. (Fabric: txmgmt/pvtstatepurgemgmt)

use crate::lifecycle;
use crate::state::{ExpiringKey, HashedKey, State, UpdateBatch};

/// Adds to a block's updates which private keys its commit drops, and which of those that it wrote
/// a later block will drop. `state` is the state before the block.
///
/// # Errors
/// Where the store fails.
pub fn expire<S: State>(
    block_number: u64,
    state: &S,
    updates: &mut UpdateBatch,
) -> Result<(), S::Error> {
    for due in state.expiring(block_number)? {
        let key = &due.key;
        let touched = updates.get_hashed(&key.namespace, &key.collection, &key.key_hash);
        let current = state.get_hashed(&key.namespace, &key.collection, &key.key_hash)?;
        let unchanged = current.is_some_and(|value| value.version.block_number == due.written_in);
        if touched.is_none() && unchanged {
            updates.expired.push(due.key);
        }
    }
    let expiring = scheduled(block_number, state, updates)?;
    updates.expiring.extend(expiring);
    Ok(())
}

fn scheduled<S: State>(
    block_number: u64,
    state: &S,
    updates: &UpdateBatch,
) -> Result<Vec<ExpiringKey>, S::Error> {
    let mut expiring = Vec::new();
    for (namespace, updates) in &updates.namespaces {
        for (collection, updates) in &updates.collections {
            let Some(blocks) = lifecycle::block_to_live(state, namespace, collection)? else {
                continue;
            };
            let expires_in = block_number.saturating_add(blocks).saturating_add(1);
            let written = updates.iter().filter(|(_, update)| update.value.is_some());
            expiring.extend(written.map(|(key_hash, _)| ExpiringKey {
                key: HashedKey {
                    namespace: namespace.clone(),
                    collection: collection.clone(),
                    key_hash: key_hash.clone(),
                },
                written_in: block_number,
                expires_in,
            }));
        }
    }
    Ok(expiring)
}
