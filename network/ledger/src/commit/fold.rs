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
        for write in &set.metadata_writes {
            needed.public.insert((namespace.clone(), write.key.clone()));
        }
        for collection in &set.collections {
            let name = &collection.collection;
            if name.starts_with(lifecycle::IMPLICIT_COLLECTION_PREFIX) {
                // These live for ever, so that no configuration is asked for.
            } else if !collection.writes.is_empty() || !collection.metadata_writes.is_empty() {
                let key = lifecycle::field_key(namespace, "Collections");
                needed.public.insert((lifecycle::NAMESPACE.to_owned(), key));
            }
            needed
                .hashed
                .extend(collection.metadata_writes.iter().map(|write| HashedKey {
                    namespace: namespace.clone(),
                    collection: name.clone(),
                    key_hash: write.key_hash.clone(),
                }));
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
#[derive(Debug, Default)]
struct Change {
    deleted: bool,
    value: Option<Bytes>,
    metadata: Option<Bytes>,
}

/// What the key held before.
#[derive(Debug, Default)]
struct Before {
    value: Option<Bytes>,
    metadata: Bytes,
}

impl Change {
    fn write(&mut self, value: Option<Bytes>) {
        match value {
            None => self.deleted = true,
            Some(value) => self.value = Some(value),
        }
    }

    fn write_metadata(&mut self, entries: &[MetadataEntry]) {
        self.metadata = Some(match entries {
            [] => Bytes::new(),
            entries => metadata_bytes(entries),
        });
    }

    /// The key's update; `None` where nothing changes. A deletion wins, a value keeps the metadata
    /// that it does not replace, metadata keeps the value, and of an absent key is nothing.
    fn update<E>(
        self,
        version: Version,
        before: impl FnOnce() -> Result<Before, E>,
    ) -> Result<Option<Update>, E> {
        let (value, metadata) = match (self.value, self.metadata) {
            _ if self.deleted => (None, Bytes::new()),
            (Some(value), Some(metadata)) => (Some(value), metadata),
            (Some(value), None) => (Some(value), before()?.metadata),
            (None, metadata) => {
                let Some(value) = before()?.value else {
                    return Ok(None);
                };
                (Some(value), metadata.unwrap_or_default())
            }
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
