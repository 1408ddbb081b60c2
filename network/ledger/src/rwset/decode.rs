//! Fabric's bytes to typed read-write sets, bounded: the bytes come from whoever wrote the block.

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
use crate::wire;

/// Above what any orderer accepts for a whole block (gRPC's 100 MiB), well below what would hurt.
pub const MAX_RWSET_BYTES: usize = 100 * 1024 * 1024;
/// Peers stop a range query at 100,000 results; this leaves room for several, and bounds memory,
/// since an entry of two bytes on the wire takes about a hundred here.
pub const MAX_RWSET_ENTRIES: usize = 1_000_000;

/// Why bytes are no read-write set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RwsetError {
    /// More than [`MAX_RWSET_BYTES`].
    #[error("the read-write set has {actual} bytes, the most accepted is {MAX_RWSET_BYTES}")]
    TooLarge {
        /// Its size in bytes.
        actual: usize,
    },
    /// More than [`MAX_RWSET_ENTRIES`].
    #[error("the read-write set has more than {MAX_RWSET_ENTRIES} entries")]
    TooManyEntries,
    /// Not the protobuf message that it should be.
    #[error("the read-write set's {part} is not valid protobuf")]
    Undecodable {
        /// Which message.
        part: &'static str,
        /// What the decoder says.
        #[source]
        source: prost::DecodeError,
    },
}

impl TxRwset {
    /// Reads a transaction's read-write set.
    ///
    /// # Errors
    /// Where the bytes are too many, hold too many entries or are not the message.
    pub fn decode(bytes: Bytes) -> Result<Self, RwsetError> {
        if bytes.len() > MAX_RWSET_BYTES {
            return Err(RwsetError::TooLarge {
                actual: bytes.len(),
            });
        }
        let mut budget = MAX_RWSET_ENTRIES;
        spend(&mut budget, &bytes, &wire::TRANSACTION_SET, "whole")?;
        let set = rwset::TxReadWriteSet::decode(bytes).map_err(undecodable("whole"))?;
        let namespaces = set
            .ns_rwset
            .into_iter()
            .map(|namespace| NamespaceRwset::from_proto(namespace, &mut budget))
            .collect::<Result<_, _>>()?;
        Ok(Self { namespaces })
    }
}

impl NamespaceRwset {
    fn from_proto(set: rwset::NsReadWriteSet, budget: &mut usize) -> Result<Self, RwsetError> {
        let collections = set
            .collection_hashed_rwset
            .into_iter()
            .map(|collection| CollectionRwset::from_proto(collection, budget))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            namespace: set.namespace,
            collections,
            ..Self::decode_keys(set.rwset, budget)?
        })
    }

    /// Reads the part without names: a `kvrwset.KVRWSet`.
    pub(super) fn decode_keys(bytes: Bytes, budget: &mut usize) -> Result<Self, RwsetError> {
        spend(budget, &bytes, &wire::KEY_SET, "namespace set")?;
        let set = kvrwset::KvrwSet::decode(bytes).map_err(undecodable("namespace set"))?;
        Ok(Self {
            namespace: String::new(),
            reads: typed_list(set.reads),
            range_queries: typed_list(set.range_queries_info),
            writes: typed_list(set.writes),
            metadata_writes: typed_list(set.metadata_writes),
            collections: Vec::new(),
        })
    }
}

impl CollectionRwset {
    fn from_proto(
        set: rwset::CollectionHashedReadWriteSet,
        budget: &mut usize,
    ) -> Result<Self, RwsetError> {
        spend(
            budget,
            &set.hashed_rwset,
            &wire::HASHED_SET,
            "collection set",
        )?;
        let hashed = kvrwset::HashedRwSet::decode(set.hashed_rwset)
            .map_err(undecodable("collection set"))?;
        Ok(Self {
            collection: set.collection_name,
            reads: typed_list(hashed.hashed_reads),
            writes: typed_list(hashed.hashed_writes),
            metadata_writes: typed_list(hashed.metadata_writes),
            private_hash: set.pvt_rwset_hash,
        })
    }
}

