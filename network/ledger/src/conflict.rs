//! Why a transaction lost: which key, and which transaction had changed it.
//!
//! A peer says only that there was a conflict. What it was follows from the chain: going back from
//! the transaction, the first valid writer of a key that it read gives the version that the state
//! had, and where that is not the version that the transaction read, there is the conflict.

use std::collections::HashSet;

use serde::Serialize;

use crate::block::EndorsedTransaction;
use crate::rwset::{HashedRead, NamespaceRwset, RangeQuery, RangeResults, Read, TxRwset};
use crate::version::Version;

/// A key that changed between the simulation of a transaction and its validation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// The chaincode's name.
    pub namespace: String,
    /// The private collection, if the key is in one.
    pub collection: Option<String>,
    /// The key; of a private key its hash, in hexadecimal.
    pub key: String,
    /// The version that the transaction saw; `None` where it saw no such key.
    pub read: Option<Version>,
    /// The transaction that had written or deleted the key before this one was validated.
    pub overwritten_by: Version,
    /// Whether the key was read as part of a range.
    pub in_range: bool,
}

/// Finds the conflict of one transaction while the chain before it is walked backwards.
#[derive(Debug)]
pub struct ConflictSearch<'t> {
    rwset: &'t TxRwset,
    /// Keys whose version at validation is known: namespace, collection, key.
    settled: HashSet<(String, String, Vec<u8>)>,
}

impl<'t> ConflictSearch<'t> {
    /// A search for the conflict of `transaction`.
    #[must_use]
    pub fn new(transaction: &'t EndorsedTransaction) -> Self {
        Self {
            rwset: &transaction.rwset,
            settled: HashSet::new(),
        }
    }

    /// Looks at the valid transaction before the last one looked at; gives the conflict if this
    /// is where it comes from.
    pub fn look_at(&mut self, version: Version, earlier: &TxRwset) -> Option<Conflict> {
        earlier
            .namespaces
            .iter()
            .find_map(|written| self.look_at_namespace(version, written))
    }

    fn look_at_namespace(
        &mut self,
        version: Version,
        written: &NamespaceRwset,
    ) -> Option<Conflict> {
        let read = self.rwset.namespace(&written.namespace)?;
        let found = |collection: Option<&str>, key, read, in_range| Conflict {
            namespace: written.namespace.clone(),
            collection: collection.map(str::to_owned),
            key,
            read,
            overwritten_by: version,
            in_range,
        };
        for (key, deleted) in written_keys(written) {
            if !self.is_new(&written.namespace, "", key.as_bytes()) {
                continue;
            }
            if let Some(seen) = changed(&read.reads, key, version, deleted) {
                return Some(found(None, key.to_owned(), seen, false));
            }
            let ranges = read.range_queries.iter();
            let seen = ranges.filter_map(|range| changed_in(range, key, version, deleted));
            if let Some(seen) = seen.into_iter().next() {
                return Some(found(None, key.to_owned(), seen, true));
            }
        }
        for collection in &written.collections {
            let reads = read
                .collections
                .iter()
                .find(|read| read.collection == collection.collection)
                .map_or(&[][..], |read| &read.reads);
            let values = collection
                .writes
                .iter()
                .map(|write| (&write.key_hash, write.deletes()));
            let metadata = collection
                .metadata_writes
                .iter()
                .map(|write| (&write.key_hash, false));
            for (hash, deleted) in values.chain(metadata) {
                if self.is_new(&written.namespace, &collection.collection, hash)
                    && let Some(seen) = changed_hash(reads, hash, version, deleted)
                {
                    let name = Some(collection.collection.as_str());
                    return Some(found(name, hex::encode(hash), seen, false));
                }
            }
        }
        None
    }

    /// Whether no later transaction wrote the key; from now on one has.
    fn is_new(&mut self, namespace: &str, collection: &str, key: &[u8]) -> bool {
        self.settled
            .insert((namespace.to_owned(), collection.to_owned(), key.to_vec()))
    }
}

/// Keys written or deleted, or whose metadata was.
fn written_keys(set: &NamespaceRwset) -> impl Iterator<Item = (&str, bool)> {
    let values = set
        .writes
        .iter()
        .map(|write| (write.key.as_str(), write.deletes()));
    let metadata = set
        .metadata_writes
        .iter()
        .map(|write| (write.key.as_str(), false));
    values.chain(metadata)
}

/// The version that was read, where it is not what this writer left.
fn changed(reads: &[Read], key: &str, version: Version, deleted: bool) -> Option<Option<Version>> {
    let read = reads.iter().find(|read| read.key == key)?;
    differs(read.version, version, deleted)
}

fn changed_hash(
    reads: &[HashedRead],
    key_hash: &[u8],
    version: Version,
    deleted: bool,
) -> Option<Option<Version>> {
    let read = reads.iter().find(|read| *read.key_hash == *key_hash)?;
    differs(read.version, version, deleted)
}

/// The same for a key within a range whose rows are recorded; hashed rows tell nothing.
fn changed_in(
    range: &RangeQuery,
    key: &str,
    version: Version,
    deleted: bool,
) -> Option<Option<Version>> {
    let before_end = if range.exhausted {
        range.end_key.is_empty() || key < range.end_key.as_str()
    } else {
        key <= range.end_key.as_str()
    };
    if key < range.start_key.as_str() || !before_end {
        return None;
    }
    let rows: &[Read] = match &range.results {
        RangeResults::Unrecorded => &[],
        RangeResults::Reads(rows) => rows,
        RangeResults::Merkle(_) => return None,
    };
    let seen = rows.iter().find(|row| row.key == key);
    differs(seen.and_then(|row| row.version), version, deleted)
}

fn differs(read: Option<Version>, written: Version, deleted: bool) -> Option<Option<Version>> {
    let left = (!deleted).then_some(written);
    (read != left).then_some(read)
}
