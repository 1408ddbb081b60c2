//! A block with the private data that the peer keeps.

use std::collections::BTreeMap;

use fabric_ledger::rwset::{CollectionPrivateWrites, PrivateWrites};

use super::{Block, BlockError};

/// A block, and the plaintext of the private writes in it, as far as the peer keeps them and the
/// identity may read them: what is purged, expired or of others is not there.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BlockWithPrivateData {
    /// The block.
    pub block: Block,
    /// By the transaction's position in the block.
    pub private_writes: BTreeMap<usize, PrivateWrites>,
}

impl BlockWithPrivateData {
    /// The first collection whose plaintext is not what the block has the hash of: position of the
    /// transaction, chaincode and collection. `None` if all is what was endorsed.
    ///
    /// # Errors
    ///
    /// [`BlockError`] if the block is not one.
    pub fn forged_collection(&self) -> Result<Option<(usize, String, String)>, BlockError> {
        let decoded = self.block.decode()?;
        for (position, writes) in &self.private_writes {
            let endorsed = decoded.transactions.get(*position);
            let rwset = endorsed.and_then(|transaction| Some(&transaction.endorsed()?.rwset));
            for (namespace, collection) in collections(writes) {
                let hashed = rwset
                    .and_then(|rwset| rwset.namespace(namespace))
                    .and_then(|set| {
                        let mut all = set.collections.iter();
                        all.find(|hashed| hashed.collection == collection.collection)
                    });
                if hashed.is_none_or(|hashed| hashed.private_hash != collection.hash()) {
                    let names = (namespace.to_owned(), collection.collection.clone());
                    return Ok(Some((*position, names.0, names.1)));
                }
            }
        }
        Ok(None)
    }
}

fn collections(writes: &PrivateWrites) -> impl Iterator<Item = (&str, &CollectionPrivateWrites)> {
    writes.namespaces.iter().flat_map(|namespace| {
        let all = namespace.collections.iter();
        all.map(|collection| (namespace.namespace.as_str(), collection))
    })
}
