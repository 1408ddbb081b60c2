//! Read-write sets: what a transaction read and wrote, typed, and Fabric's bytes for it.
//!
//! [`TxRwset::decode`] and [`TxRwset::encode`] are inverse on everything that a peer writes:
//! the same bytes come back.

mod decode;
mod encode;
pub mod merkle;
mod private;

use bytes::Bytes;
use serde::Serialize;

use crate::version::Version;
use merkle::MerkleSummary;

pub use decode::{MAX_RWSET_BYTES, MAX_RWSET_ENTRIES, RwsetError, metadata_entries};
pub use encode::metadata_bytes;
pub use private::{CollectionPrivateWrites, NamespacePrivateWrites, PrivateWrites};

/// The read-write set of a transaction (Fabric's `rwset.TxReadWriteSet`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TxRwset {
    /// One set per namespace, in byte order of their names where a peer wrote them.
    pub namespaces: Vec<NamespaceRwset>,
}

/// What happened in one namespace (a chaincode's, or a system chaincode's).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NamespaceRwset {
    /// The chaincode's name.
    pub namespace: String,
    /// Keys read, with the version seen.
    pub reads: Vec<Read>,
    /// Ranges read, with what they held.
    pub range_queries: Vec<RangeQuery>,
    /// Keys written.
    pub writes: Vec<Write>,
    /// Keys whose metadata (key-level policy) was written.
    pub metadata_writes: Vec<MetadataWrite>,
    /// Private collections, in hashes.
    pub collections: Vec<CollectionRwset>,
}

/// A key read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Read {
    /// The key.
    pub key: String,
    /// The version seen; `None` where the key was absent.
    pub version: Option<Version>,
}

/// A key written or deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Write {
    /// The key.
    pub key: String,
    /// Whether the simulation deleted it.
    pub is_delete: bool,
    /// The new value.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub value: Bytes,
}

impl Write {
    /// Whether the write removes the key: an empty value does too.
    #[must_use]
    pub fn deletes(&self) -> bool {
        self.is_delete || self.value.is_empty()
    }
}

/// A key's metadata written; no entries remove it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MetadataWrite {
    /// The key.
    pub key: String,
    /// The new metadata, whole.
    pub entries: Vec<MetadataEntry>,
}

/// One named value of a key's metadata.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MetadataEntry {
    /// `VALIDATION_PARAMETER` for a key-level endorsement policy.
    pub name: String,
    /// The value.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub value: Bytes,
}

/// A range of keys read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RangeQuery {
    /// First key of the range, included; empty for the namespace's first.
    pub start_key: String,
    /// Where `exhausted`: end of the range, excluded, empty for open. Else the last key seen, included.
    pub end_key: String,
    /// Whether the reader went to the end.
    pub exhausted: bool,
    /// What the range held.
    pub results: RangeResults,
}

/// What a range held when it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum RangeResults {
    /// Nothing recorded, which stands for no result.
    Unrecorded,
    /// Each key with its version.
    Reads(Vec<Read>),
    /// Hashes over the keys and versions.
    Merkle(MerkleSummary),
}

/// What happened in a private collection, in hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CollectionRwset {
    /// The collection's name.
    pub collection: String,
    /// Keys read.
    pub reads: Vec<HashedRead>,
    /// Keys written.
    pub writes: Vec<HashedWrite>,
    /// Keys whose metadata was written.
    pub metadata_writes: Vec<HashedMetadataWrite>,
    /// SHA-256 of the private write set; empty where nothing was written.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub private_hash: Bytes,
}

/// A private key read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HashedRead {
    /// SHA-256 of the key.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub key_hash: Bytes,
    /// The version seen; `None` where the key was absent.
    pub version: Option<Version>,
}

/// A private key written, deleted or purged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HashedWrite {
    /// SHA-256 of the key.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub key_hash: Bytes,
    /// Whether the simulation deleted it.
    pub is_delete: bool,
    /// SHA-256 of the value.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub value_hash: Bytes,
    /// Whether its history goes too.
    pub is_purge: bool,
}

/// SHA-256 of nothing.
const HASH_OF_NOTHING: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

impl HashedWrite {
    /// Whether the write removes the key: the hash of an empty value does too.
    #[must_use]
    pub fn deletes(&self) -> bool {
        self.is_delete || self.value_hash.is_empty() || *self.value_hash == HASH_OF_NOTHING
    }
}

/// A private key's metadata written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HashedMetadataWrite {
    /// SHA-256 of the key.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub key_hash: Bytes,
    /// The new metadata, whole.
    pub entries: Vec<MetadataEntry>,
}

impl NamespaceRwset {
    /// Whether the transaction changes anything in this namespace.
    #[must_use]
    pub fn has_writes(&self) -> bool {
        !self.writes.is_empty()
            || !self.metadata_writes.is_empty()
            || self.collections.iter().any(|collection| {
                !collection.writes.is_empty() || !collection.metadata_writes.is_empty()
            })
    }
}

impl TxRwset {
    /// The set of `namespace`, if the transaction touched it.
    #[must_use]
    pub fn namespace(&self, namespace: &str) -> Option<&NamespaceRwset> {
        self.namespaces
            .iter()
            .find(|candidate| candidate.namespace == namespace)
    }
}
