//! Folding valid transactions into the net updates of their block.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::expiry::expire;
use crate::block::{DecodedBlock, EndorsedTransaction};
use crate::code::ValidationCode;
use crate::lifecycle;
use crate::rwset::{MetadataEntry, NamespaceRwset, TxRwset, metadata_bytes};
use crate::state::{HashedKey, State, Update, UpdateBatch};
use crate::version::Version;

/// Net updates of the transactions of a block whose code is `VALID`, given the state before it.
///
/// The commit hash needs of that state only what [`keys_needed`] lists, so that a reader whose
/// state is elsewhere can fetch it first into a [`crate::state::MemoryState`]. (What is then
/// missing in the updates is the metadata of keys that keep theirs, which no hash covers.)
///
/// # Errors
/// Where the store fails.
pub fn fold<S: State>(
    block: &DecodedBlock,
    codes: &[ValidationCode],
    state: &S,
) -> Result<UpdateBatch, S::Error> {
    let mut updates = UpdateBatch::default();
    for (version, endorsed) in valid_transactions(block, codes) {
        apply(&endorsed.rwset, version, state, &mut updates)?;
    }
    expire(block.number, state, &mut updates)?;
    Ok(updates)
}

/// Keys whose committed value the commit hash of a block depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeysNeeded {
    /// Public keys, by namespace and key: those that get new metadata and no new value, and the
    /// collection configurations that say how long private keys live.
    pub public: BTreeSet<(String, String)>,
    /// Private keys that get new metadata and no new value. Those of [`State::expiring`] for the
    /// block are needed too.
    pub hashed: BTreeSet<HashedKey>,
}

/// Lists what [`fold`] will ask of the state for the commit hash.
#[must_use]
pub fn keys_needed(block: &DecodedBlock, codes: &[ValidationCode]) -> KeysNeeded {
    let mut needed = KeysNeeded::default();
    let sets =
        valid_transactions(block, codes).flat_map(|(_, endorsed)| &endorsed.rwset.namespaces);
    for set in sets {
        let namespace = &set.namespace;
        for (key, change) in public_changes(set) {
            if change.keeps_value() {
                needed.public.insert((namespace.clone(), key.to_owned()));
            }
        }
        for ((collection, key_hash), change) in private_changes(set) {
            if !collection.starts_with(lifecycle::IMPLICIT_COLLECTION_PREFIX) {
                let key = lifecycle::field_key(namespace, "Collections");
                needed.public.insert((lifecycle::NAMESPACE.to_owned(), key));
            }
            if change.keeps_value() {
                needed.hashed.insert(HashedKey {
                    namespace: namespace.clone(),
                    collection: collection.to_owned(),
                    key_hash: key_hash.clone(),
                });
            }
        }
    }
    needed
}

/// Adds what one valid transaction changes to the updates of its block.
///
/// # Errors
/// Where the store fails.
pub fn apply<S: State>(
    rwset: &TxRwset,
    version: Version,
    state: &S,
    updates: &mut UpdateBatch,
) -> Result<(), S::Error> {
    for set in &rwset.namespaces {
        for (key, change) in public_changes(set) {
            let before = |updates: &UpdateBatch| match updates.get(&set.namespace, key) {
                Some(update) => Ok(update.clone().into()),
                None => state.get(&set.namespace, key).map(Before::from),
            };
            if let Some(update) = change.update(version, || before(updates))? {
                updates.insert(&set.namespace, key, update);
            }
        }
        for ((collection, key_hash), change) in private_changes(set) {
            let before = |updates: &UpdateBatch| match updates.get_hashed(
                &set.namespace,
                collection,
                key_hash,
            ) {
                Some(update) => Ok(update.clone().into()),
                None => state
                    .get_hashed(&set.namespace, collection, key_hash)
                    .map(Before::from),
            };
            if let Some(update) = change.update(version, || before(updates))? {
                updates.insert_hashed(&set.namespace, collection, key_hash.clone(), update);
            }
        }
    }
    Ok(())
}

/// Whether a transaction writes nothing but the metadata of a key that an earlier transaction of its
/// block deletes. A peer stops at such a block: it has no value to put the metadata on.
#[must_use]
pub fn sets_metadata_of_deleted(rwset: &TxRwset, updates: &UpdateBatch) -> bool {
    let deleted = |update: Option<&Update>| update.is_some_and(|update| update.value.is_none());
    let mut sets = rwset.namespaces.iter().filter(|set| sets_metadata(set));
    sets.any(|set| {
        let namespace = &set.namespace;
        let mut public = public_changes(set).into_iter();
        let mut private = private_changes(set).into_iter();
        public.any(|(key, change)| change.keeps_value() && deleted(updates.get(namespace, key)))
            || private.any(|((collection, key_hash), change)| {
                change.keeps_value() && deleted(updates.get_hashed(namespace, collection, key_hash))
            })
    })
}

