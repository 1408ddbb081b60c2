//! What a transaction has written and read so far. Pure: never asks a peer.
//!
//! Writes wait here, sorted, until the contract returned Ok; reads look here first, so a
//! transaction sees what it wrote. Point reads are remembered, so asking twice costs nothing: the
//! peer's state stands still during a transaction, and the read-write set stays the same. What was
//! written after a savepoint can be taken back.

mod space;

use std::collections::BTreeMap;

use crate::{error::LedgerError, key::Key, peer::Write};
use space::{Space, size};

pub(crate) use space::Change;

/// Largest value: an orderer's usual bound on a whole transaction is 10 MB.
pub const VALUE_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Most keys that one transaction writes. A peer works through 10,000 writes in a second or so.
pub const WRITES_MAX: usize = 100_000;
/// Most bytes that one transaction writes, keys included: they travel in messages of 100 MiB.
pub const WRITES_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes of values kept for repeated reads. Beyond it, reads still work and cost a request each.
const CACHE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The one metadata entry that Fabric has: a key's endorsement policy.
pub(crate) const VALIDATION_PARAMETER: &str = "VALIDATION_PARAMETER";

/// The buffered writes and the remembered reads of one transaction.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    /// By collection; the public state's name is empty.
    spaces: BTreeMap<String, Space>,
    writes: usize,
    writes_bytes: usize,
    cache_bytes: usize,
    /// What stood where, before each write since the first open savepoint.
    undo: Vec<Undo>,
    savepoints: usize,
}

/// How to take one write back.
#[derive(Debug)]
enum Undo {
    Value(String, String, Option<Change>),
    Policy(String, String, Option<Vec<u8>>),
}

impl Overlay {
    /// Buffers a value.
    pub(crate) fn put(
        &mut self,
        collection: &str,
        key: Key,
        value: Vec<u8>,
    ) -> Result<(), LedgerError> {
        if value.is_empty() {
            return Err(LedgerError::EmptyValue { key });
        }
        if value.len() > VALUE_BYTES_MAX {
            return Err(LedgerError::ValueTooLarge {
                key,
                bytes: value.len(),
            });
        }
        self.change(collection, key, Change::Put(value))
    }

    /// Buffers a deletion or a purge.
    pub(crate) fn change(
        &mut self,
        collection: &str,
        key: Key,
        change: Change,
    ) -> Result<(), LedgerError> {
        let space = self.spaces.entry(collection.to_owned()).or_default();
        let before = space.changes.get(key.as_str());
        let freed = before.map(|before| size(&key, before.bytes()));
        let added = size(&key, change.bytes());
        self.account(freed, added)?;
        let key = key.into_string();
        let space = self.spaces.entry(collection.to_owned()).or_default();
        let before = space.changes.insert(key.clone(), change);
        if self.savepoints > 0 {
            let undo = Undo::Value(collection.to_owned(), key, before);
            self.undo.push(undo);
        }
        Ok(())
    }

    /// Buffers a key's endorsement policy; empty bytes take it away.
    pub(crate) fn put_policy(
        &mut self,
        collection: &str,
        key: Key,
        policy: Vec<u8>,
    ) -> Result<(), LedgerError> {
        let space = self.spaces.entry(collection.to_owned()).or_default();
        let before = space.policies.get(key.as_str());
        let freed = before.map(|before| size(&key, before.len()));
        self.account(freed, size(&key, policy.len()))?;
        let key = key.into_string();
        let space = self.spaces.entry(collection.to_owned()).or_default();
        let before = space.policies.insert(key.clone(), policy);
        if self.savepoints > 0 {
            let undo = Undo::Policy(collection.to_owned(), key, before);
            self.undo.push(undo);
        }
        Ok(())
    }

    /// Keeps the sums, or says that they would grow too large.
    fn account(&mut self, freed: Option<usize>, added: usize) -> Result<(), LedgerError> {
        if freed.is_none() && self.writes >= WRITES_MAX {
            return Err(LedgerError::TooManyWrites);
        }
        let bytes = self
            .writes_bytes
            .saturating_sub(freed.unwrap_or(0))
            .saturating_add(added);
        if bytes > WRITES_BYTES_MAX {
            return Err(LedgerError::WritesTooLarge);
        }
        self.writes += usize::from(freed.is_none());
        self.writes_bytes = bytes;
        Ok(())
    }

