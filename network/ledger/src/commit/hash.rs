//! The commit hash.

use bytes::Bytes;
use fabric_protos::commithash::{KvWrite, Updates};
use prost::Message;
use prost::encoding::encode_varint;
use sha2::{Digest, Sha256};

use crate::code::ValidationCode;
use crate::state::{Update, UpdateBatch};

/// The commit hash of a block, from its codes, its net updates, and the commit hash of the block
/// before it (empty where that has none).
#[must_use]
pub fn commit_hash(codes: &[ValidationCode], updates: &UpdateBatch, previous: &[u8]) -> [u8; 32] {
    let mut flags = Vec::with_capacity(codes.len() + 3);
    encode_varint(codes.len() as u64, &mut flags);
    flags.extend(codes.iter().map(|code| code.byte()));
    Sha256::new()
        .chain_update(flags)
        .chain_update(update_bytes(updates))
        .chain_update(previous)
        .finalize()
        .into()
}

/// All updates in byte order; names of namespace and collection on the first entry of each only.
fn update_bytes(batch: &UpdateBatch) -> Vec<u8> {
    let mut kvwrites = Vec::new();
    for (namespace, updates) in &batch.namespaces {
        if namespace.is_empty() {
            // The channel configuration, whose bytes are not deterministic.
            continue;
        }
        let first = kvwrites.len();
        let public = updates.public.iter();
        kvwrites.extend(public.map(|(key, update)| entry(key.clone().into(), update)));
        for (collection, updates) in &updates.collections {
            let first = kvwrites.len();
            let hashed = updates.iter();
            kvwrites.extend(hashed.map(|(key_hash, update)| entry(key_hash.clone(), update)));
            if let Some(entry) = kvwrites.get_mut(first) {
                entry.collection.clone_from(collection);
            }
        }
        if let Some(entry) = kvwrites.get_mut(first) {
            entry.namespace.clone_from(namespace);
        }
    }
    Updates { kvwrites }.encode_to_vec()
}

fn entry(key: Bytes, update: &Update) -> KvWrite {
    KvWrite {
        namespace: String::new(),
        collection: String::new(),
        key,
        is_delete: update.value.is_none(),
        value: update.value.clone().unwrap_or_default(),
        version_bytes: update.version.to_bytes().into(),
    }
}