fn sets_metadata(set: &NamespaceRwset) -> bool {
    let mut collections = set.collections.iter();
    !set.metadata_writes.is_empty()
        || collections.any(|collection| !collection.metadata_writes.is_empty())
}

fn valid_transactions<'b>(
    block: &'b DecodedBlock,
    codes: &'b [ValidationCode],
) -> impl Iterator<Item = (Version, &'b EndorsedTransaction)> {
    let transactions = block.transactions.iter().zip(codes).zip(0..);
    transactions.filter_map(|((transaction, code), index)| {
        let endorsed = transaction.endorsed().filter(|_| code.is_valid())?;
        Some((Version::new(block.number, index), endorsed))
    })
}

fn public_changes(set: &NamespaceRwset) -> BTreeMap<&str, Change> {
    let mut changes: BTreeMap<&str, Change> = BTreeMap::new();
    for write in &set.writes {
        let change = changes.entry(&write.key).or_default();
        change.write((!write.deletes()).then(|| write.value.clone()));
    }
    for write in &set.metadata_writes {
        let change = changes.entry(&write.key).or_default();
        change.write_metadata(&write.entries);
    }
    changes
}

fn private_changes(set: &NamespaceRwset) -> BTreeMap<(&str, &Bytes), Change> {
    let mut changes: BTreeMap<(&str, &Bytes), Change> = BTreeMap::new();
    for collection in &set.collections {
        let name = collection.collection.as_str();
        for write in &collection.writes {
            let change = changes.entry((name, &write.key_hash)).or_default();
            change.write((!write.deletes()).then(|| write.value_hash.clone()));
        }
        for write in &collection.metadata_writes {
            let change = changes.entry((name, &write.key_hash)).or_default();
            change.write_metadata(&write.entries);
        }
    }
    changes
}

/// What one transaction does to one key.
///
/// A peer adds these numbers up, so that a key that is written twice in one set, which no honest
/// endorser does, counts as something else. Commit hashes depend on it.
#[derive(Debug, Default)]
struct Change {
    kinds: u8,
    value: Bytes,
    metadata: Bytes,
}

const VALUE_WRITTEN: u8 = 1;
const METADATA_WRITTEN: u8 = 2;
const METADATA_REMOVED: u8 = 4;
const DELETED: u8 = 8;

/// What the key held before.
#[derive(Debug, Default)]
struct Before {
    value: Option<Bytes>,
    metadata: Bytes,
}

impl Change {
    fn write(&mut self, value: Option<Bytes>) {
        match value {
            None => self.add(DELETED),
            Some(value) => {
                self.add(VALUE_WRITTEN);
                self.value = value;
            }
        }
    }

    fn write_metadata(&mut self, entries: &[MetadataEntry]) {
        match entries {
            [] => self.add(METADATA_REMOVED),
            entries => {
                self.add(METADATA_WRITTEN);
                self.metadata = metadata_bytes(entries);
            }
        }
    }

    fn add(&mut self, kind: u8) {
        self.kinds = self.kinds.wrapping_add(kind);
    }

    fn has(&self, kinds: u8) -> bool {
        self.kinds & kinds != 0
    }

    /// Whether the key's new state has the value that it had before.
    fn keeps_value(&self) -> bool {
        let replaced = self.has(VALUE_WRITTEN) && self.has(METADATA_WRITTEN | METADATA_REMOVED);
        !self.has(DELETED) && !replaced && !self.keeps_metadata()
    }

    /// Whether the key's new state has the metadata that it had before.
    fn keeps_metadata(&self) -> bool {
        self.kinds | VALUE_WRITTEN == VALUE_WRITTEN
    }

    /// The key's update; `None` where nothing changes. A deletion wins, a value keeps the metadata
    /// that it does not replace, metadata keeps the value, and of an absent key is nothing.
    fn update<E>(
        self,
        version: Version,
        before: impl FnOnce() -> Result<Before, E>,
    ) -> Result<Option<Update>, E> {
        let (value, metadata) = if self.has(DELETED) {
            (None, Bytes::new())
        } else if self.keeps_metadata() {
            (Some(self.value), before()?.metadata)
        } else if self.keeps_value() {
            let Some(value) = before()?.value else {
                return Ok(None);
            };
            (Some(value), self.metadata)
        } else {
            (Some(self.value), self.metadata)
        };
        Ok(Some(Update {
            value,
            metadata,
            version,
        }))
    }
}

impl From<Update> for Before {
    fn from(update: Update) -> Self {
        Self {
            value: update.value,
            metadata: update.metadata,
        }
    }
}

impl From<Option<crate::state::VersionedValue>> for Before {
    fn from(value: Option<crate::state::VersionedValue>) -> Self {
        value.map_or_else(Self::default, |value| Self {
            value: Some(value.value),
            metadata: value.metadata,
        })
    }
}