    /// The value of a key as far as it is known without asking: its own write, else a remembered
    /// read.
    pub(crate) fn known(&self, collection: &str, key: &str) -> Option<Option<&Vec<u8>>> {
        let space = self.spaces.get(collection)?;
        match space.changes.get(key) {
            Some(change) => Some(change.value()),
            None => space.cache.get(key).map(Option::as_ref),
        }
    }

    /// What this transaction itself did to a key.
    pub(crate) fn written(&self, collection: &str, key: &str) -> Option<&Change> {
        self.spaces.get(collection)?.changes.get(key)
    }

    /// A key's endorsement policy as far as it is known without asking.
    pub(crate) fn known_policy(&self, collection: &str, key: &str) -> Option<&Vec<u8>> {
        let space = self.spaces.get(collection)?;
        let own = space.policies.get(key);
        own.or_else(|| space.policy_cache.get(key))
    }

    /// Remembers what a peer said.
    pub(crate) fn remember(&mut self, collection: &str, key: &str, value: &Option<Vec<u8>>) {
        let bytes = value.as_ref().map_or(0, Vec::len);
        if let Some(space) = self.space_for_cache(collection, key.len() + bytes) {
            space.cache.insert(key.to_owned(), value.clone());
        }
    }

    /// Remembers what a peer said of a key's endorsement policy.
    pub(crate) fn remember_policy(&mut self, collection: &str, key: &str, policy: &[u8]) {
        if let Some(space) = self.space_for_cache(collection, key.len() + policy.len()) {
            space.policy_cache.insert(key.to_owned(), policy.to_vec());
        }
    }

    fn space_for_cache(&mut self, collection: &str, bytes: usize) -> Option<&mut Space> {
        let bytes = self.cache_bytes.saturating_add(bytes);
        if bytes > CACHE_BYTES_MAX {
            return None;
        }
        self.cache_bytes = bytes;
        Some(self.spaces.entry(collection.to_owned()).or_default())
    }

    /// Own public writes from `start` (inclusive) to `end` (exclusive, or open where empty), in key
    /// order.
    pub(crate) fn written_between(&self, start: &str, end: &str) -> Vec<(String, Option<Vec<u8>>)> {
        match self.spaces.get("") {
            Some(space) => space.written_between(start, end),
            None => Vec::new(),
        }
    }

    /// Begins a part that can be taken back. Each is ended by [`Overlay::keep`] or
    /// [`Overlay::take_back`].
    pub(crate) fn savepoint(&mut self) -> usize {
        self.savepoints += 1;
        self.undo.len()
    }

    /// Ends a part and keeps what it wrote.
    pub(crate) fn keep(&mut self) {
        self.savepoints = self.savepoints.saturating_sub(1);
        if self.savepoints == 0 {
            self.undo.clear();
        }
    }

    /// Ends a part and leaves nothing of what it wrote.
    pub(crate) fn take_back(&mut self, savepoint: usize) {
        for undo in self.undo.drain(savepoint..).rev() {
            let (collection, key) = match &undo {
                Undo::Value(collection, key, _) | Undo::Policy(collection, key, _) => {
                    (collection.as_str(), key.clone())
                }
            };
            let Some(space) = self.spaces.get_mut(collection) else {
                continue;
            };
            let key_bytes = key.len();
            let (now, before) = match undo {
                Undo::Value(_, _, before) => {
                    let bytes = before.as_ref().map(Change::bytes);
                    let now = replace(&mut space.changes, key, before);
                    (now.as_ref().map(Change::bytes), bytes)
                }
                Undo::Policy(_, _, before) => {
                    let bytes = before.as_ref().map(Vec::len);
                    let now = replace(&mut space.policies, key, before);
                    (now.as_ref().map(Vec::len), bytes)
                }
            };
            let now = now.map_or(0, |bytes| bytes + key_bytes);
            self.writes_bytes = self.writes_bytes.saturating_sub(now);
            match before {
                Some(bytes) => self.writes_bytes += bytes + key_bytes,
                None => self.writes = self.writes.saturating_sub(1),
            }
        }
        self.keep();
    }

    /// Takes the writes for the one flush: by collection and key, values before policies.
    pub(crate) fn take_writes(&mut self) -> Vec<Write> {
        self.writes = 0;
        self.writes_bytes = 0;
        let mut writes = Vec::new();
        for (collection, space) in &mut self.spaces {
            space.take_writes(collection, &mut writes);
        }
        writes
    }
}

/// Puts back what stood under a key, and gives what stands there now.
fn replace<V>(map: &mut BTreeMap<String, V>, key: String, before: Option<V>) -> Option<V> {
    match before {
        Some(before) => map.insert(key, before),
        None => map.remove(&key),
    }
}
