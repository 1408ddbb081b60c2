//! What a block does to plaintext. The hashes in the block decide: plaintext that does not match
//! them is never kept, and where none matches, the data is missing.
//!
//! Source: `gossip/privdata/pvtdataprovider.go`, `core/ledger/kvledger/txmgmt/validation/tx_ops.go`,
//! `core/ledger/pvtdatastorage/store.go`.

use std::collections::HashMap;

use bytes::Bytes;
use fabric_ledger::{
    ValidationCode, Version,
    block::{DecodedBlock, EndorsedTransaction},
    lifecycle,
    rwset::{CollectionRwset, NamespaceRwset},
    state::{HashedKey, State as _, UpdateBatch},
};
use sha2::{Digest as _, Sha256};

use super::transient::TransientStore;
use crate::storage::{Plaintext, PrivateChanges, PrivateSet, StorageError, View};

/// The changes of plaintext that come with a block. `view` is the ledger before it.
pub(crate) fn changes(
    transient: &TransientStore,
    view: &View,
    block: &DecodedBlock,
    codes: &[ValidationCode],
    updates: &UpdateBatch,
) -> Result<PrivateChanges, StorageError> {
    let mut collector = Collector {
        transient,
        view,
        block_number: block.number,
        written: HashMap::new(),
        changes: PrivateChanges::default(),
    };
    let transactions = block.transactions.iter().zip(codes).zip(0u32..);
    for ((transaction, code), index) in transactions {
        if let Some(endorsed) = transaction.endorsed().filter(|_| code.is_valid()) {
            collector.collect(transaction.transaction_id(), endorsed, index)?;
        }
    }
    collector.settle(updates)?;
    collector.expire()?;
    Ok(collector.changes)
}

struct Collector<'a> {
    transient: &'a TransientStore,
    view: &'a View,
    block_number: u64,
    /// The last plaintext that the block's valid transactions have of a key.
    written: HashMap<HashedKey, (String, Bytes)>,
    changes: PrivateChanges,
}

impl Collector<'_> {
    /// Takes the sets of one valid transaction.
    fn collect(
        &mut self,
        id: &str,
        endorsed: &EndorsedTransaction,
        index: u32,
    ) -> Result<(), StorageError> {
        for set in &endorsed.rwset.namespaces {
            for collection in &set.collections {
                self.note_purges(set, collection, index);
                if !collection.private_hash.is_empty() {
                    self.take(id, set, collection, index)?;
                }
            }
        }
        Ok(())
    }

    fn note_purges(&mut self, set: &NamespaceRwset, collection: &CollectionRwset, index: u32) {
        for write in collection.writes.iter().filter(|write| write.is_purge) {
            let key = hashed_key(
                &set.namespace,
                &collection.collection,
                write.key_hash.clone(),
            );
            self.changes.purged.push((key, index));
        }
    }

    fn take(
        &mut self,
        id: &str,
        set: &NamespaceRwset,
        collection: &CollectionRwset,
        index: u32,
    ) -> Result<(), StorageError> {
        let (namespace, name) = (&set.namespace, &collection.collection);
        let found = self
            .transient
            .find(id, namespace, name, &collection.private_hash);
        let Some(writes) = found else {
            tracing::warn!(
                transaction_id = id,
                namespace,
                collection = name,
                "private data of a committed transaction is missing"
            );
            return Ok(());
        };
        let mut key_hashes = Vec::with_capacity(writes.writes.len());
        for write in &writes.writes {
            let key_hash = hash(write.key.as_bytes());
            key_hashes.push(key_hash.clone());
            let key = hashed_key(namespace, name, key_hash);
            if write.deletes() {
                self.written.remove(&key);
            } else {
                let plaintext = (write.key.clone(), write.value.clone());
                self.written.insert(key, plaintext);
            }
        }
        let blocks = lifecycle::block_to_live(self.view, namespace, name)?;
        self.changes.sets.push(PrivateSet {
            transaction: index,
            namespace: namespace.clone(),
            collection: name.clone(),
            writes: writes.to_bytes(),
            key_hashes,
            expires_in: blocks
                .map(|blocks| self.block_number.saturating_add(blocks).saturating_add(1)),
        });
        Ok(())
    }

    /// Brings plaintext in line with what the block's net updates make of the hashes.
    fn settle(&mut self, updates: &UpdateBatch) -> Result<(), StorageError> {
        for (namespace, updates) in &updates.namespaces {
            for (collection, updates) in &updates.collections {
                for (key_hash, update) in updates {
                    let key = hashed_key(namespace, collection, key_hash.clone());
                    match &update.value {
                        None => self.changes.removed.push(key),
                        Some(value_hash) => self.replace(key, value_hash, update.version)?,
                    }
                }
            }
        }
        Ok(())
    }

    /// Keeps the plaintext that a key has after the block: a new one, or where only metadata was
    /// written the one before, under the new version.
    fn replace(
        &mut self,
        key: HashedKey,
        value_hash: &Bytes,
        version: Version,
    ) -> Result<(), StorageError> {
        let mut plaintext = self.written.remove(&key);
        if plaintext.is_none() {
            let before = self
                .view
                .plaintext(&key.namespace, &key.collection, &key.key_hash)?;
            plaintext = before.map(|(name, record)| (name, record.value));
        }
        if let Some((name, value)) = plaintext
            && hash(&value) == *value_hash
        {
            let plaintext = Plaintext {
                key: name,
                value,
                version,
            };
            self.changes.plaintext.insert(key, plaintext);
        }
        Ok(())
    }

    /// Drops plaintext whose time is up, even where the hash was written again and the plaintext of
    /// that is missing.
    fn expire(&mut self) -> Result<(), StorageError> {
        for due in self.view.expiring(self.block_number)? {
            let key = due.key;
            let plaintext = self
                .view
                .plaintext(&key.namespace, &key.collection, &key.key_hash)?;
            let old =
                plaintext.is_some_and(|(_, record)| record.version.block_number == due.written_in);
            if old && !self.changes.plaintext.contains_key(&key) {
                self.changes.removed.push(key);
            }
        }
        Ok(())
    }
}

fn hashed_key(namespace: &str, collection: &str, key_hash: Bytes) -> HashedKey {
    HashedKey {
        namespace: namespace.to_owned(),
        collection: collection.to_owned(),
        key_hash,
    }
}

fn hash(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(&Sha256::digest(bytes))
}
