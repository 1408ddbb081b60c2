//! Plaintext of transactions that are endorsed and not committed yet, in memory. What is lost here
//! (by a restart, or because it is too much) is missing when its transaction is committed, as where
//! a real peer finds no one to give it.
//!
//! Source: `core/transientstore/store.go`, which keeps it on disk.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use fabric_ledger::rwset::{CollectionPrivateWrites, PrivateWrites};

use crate::limits::{TRANSIENT_BLOCKS, TRANSIENT_BYTES_MAX, TRANSIENT_SETS_MAX};

/// What a set takes beside its bytes, about: names, hash, maps.
const SET_OVERHEAD: usize = 512;

/// Plaintext by transaction. Of one transaction there can be several that differ, where peers
/// endorsed differently; the block says which one counts.
#[derive(Debug, Default)]
pub(crate) struct TransientStore(Mutex<Contents>);

#[derive(Debug, Default)]
struct Contents {
    transactions: HashMap<String, Transaction>,
    /// Ids by age.
    order: BTreeMap<u64, String>,
    next: u64,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Transaction {
    age: u64,
    /// Height of the chain when the first set came.
    height: u64,
    bytes: usize,
    sets: Vec<Set>,
}

#[derive(Debug)]
struct Set {
    namespace: String,
    hash: Bytes,
    writes: Arc<CollectionPrivateWrites>,
    bytes: usize,
}

/// More than the store takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the transaction's private data has more than {TRANSIENT_BYTES_MAX} bytes; write less in one transaction"
)]
pub(crate) struct TooLarge;

impl TransientStore {
    /// Takes the plaintext of an endorsed transaction. The oldest give way where there is too much.
    pub(crate) fn put(&self, id: &str, writes: PrivateWrites, height: u64) -> Result<(), TooLarge> {
        let sets = sets(writes);
        let bytes: usize = sets.iter().map(|set| set.bytes).sum();
        if bytes > TRANSIENT_BYTES_MAX {
            return Err(TooLarge);
        }
        let mut contents = self.lock();
        for set in sets {
            contents.insert(id, set, height);
        }
        contents.shrink(id);
        Ok(())
    }

    /// The plaintext with this hash.
    pub(crate) fn find(
        &self,
        id: &str,
        namespace: &str,
        collection: &str,
        hash: &[u8],
    ) -> Option<Arc<CollectionPrivateWrites>> {
        let contents = self.lock();
        let sets = &contents.transactions.get(id)?.sets;
        let set = sets.iter().find(|set| {
            *set.hash == *hash && set.namespace == namespace && set.writes.collection == collection
        })?;
        Some(Arc::clone(&set.writes))
    }

