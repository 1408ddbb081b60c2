//! What a transaction has written and read so far. Pure: never asks a peer.
//!
//! Writes wait here, sorted, until the contract returned Ok; reads look here first, so a
//! transaction sees what it wrote. Point reads are remembered, so asking twice costs nothing: the
//! peer's state stands still during a transaction, and the read-write set stays the same.

use std::{collections::BTreeMap, ops::Bound};

use crate::{error::LedgerError, key::Key, peer::Write};

/// Largest value: an orderer's usual bound on a whole transaction is 10 MB.
pub const VALUE_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Most keys that one transaction writes. A peer works through 10,000 writes in a second or so.
pub const WRITES_MAX: usize = 100_000;
/// Most bytes that one transaction writes, keys included: they travel in messages of 100 MiB.
pub const WRITES_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes of values kept for repeated reads. Beyond it, reads still work and cost a request each.
const CACHE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The buffered writes and the remembered reads of one transaction.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    /// `None` is a deletion.
    writes: BTreeMap<String, Option<Vec<u8>>>,
    writes_bytes: usize,
    cache: BTreeMap<String, Option<Vec<u8>>>,
    cache_bytes: usize,
}

impl Overlay {
    /// Buffers a value.
    pub(crate) fn put(&mut self, key: Key, value: Vec<u8>) -> Result<(), LedgerError> {
        if value.is_empty() {
            return Err(LedgerError::EmptyValue { key });
        }
        if value.len() > VALUE_BYTES_MAX {
            return Err(LedgerError::ValueTooLarge {
                key,
                bytes: value.len(),
            });
        }
        self.write(key, Some(value))
    }

    /// Buffers a deletion.
    pub(crate) fn delete(&mut self, key: Key) -> Result<(), LedgerError> {
        self.write(key, None)
    }

    fn write(&mut self, key: Key, value: Option<Vec<u8>>) -> Result<(), LedgerError> {
        let before = self.writes.get(key.as_str());
        if before.is_none() && self.writes.len() >= WRITES_MAX {
            return Err(LedgerError::TooManyWrites);
        }
        let freed = before.map_or(0, |value| size(&key, value));
        let bytes = self
            .writes_bytes
            .saturating_sub(freed)
            .saturating_add(size(&key, &value));
        if bytes > WRITES_BYTES_MAX {
            return Err(LedgerError::WritesTooLarge);
        }
        self.writes_bytes = bytes;
        self.writes.insert(key.into_string(), value);
        Ok(())
    }

    /// What is known of a key without asking: its own write, else a remembered read.
    pub(crate) fn known(&self, key: &Key) -> Option<&Option<Vec<u8>>> {
        self.writes
            .get(key.as_str())
            .or_else(|| self.cache.get(key.as_str()))
    }

    /// Remembers what a peer said.
    pub(crate) fn remember(&mut self, key: &Key, value: &Option<Vec<u8>>) {
        let bytes = self.cache_bytes.saturating_add(size(key, value));
        if bytes <= CACHE_BYTES_MAX {
            self.cache_bytes = bytes;
            self.cache.insert(key.as_str().to_owned(), value.clone());
        }
    }

    /// Own writes from `start` (inclusive) to `end` (exclusive, or open where empty), in key order.
    pub(crate) fn written_between(&self, start: &str, end: &str) -> Vec<(String, Option<Vec<u8>>)> {
        if !end.is_empty() && end <= start {
            return Vec::new();
        }
        let end = if end.is_empty() {
            Bound::Unbounded
        } else {
            Bound::Excluded(end)
        };
        self.writes
            .range::<str, _>((Bound::Included(start), end))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// Takes the writes, in key order, for the one flush.
    pub(crate) fn take_writes(&mut self) -> Vec<Write> {
        self.writes_bytes = 0;
        std::mem::take(&mut self.writes)
            .into_iter()
            .map(|(key, value)| match value {
                Some(value) => Write::Put {
                    collection: String::new(),
                    key,
                    value,
                },
                None => Write::Delete {
                    collection: String::new(),
                    key,
                },
            })
            .collect()
    }
}

fn size(key: &Key, value: &Option<Vec<u8>>) -> usize {
    key.as_str().len() + value.as_ref().map_or(0, Vec::len)
}
