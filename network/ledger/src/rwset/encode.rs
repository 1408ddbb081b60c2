//! Typed read-write sets to Fabric's bytes.

use bytes::Bytes;
use fabric_protos::kvrwset::{self, range_query_info::ReadsInfo};
use fabric_protos::rwset;
use prost::Message;

use super::merkle::MerkleSummary;
use super::{
    CollectionRwset, HashedMetadataWrite, HashedRead, HashedWrite, MetadataEntry, MetadataWrite,
    NamespaceRwset, RangeQuery, RangeResults, Read, TxRwset, Write,
};
use crate::version::Version;

impl TxRwset {
    /// The bytes that a peer would write for this set.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        rwset::TxReadWriteSet {
            data_model: rwset::tx_read_write_set::DataModel::Kv.into(),
            ns_rwset: self
                .namespaces
                .iter()
                .map(NamespaceRwset::to_proto)
                .collect(),
        }
        .encode_to_vec()
        .into()
    }
}

impl NamespaceRwset {
    fn to_proto(&self) -> rwset::NsReadWriteSet {
        let set = kvrwset::KvrwSet {
            reads: proto_list(&self.reads),
            range_queries_info: proto_list(&self.range_queries),
            writes: proto_list(&self.writes),
            metadata_writes: proto_list(&self.metadata_writes),
        };
        rwset::NsReadWriteSet {
            namespace: self.namespace.clone(),
            rwset: set.encode_to_vec().into(),
            collection_hashed_rwset: self
                .collections
                .iter()
                .map(CollectionRwset::to_proto)
                .collect(),
        }
    }
}

impl CollectionRwset {
    fn to_proto(&self) -> rwset::CollectionHashedReadWriteSet {
        let set = kvrwset::HashedRwSet {
            hashed_reads: proto_list(&self.reads),
            hashed_writes: proto_list(&self.writes),
            metadata_writes: proto_list(&self.metadata_writes),
        };
        rwset::CollectionHashedReadWriteSet {
            collection_name: self.collection.clone(),
            hashed_rwset: set.encode_to_vec().into(),
            pvt_rwset_hash: self.private_hash.clone(),
        }
    }
}

/// A key's metadata as state and key-level policy checks keep it: a metadata write without key.
#[must_use]
pub fn metadata_bytes(entries: &[MetadataEntry]) -> Bytes {
    kvrwset::KvMetadataWrite {
        key: String::new(),
        entries: proto_list(entries),
    }
    .encode_to_vec()
    .into()
}

pub(super) fn proto_list<T: Clone, P: From<T>>(items: &[T]) -> Vec<P> {
    items.iter().cloned().map(P::from).collect()
}

impl From<Version> for kvrwset::Version {
    fn from(version: Version) -> Self {
        Self {
            block_num: version.block_number,
            tx_num: version.transaction_number,
        }
    }
}

impl From<Read> for kvrwset::KvRead {
    fn from(read: Read) -> Self {
        Self {
            key: read.key,
            version: read.version.map(Into::into),
        }
    }
}

impl From<Write> for kvrwset::KvWrite {
    fn from(write: Write) -> Self {
        Self {
            key: write.key,
            is_delete: write.is_delete,
            value: write.value,
        }
    }
}

impl From<MetadataEntry> for kvrwset::KvMetadataEntry {
    fn from(entry: MetadataEntry) -> Self {
        Self {
            name: entry.name,
            value: entry.value,
        }
    }
}

impl From<MetadataWrite> for kvrwset::KvMetadataWrite {
    fn from(write: MetadataWrite) -> Self {
        Self {
            key: write.key,
            entries: proto_list(&write.entries),
        }
    }
}

impl From<HashedRead> for kvrwset::KvReadHash {
    fn from(read: HashedRead) -> Self {
        Self {
            key_hash: read.key_hash,
            version: read.version.map(Into::into),
        }
    }
}

impl From<HashedWrite> for kvrwset::KvWriteHash {
    fn from(write: HashedWrite) -> Self {
        Self {
            key_hash: write.key_hash,
            is_delete: write.is_delete,
            value_hash: write.value_hash,
            is_purge: write.is_purge,
        }
    }
}

impl From<HashedMetadataWrite> for kvrwset::KvMetadataWriteHash {
    fn from(write: HashedMetadataWrite) -> Self {
        Self {
            key_hash: write.key_hash,
            entries: proto_list(&write.entries),
        }
    }
}

impl From<RangeQuery> for kvrwset::RangeQueryInfo {
    fn from(query: RangeQuery) -> Self {
        Self {
            start_key: query.start_key,
            end_key: query.end_key,
            itr_exhausted: query.exhausted,
            reads_info: match query.results {
                RangeResults::Unrecorded => None,
                RangeResults::Reads(reads) => Some(ReadsInfo::RawReads(kvrwset::QueryReads {
                    kv_reads: proto_list(&reads),
                })),
                RangeResults::Merkle(summary) => Some(ReadsInfo::ReadsMerkleHashes(summary.into())),
            },
        }
    }
}

impl From<MerkleSummary> for kvrwset::QueryReadsMerkleSummary {
    fn from(summary: MerkleSummary) -> Self {
        Self {
            max_degree: summary.max_degree,
            max_level: summary.max_level,
            max_level_hashes: summary.max_level_hashes,
        }
    }
}
