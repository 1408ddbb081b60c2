//! Keys of the tables: parts with their length before them, the last one bare, so that byte order
//! in a table is the order of the last part.

use bytes::Bytes;
use fabric_ledger::state::{ExpiringKey, HashedKey};

use super::PrivateSet;

/// `namespace`, `key`.
pub(super) fn state(namespace: &str, key: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(4 + namespace.len() + key.len());
    push(&mut bytes, namespace.as_bytes());
    bytes.extend_from_slice(key.as_bytes());
    bytes
}

/// `namespace`, `collection`, `key_hash`.
pub(super) fn hashed(namespace: &str, collection: &str, key_hash: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 + namespace.len() + collection.len() + key_hash.len());
    push(&mut bytes, namespace.as_bytes());
    push(&mut bytes, collection.as_bytes());
    bytes.extend_from_slice(key_hash);
    bytes
}

/// `namespace`, `key`: the beginning of all history keys of one key.
pub(super) fn history_prefix(namespace: &str, key: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(20 + namespace.len() + key.len());
    push(&mut bytes, namespace.as_bytes());
    push(&mut bytes, key.as_bytes());
    bytes
}

/// `namespace`, `key`, block and transaction in the order of the chain.
pub(super) fn history(namespace: &str, key: &str, block: u64, transaction: u32) -> Vec<u8> {
    let mut bytes = history_prefix(namespace, key);
    bytes.extend_from_slice(&block.to_be_bytes());
    bytes.extend_from_slice(&transaction.to_be_bytes());
    bytes
}

/// Block and transaction at the end of a history key.
pub(super) fn history_position(key: &[u8]) -> Option<(u64, u32)> {
    let (rest, transaction) = key.split_last_chunk::<4>()?;
    let (_, block) = rest.split_last_chunk::<8>()?;
    Some((u64::from_be_bytes(*block), u32::from_be_bytes(*transaction)))
}

/// The block that drops the key, then the key and the block that wrote it.
pub(super) fn expiring(expiring: &ExpiringKey) -> Vec<u8> {
    let mut bytes = expiring.expires_in.to_be_bytes().to_vec();
    bytes.extend_from_slice(&expiring.written_in.to_be_bytes());
    push(&mut bytes, expiring.key.namespace.as_bytes());
    push(&mut bytes, expiring.key.collection.as_bytes());
    bytes.extend_from_slice(&expiring.key.key_hash);
    bytes
}

/// Reads what [`expiring`] writes.
pub(super) fn read_expiring(bytes: &[u8]) -> Option<ExpiringKey> {
    let (expires_in, rest) = bytes.split_first_chunk::<8>()?;
    let (written_in, rest) = rest.split_first_chunk::<8>()?;
    let (namespace, rest) = take(rest)?;
    let (collection, key_hash) = take(rest)?;
    Some(ExpiringKey {
        key: HashedKey {
            namespace: String::from_utf8(namespace.to_vec()).ok()?,
            collection: String::from_utf8(collection.to_vec()).ok()?,
            key_hash: Bytes::copy_from_slice(key_hash),
        },
        written_in: u64::from_be_bytes(*written_in),
        expires_in: u64::from_be_bytes(*expires_in),
    })
}

/// Block and transaction of a private set, then its namespace and collection.
pub(super) fn private_set(
    block: u64,
    transaction: u32,
    namespace: &str,
    collection: &str,
) -> Vec<u8> {
    let mut bytes = block.to_be_bytes().to_vec();
    bytes.extend_from_slice(&transaction.to_be_bytes());
    push(&mut bytes, namespace.as_bytes());
    bytes.extend_from_slice(collection.as_bytes());
    bytes
}

/// Reads what [`private_set`] writes: the block, and the set without content.
pub(super) fn read_private_set(bytes: &[u8]) -> Option<(u64, PrivateSet)> {
    let (block, rest) = bytes.split_first_chunk::<8>()?;
    let (transaction, rest) = rest.split_first_chunk::<4>()?;
    let (namespace, collection) = take(rest)?;
    let set = PrivateSet {
        transaction: u32::from_be_bytes(*transaction),
        namespace: String::from_utf8(namespace.to_vec()).ok()?,
        collection: String::from_utf8(collection.to_vec()).ok()?,
        writes: Bytes::new(),
        key_hashes: Vec::new(),
        expires_in: None,
    };
    Some((u64::from_be_bytes(*block), set))
}

/// A private key by its hash, then block and transaction that wrote it, as [`history_position`]
/// reads them.
pub(super) fn private_writer(
    namespace: &str,
    collection: &str,
    key_hash: &[u8],
    block: u64,
    transaction: u32,
) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(24 + namespace.len() + collection.len() + key_hash.len());
    push(&mut bytes, namespace.as_bytes());
    push(&mut bytes, collection.as_bytes());
    push(&mut bytes, key_hash);
    bytes.extend_from_slice(&block.to_be_bytes());
    bytes.extend_from_slice(&transaction.to_be_bytes());
    bytes
}

/// No part is longer than a gRPC message, which is far below 4 GiB.
fn push(bytes: &mut Vec<u8>, part: &[u8]) {
    let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(part);
}

fn take(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}