    /// Drops what a block has settled, and what has waited too long.
    pub(crate) fn settle<'i>(&self, ids: impl Iterator<Item = &'i str>, height: u64) {
        let mut contents = self.lock();
        if contents.transactions.is_empty() {
            return;
        }
        for id in ids {
            contents.remove(id);
        }
        while let Some((_, id)) = contents.order.first_key_value() {
            let oldest = contents
                .transactions
                .get(id)
                .map_or(0, |oldest| oldest.height);
            if oldest.saturating_add(TRANSIENT_BLOCKS) > height {
                break;
            }
            let id = id.clone();
            contents.remove(&id);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contents {
    fn insert(&mut self, id: &str, set: Set, height: u64) {
        if !self.transactions.contains_key(id) {
            let transaction = Transaction {
                age: self.next,
                height,
                ..Default::default()
            };
            self.order.insert(self.next, id.to_owned());
            self.next += 1;
            self.transactions.insert(id.to_owned(), transaction);
        }
        let Some(transaction) = self.transactions.get_mut(id) else {
            return;
        };
        let known = |other: &Set| {
            other.hash == set.hash
                && other.namespace == set.namespace
                && other.writes.collection == set.writes.collection
        };
        if transaction.sets.iter().any(known) {
            return;
        }
        if transaction.sets.len() >= TRANSIENT_SETS_MAX {
            let dropped = transaction.sets.remove(0);
            transaction.bytes -= dropped.bytes;
            self.bytes -= dropped.bytes;
        }
        transaction.bytes += set.bytes;
        self.bytes += set.bytes;
        transaction.sets.push(set);
    }

    /// Drops the oldest transactions but this one, then its own oldest sets.
    fn shrink(&mut self, id: &str) {
        while self.bytes > TRANSIENT_BYTES_MAX {
            let oldest = self.order.values().find(|oldest| *oldest != id).cloned();
            if let Some(oldest) = oldest {
                tracing::warn!(
                    transaction_id = oldest,
                    "private data of a transaction that waits for its block is dropped: too much waits"
                );
                self.remove(&oldest);
                continue;
            }
            let Some(transaction) = self.transactions.get_mut(id) else {
                return;
            };
            if transaction.sets.is_empty() {
                return;
            }
            let dropped = transaction.sets.remove(0);
            transaction.bytes -= dropped.bytes;
            self.bytes -= dropped.bytes;
        }
    }

    fn remove(&mut self, id: &str) {
        if let Some(transaction) = self.transactions.remove(id) {
            self.order.remove(&transaction.age);
            self.bytes -= transaction.bytes;
        }
    }
}

fn sets(writes: PrivateWrites) -> Vec<Set> {
    let mut sets = Vec::new();
    for namespace in writes.namespaces {
        for collection in namespace.collections {
            sets.push(Set {
                namespace: namespace.namespace.clone(),
                hash: collection.hash(),
                bytes: collection.to_bytes().len() + SET_OVERHEAD,
                writes: Arc::new(collection),
            });
        }
    }
    sets
}

#[cfg(test)]
mod tests {
    use fabric_ledger::rwset::{NamespacePrivateWrites, Write};

    use super::*;

    fn writes(collection: &str, value: &[u8]) -> PrivateWrites {
        let collection = CollectionPrivateWrites {
            collection: collection.to_owned(),
            writes: vec![Write {
                key: "key".to_owned(),
                is_delete: false,
                value: Bytes::copy_from_slice(value),
            }],
            metadata_writes: Vec::new(),
        };
        PrivateWrites {
            namespaces: vec![NamespacePrivateWrites {
                namespace: "basic".to_owned(),
                collections: vec![collection],
            }],
        }
    }

    fn find(store: &TransientStore, id: &str, value: &[u8]) -> bool {
        let hash = sets(writes("secrets", value))[0].hash.clone();
        store.find(id, "basic", "secrets", &hash).is_some()
    }

    #[test]
    fn sets_that_differ_are_told_apart_by_their_hash() {
        let store = TransientStore::default();
        store.put("tx", writes("secrets", b"one"), 1).unwrap();
        store.put("tx", writes("secrets", b"two"), 1).unwrap();
        store.put("tx", writes("secrets", b"two"), 1).unwrap();
        assert!(find(&store, "tx", b"one") && find(&store, "tx", b"two"));
        assert!(!find(&store, "tx", b"three") && !find(&store, "other", b"one"));
        assert_eq!(store.lock().transactions["tx"].sets.len(), 2);

        store.settle(["tx"].into_iter(), 2);

        assert!(!find(&store, "tx", b"one"));
        assert_eq!(store.lock().bytes, 0);
    }

    #[test]
    fn sets_of_one_transaction_are_bounded() {
        let store = TransientStore::default();
        for number in 0..=TRANSIENT_SETS_MAX {
            let value = number.to_string();
            store
                .put("tx", writes("secrets", value.as_bytes()), 1)
                .unwrap();
        }
        assert_eq!(
            store.lock().transactions["tx"].sets.len(),
            TRANSIENT_SETS_MAX
        );
        assert!(!find(&store, "tx", b"0"));
    }

    #[test]
    fn the_oldest_give_way_to_what_is_new() {
        let store = TransientStore::default();
        let half = vec![7; TRANSIENT_BYTES_MAX / 2];
        for id in ["first", "second"] {
            store.put(id, writes("secrets", &half), 1).unwrap();
        }
        assert!(!find(&store, "first", &half) && find(&store, "second", &half));
        let whole = vec![7; TRANSIENT_BYTES_MAX];
        assert_eq!(
            store.put("third", writes("secrets", &whole), 1),
            Err(TooLarge)
        );
        assert!(find(&store, "second", &half));
        assert!(store.lock().bytes <= TRANSIENT_BYTES_MAX);
    }

    #[test]
    fn what_is_never_submitted_is_forgotten() {
        let store = TransientStore::default();
        store.put("tx", writes("secrets", b"one"), 5).unwrap();
        store.settle([].into_iter(), 5 + TRANSIENT_BLOCKS - 1);
        assert!(find(&store, "tx", b"one"));
        store.settle([].into_iter(), 5 + TRANSIENT_BLOCKS);
        assert!(!find(&store, "tx", b"one"));
        let contents = store.lock();
        assert_eq!((contents.order.len(), contents.bytes), (0, 0));
    }
}