/// The entries of metadata bytes as [`super::metadata_bytes`] writes them.
///
/// # Errors
/// Where the bytes are not metadata.
pub fn metadata_entries(bytes: Bytes) -> Result<Vec<MetadataEntry>, RwsetError> {
    let mut budget = MAX_RWSET_ENTRIES;
    spend(&mut budget, &bytes, &wire::METADATA_WRITE, "metadata")?;
    kvrwset::KvMetadataWrite::decode(bytes)
        .map(|write| typed_list(write.entries))
        .map_err(undecodable("metadata"))
}

/// Takes the entries that `bytes` would decode into off the budget, before decoding them.
pub(super) fn spend(
    budget: &mut usize,
    bytes: &[u8],
    shape: &wire::Shape,
    part: &'static str,
) -> Result<(), RwsetError> {
    let entries = wire::count_entries(bytes, shape, *budget).map_err(undecodable(part))?;
    *budget = budget
        .checked_sub(entries)
        .ok_or(RwsetError::TooManyEntries)?;
    Ok(())
}

pub(super) fn undecodable(part: &'static str) -> impl Fn(prost::DecodeError) -> RwsetError {
    move |source| RwsetError::Undecodable { part, source }
}

fn typed_list<P, T: From<P>>(items: Vec<P>) -> Vec<T> {
    items.into_iter().map(T::from).collect()
}

impl From<kvrwset::Version> for Version {
    fn from(version: kvrwset::Version) -> Self {
        Self::new(version.block_num, version.tx_num)
    }
}

impl From<kvrwset::KvRead> for Read {
    fn from(read: kvrwset::KvRead) -> Self {
        Self {
            key: read.key,
            version: read.version.map(Into::into),
        }
    }
}

impl From<kvrwset::KvWrite> for Write {
    fn from(write: kvrwset::KvWrite) -> Self {
        Self {
            key: write.key,
            is_delete: write.is_delete,
            value: write.value,
        }
    }
}

impl From<kvrwset::KvMetadataEntry> for MetadataEntry {
    fn from(entry: kvrwset::KvMetadataEntry) -> Self {
        Self {
            name: entry.name,
            value: entry.value,
        }
    }
}

impl From<kvrwset::KvMetadataWrite> for MetadataWrite {
    fn from(write: kvrwset::KvMetadataWrite) -> Self {
        Self {
            key: write.key,
            entries: typed_list(write.entries),
        }
    }
}

impl From<kvrwset::KvReadHash> for HashedRead {
    fn from(read: kvrwset::KvReadHash) -> Self {
        Self {
            key_hash: read.key_hash,
            version: read.version.map(Into::into),
        }
    }
}

impl From<kvrwset::KvWriteHash> for HashedWrite {
    fn from(write: kvrwset::KvWriteHash) -> Self {
        Self {
            key_hash: write.key_hash,
            is_delete: write.is_delete,
            value_hash: write.value_hash,
            is_purge: write.is_purge,
        }
    }
}

impl From<kvrwset::KvMetadataWriteHash> for HashedMetadataWrite {
    fn from(write: kvrwset::KvMetadataWriteHash) -> Self {
        Self {
            key_hash: write.key_hash,
            entries: typed_list(write.entries),
        }
    }
}

impl From<kvrwset::RangeQueryInfo> for RangeQuery {
    fn from(query: kvrwset::RangeQueryInfo) -> Self {
        Self {
            start_key: query.start_key,
            end_key: query.end_key,
            exhausted: query.itr_exhausted,
            results: match query.reads_info {
                None => RangeResults::Unrecorded,
                Some(ReadsInfo::RawReads(reads)) => RangeResults::Reads(typed_list(reads.kv_reads)),
                Some(ReadsInfo::ReadsMerkleHashes(summary)) => RangeResults::Merkle(summary.into()),
            },
        }
    }
}

impl From<kvrwset::QueryReadsMerkleSummary> for MerkleSummary {
    fn from(summary: kvrwset::QueryReadsMerkleSummary) -> Self {
        Self {
            max_degree: summary.max_degree,
            max_level: summary.max_level,
            max_level_hashes: summary.max_level_hashes,
        }
    }
}
