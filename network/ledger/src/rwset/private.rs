//! The private part of a transaction: plaintext writes, which travel beside the block, never in it.

use bytes::Bytes;
use fabric_protos::{kvrwset, rwset};
use prost::Message;
use sha2::{Digest, Sha256};

use super::decode::{MAX_RWSET_BYTES, MAX_RWSET_ENTRIES, RwsetError, spend, undecodable};
use super::encode::proto_list;
use super::{MetadataWrite, NamespaceRwset, Write};
use crate::wire;

/// Plaintext writes of a transaction (Fabric's `rwset.TxPvtReadWriteSet`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrivateWrites {
    /// In byte order of their names.
    pub namespaces: Vec<NamespacePrivateWrites>,
}

/// Plaintext writes of one chaincode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamespacePrivateWrites {
    /// The chaincode's name.
    pub namespace: String,
    /// In byte order of their names.
    pub collections: Vec<CollectionPrivateWrites>,
}

/// Plaintext writes to one collection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CollectionPrivateWrites {
    /// The collection's name.
    pub collection: String,
    /// Keys written.
    pub writes: Vec<Write>,
    /// Keys whose metadata was written; the metadata itself is in the hashed set alone.
    pub metadata_writes: Vec<MetadataWrite>,
}

impl PrivateWrites {
    /// Whether nothing private was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.namespaces.is_empty()
    }

    /// The bytes that peers exchange.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        rwset::TxPvtReadWriteSet {
            data_model: rwset::tx_read_write_set::DataModel::Kv.into(),
            ns_pvt_rwset: self
                .namespaces
                .iter()
                .map(|namespace| rwset::NsPvtReadWriteSet {
                    namespace: namespace.namespace.clone(),
                    collection_pvt_rwset: namespace
                        .collections
                        .iter()
                        .map(CollectionPrivateWrites::to_proto)
                        .collect(),
                })
                .collect(),
        }
        .encode_to_vec()
        .into()
    }

    /// Reads what [`PrivateWrites::encode`] writes.
    ///
    /// # Errors
    /// As [`super::TxRwset::decode`].
    pub fn decode(bytes: Bytes) -> Result<Self, RwsetError> {
        if bytes.len() > MAX_RWSET_BYTES {
            return Err(RwsetError::TooLarge {
                actual: bytes.len(),
            });
        }
        let mut budget = MAX_RWSET_ENTRIES;
        spend(&mut budget, &bytes, &wire::TRANSACTION_SET, "private set")?;
        let set = rwset::TxPvtReadWriteSet::decode(bytes).map_err(undecodable("private set"))?;
        let mut namespaces = Vec::new();
        for namespace in set.ns_pvt_rwset {
            let collections = namespace
                .collection_pvt_rwset
                .into_iter()
                .map(|collection| CollectionPrivateWrites::from_proto(collection, &mut budget))
                .collect::<Result<_, _>>()?;
            namespaces.push(NamespacePrivateWrites {
                namespace: namespace.namespace,
                collections,
            });
        }
        Ok(Self { namespaces })
    }
}

impl CollectionPrivateWrites {
    /// SHA-256 of the set, which the public set repeats.
    #[must_use]
    pub fn hash(&self) -> Bytes {
        Bytes::copy_from_slice(&Sha256::digest(self.to_bytes()))
    }

    /// The set's bytes, without the name of the collection (Fabric's `KVRWSet`).
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        kvrwset::KvrwSet {
            reads: Vec::new(),
            range_queries_info: Vec::new(),
            writes: proto_list(&self.writes),
            metadata_writes: proto_list(&self.metadata_writes),
        }
        .encode_to_vec()
        .into()
    }

    fn to_proto(&self) -> rwset::CollectionPvtReadWriteSet {
        rwset::CollectionPvtReadWriteSet {
            collection_name: self.collection.clone(),
            rwset: self.to_bytes(),
        }
    }

    fn from_proto(
        set: rwset::CollectionPvtReadWriteSet,
        budget: &mut usize,
    ) -> Result<Self, RwsetError> {
        let keys = NamespaceRwset::decode_keys(set.rwset, budget)?;
        Ok(Self {
            collection: set.collection_name,
            writes: keys.writes,
            metadata_writes: keys.metadata_writes,
        })
    }
}
