//! World state in memory: for tests, for verifying chains, and for states fetched beforehand.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::batch::range_bounds;
use super::{ExpiringKey, State, UpdateBatch, VersionedValue};
use crate::rwset::PrivateWrites;
use crate::version::Version;

type PrivateKey = (String, String, String);

/// World state in maps.
#[derive(Clone, Debug, Default)]
pub struct MemoryState {
    public: BTreeMap<String, BTreeMap<String, VersionedValue>>,
    hashed: BTreeMap<String, BTreeMap<String, BTreeMap<Bytes, VersionedValue>>>,
    private: BTreeMap<PrivateKey, VersionedValue>,
    expiring: BTreeMap<u64, BTreeSet<ExpiringKey>>,
}

impl MemoryState {
    /// An empty state.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a public key.
    pub fn insert(&mut self, namespace: &str, key: &str, value: VersionedValue) {
        self.public
            .entry(namespace.to_owned())
            .or_default()
            .insert(key.to_owned(), value);
    }

    /// Sets a private key's hash.
    pub fn insert_hashed(
        &mut self,
        namespace: &str,
        collection: &str,
        key_hash: Bytes,
        value: VersionedValue,
    ) {
        self.hashed
            .entry(namespace.to_owned())
            .or_default()
            .entry(collection.to_owned())
            .or_default()
            .insert(key_hash, value);
    }

    /// Notes a private key's expiry.
    pub fn insert_expiring(&mut self, expiring: ExpiringKey) {
        self.expiring
            .entry(expiring.expires_in)
            .or_default()
            .insert(expiring);
    }

    /// Applies a block's net updates.
    pub fn apply(&mut self, batch: &UpdateBatch) {
        for (namespace, updates) in &batch.namespaces {
            let public = self.public.entry(namespace.clone()).or_default();
            for (key, update) in &updates.public {
                set_or_remove(public, key, update.to_versioned_value());
            }
            for (collection, updates) in &updates.collections {
                let hashed = self.hashed.entry(namespace.clone()).or_default();
                let keys = hashed.entry(collection.clone()).or_default();
                for (key_hash, update) in updates {
                    set_or_remove(keys, key_hash, update.to_versioned_value());
                }
            }
        }
        for key in &batch.expired {
            let collections = self.hashed.get_mut(&key.namespace);
            if let Some(keys) = collections.and_then(|found| found.get_mut(&key.collection)) {
                keys.remove(&key.key_hash);
            }
        }
        for expiring in &batch.expiring {
            self.insert_expiring(expiring.clone());
        }
    }

    /// Takes the plaintext of a committed transaction's private writes.
    pub fn apply_private(&mut self, writes: &PrivateWrites, version: Version) {
        for namespace in &writes.namespaces {
            for collection in &namespace.collections {
                for write in &collection.writes {
                    let key = private_key(&namespace.namespace, &collection.collection, &write.key);
                    let value = (!write.deletes()).then(|| VersionedValue {
                        value: write.value.clone(),
                        metadata: Bytes::new(),
                        version,
                    });
                    set_or_remove(&mut self.private, &key, value);
                }
                for write in &collection.metadata_writes {
                    let key = private_key(&namespace.namespace, &collection.collection, &write.key);
                    if let Some(value) = self.private.get_mut(&key) {
                        value.version = version;
                    }
                }
            }
        }
    }

    /// All public keys, by namespace and key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &VersionedValue)> {
        self.public.iter().flat_map(|(namespace, keys)| {
            keys.iter()
                .map(move |(key, value)| (namespace.as_str(), key.as_str(), value))
        })
    }

    /// All private keys, by namespace, collection and key hash.
    pub fn iter_hashed(&self) -> impl Iterator<Item = (&str, &str, &Bytes, &VersionedValue)> {
        self.hashed.iter().flat_map(|(namespace, collections)| {
            collections.iter().flat_map(move |(collection, keys)| {
                keys.iter().map(move |(key_hash, value)| {
                    (namespace.as_str(), collection.as_str(), key_hash, value)
                })
            })
        })
    }
}

impl State for MemoryState {
    type Error = Infallible;

    fn get(&self, namespace: &str, key: &str) -> Result<Option<VersionedValue>, Infallible> {
        let keys = self.public.get(namespace);
        Ok(keys.and_then(|keys| keys.get(key)).cloned())
    }

    fn version(&self, namespace: &str, key: &str) -> Result<Option<Version>, Infallible> {
        let keys = self.public.get(namespace);
        Ok(keys
            .and_then(|keys| keys.get(key))
            .map(|value| value.version))
    }

    fn range(
        &self,
        namespace: &str,
        start: &str,
        end: &str,
        limit: usize,
    ) -> Result<Vec<(String, VersionedValue)>, Infallible> {
        let keys = self.public.get(namespace);
        let Some((keys, bounds)) = keys.zip(range_bounds(start, end)) else {
            return Ok(Vec::new());
        };
        Ok(keys
            .range::<str, _>(bounds)
            .take(limit)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect())
    }

    fn get_hashed(
        &self,
        namespace: &str,
        collection: &str,
        key_hash: &[u8],
    ) -> Result<Option<VersionedValue>, Infallible> {
        let collections = self.hashed.get(namespace);
        let keys = collections.and_then(|found| found.get(collection));
        Ok(keys.and_then(|keys| keys.get(key_hash)).cloned())
    }

    fn expiring(&self, block_number: u64) -> Result<Vec<ExpiringKey>, Infallible> {
        let keys = self.expiring.get(&block_number);
        Ok(keys.map_or_else(Vec::new, |keys| keys.iter().cloned().collect()))
    }

    /// The plaintext, as long as the hashed state still holds the key.
    fn get_private(
        &self,
        namespace: &str,
        collection: &str,
        key: &str,
    ) -> Result<Option<VersionedValue>, Infallible> {
        let key_hash = Sha256::digest(key);
        if self.get_hashed(namespace, collection, &key_hash)?.is_none() {
            return Ok(None);
        }
        let key = private_key(namespace, collection, key);
        Ok(self.private.get(&key).cloned())
    }

    fn private_range(
        &self,
        namespace: &str,
        collection: &str,
        start: &str,
        end: &str,
        limit: usize,
    ) -> Result<Vec<(String, VersionedValue)>, Infallible> {
        let first = private_key(namespace, collection, start);
        let rows = self.private.range(first..).take_while(|(key, _)| {
            key.0 == namespace && key.1 == collection && (end.is_empty() || *key.2 < *end)
        });
        let mut found = Vec::new();
        for ((_, _, key), value) in rows {
            let hashed = self.get_hashed(namespace, collection, &Sha256::digest(key))?;
            if hashed.is_some() && found.len() < limit {
                found.push((key.clone(), value.clone()));
            }
        }
        Ok(found)
    }
}

fn private_key(namespace: &str, collection: &str, key: &str) -> PrivateKey {
    (namespace.to_owned(), collection.to_owned(), key.to_owned())
}

fn set_or_remove<K: Ord + Clone>(
    map: &mut BTreeMap<K, VersionedValue>,
    key: &K,
    value: Option<VersionedValue>,
) {
    match value {
        Some(value) => {
            map.insert(key.clone(), value);
        }
        None => {
            map.remove(key);
        }
    }
}
