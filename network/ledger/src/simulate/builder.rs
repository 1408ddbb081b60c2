//! Builds read-write sets as a peer does: each key once, the last access to it counts, everything
//! in byte order, range queries in the order in which they were begun.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{PoliciesTouched, SimulationResult};
use crate::rwset::{
    CollectionPrivateWrites, CollectionRwset, HashedMetadataWrite, HashedRead, HashedWrite,
    MetadataEntry, MetadataWrite, NamespacePrivateWrites, NamespaceRwset, PrivateWrites,
    RangeQuery, Read, TxRwset, Write,
};
use crate::version::Version;

#[derive(Debug, Default)]
pub(super) struct RwsetBuilder {
    namespaces: BTreeMap<String, Namespace>,
}

#[derive(Debug, Default)]
struct Namespace {
    reads: BTreeMap<String, Option<Version>>,
    writes: BTreeMap<String, Bytes>,
    metadata_writes: BTreeMap<String, Vec<MetadataEntry>>,
    range_queries: Vec<RangeQuery>,
    ranges_seen: HashSet<(String, String, bool)>,
    collections: BTreeMap<String, Collection>,
}

/// By plaintext key, which is how a peer sorts the hashes too.
#[derive(Debug, Default)]
struct Collection {
    reads: BTreeMap<String, Option<Version>>,
    writes: BTreeMap<String, PrivateWrite>,
    metadata_writes: BTreeMap<String, Vec<MetadataEntry>>,
}

#[derive(Debug)]
struct PrivateWrite {
    value: Bytes,
    is_purge: bool,
}

impl RwsetBuilder {
    pub(super) fn read(&mut self, namespace: &str, key: &str, version: Option<Version>) {
        let reads = &mut self.namespace(namespace).reads;
        reads.insert(key.to_owned(), version);
    }

    pub(super) fn write(&mut self, namespace: &str, key: &str, value: Bytes) {
        let writes = &mut self.namespace(namespace).writes;
        writes.insert(key.to_owned(), value);
    }

    pub(super) fn write_metadata(
        &mut self,
        namespace: &str,
        key: &str,
        entries: Vec<MetadataEntry>,
    ) {
        let writes = &mut self.namespace(namespace).metadata_writes;
        writes.insert(key.to_owned(), entries);
    }

    /// Of two queries with the same ends, both exhausted or both not, the first is kept.
    pub(super) fn add_range_query(&mut self, namespace: &str, query: RangeQuery) {
        let namespace = self.namespace(namespace);
        let identity = (
            query.start_key.clone(),
            query.end_key.clone(),
            query.exhausted,
        );
        if namespace.ranges_seen.insert(identity) {
            namespace.range_queries.push(query);
        }
    }

    pub(super) fn read_private(
        &mut self,
        namespace: &str,
        collection: &str,
        key: &str,
        version: Option<Version>,
    ) {
        let reads = &mut self.collection(namespace, collection).reads;
        reads.insert(key.to_owned(), version);
    }

    pub(super) fn write_private(
        &mut self,
        namespace: &str,
        collection: &str,
        key: &str,
        value: Bytes,
        is_purge: bool,
    ) {
        let writes = &mut self.collection(namespace, collection).writes;
        writes.insert(key.to_owned(), PrivateWrite { value, is_purge });
    }

    pub(super) fn write_private_metadata(
        &mut self,
        namespace: &str,
        collection: &str,
        key: &str,
        entries: Vec<MetadataEntry>,
    ) {
        let writes = &mut self.collection(namespace, collection).metadata_writes;
        writes.insert(key.to_owned(), entries);
    }

    pub(super) fn finish(self) -> SimulationResult {
        let mut namespaces = Vec::new();
        let mut private = PrivateWrites::default();
        for (name, mut namespace) in self.namespaces {
            let mut collections = Vec::new();
            let mut private_collections = Vec::new();
            for (name, collection) in std::mem::take(&mut namespace.collections) {
                let private = collection.private_writes(&name);
                collections.push(collection.finish(name, private.as_ref()));
                private_collections.extend(private);
            }
            if !private_collections.is_empty() {
                private.namespaces.push(NamespacePrivateWrites {
                    namespace: name.clone(),
                    collections: private_collections,
                });
            }
            namespaces.push(namespace.finish(name, collections));
        }
        SimulationResult {
            rwset: TxRwset { namespaces },
            private,
            policies: PoliciesTouched::default(),
        }
    }

    fn namespace(&mut self, name: &str) -> &mut Namespace {
        self.namespaces.entry(name.to_owned()).or_default()
    }

    fn collection(&mut self, namespace: &str, name: &str) -> &mut Collection {
        let collections = &mut self.namespace(namespace).collections;
        collections.entry(name.to_owned()).or_default()
    }
}

impl Namespace {
    fn finish(self, namespace: String, collections: Vec<CollectionRwset>) -> NamespaceRwset {
        let reads = self.reads.into_iter();
        let writes = self.writes.into_iter();
        let metadata_writes = self.metadata_writes.into_iter();
        NamespaceRwset {
            namespace,
            reads: reads.map(|(key, version)| Read { key, version }).collect(),
            range_queries: self.range_queries,
            writes: writes.map(|(key, value)| write(key, value)).collect(),
            metadata_writes: metadata_writes
                .map(|(key, entries)| MetadataWrite { key, entries })
                .collect(),
            collections,
        }
    }
}

impl Collection {
    /// `None` where nothing was written.
    fn private_writes(&self, name: &str) -> Option<CollectionPrivateWrites> {
        if self.writes.is_empty() && self.metadata_writes.is_empty() {
            return None;
        }
        let writes = self.writes.iter();
        let metadata_keys = self.metadata_writes.keys();
        Some(CollectionPrivateWrites {
            collection: name.to_owned(),
            writes: writes
                .map(|(key, private)| write(key.clone(), private.value.clone()))
                .collect(),
            metadata_writes: metadata_keys
                .map(|key| MetadataWrite {
                    key: key.clone(),
                    entries: Vec::new(),
                })
                .collect(),
        })
    }

    fn finish(
        self,
        collection: String,
        private: Option<&CollectionPrivateWrites>,
    ) -> CollectionRwset {
        let reads = self.reads.into_iter();
        let writes = self.writes.into_iter();
        let metadata_writes = self.metadata_writes.into_iter();
        CollectionRwset {
            collection,
            reads: reads
                .map(|(key, version)| HashedRead {
                    key_hash: hash(key.as_bytes()),
                    version,
                })
                .collect(),
            writes: writes
                .map(|(key, private)| HashedWrite {
                    key_hash: hash(key.as_bytes()),
                    is_delete: private.value.is_empty(),
                    value_hash: match private.value.is_empty() {
                        true => Bytes::new(),
                        false => hash(&private.value),
                    },
                    is_purge: private.is_purge,
                })
                .collect(),
            metadata_writes: metadata_writes
                .map(|(key, entries)| HashedMetadataWrite {
                    key_hash: hash(key.as_bytes()),
                    entries,
                })
                .collect(),
            private_hash: private.map_or_else(Bytes::new, CollectionPrivateWrites::hash),
        }
    }
}

fn write(key: String, value: Bytes) -> Write {
    Write {
        key,
        is_delete: value.is_empty(),
        value,
    }
}

fn hash(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(&Sha256::digest(bytes))
}
