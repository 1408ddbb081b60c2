//! The net updates of a block: what each key that it touched holds afterwards.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;

use super::{ExpiringKey, HashedKey, VersionedValue};
use crate::version::Version;

/// Net updates of a block, to be applied to the state as one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpdateBatch {
    /// Updates by namespace.
    pub namespaces: BTreeMap<String, NamespaceUpdates>,
    /// Private keys that the block's commit drops as their time is up; in no hash.
    pub expired: Vec<HashedKey>,
    /// Private keys that the block wrote and that a later block will drop, to be kept with the state.
    pub expiring: Vec<ExpiringKey>,
}

/// Updates of one namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamespaceUpdates {
    /// Public keys.
    pub public: BTreeMap<String, Update>,
    /// Private keys by collection.
    pub collections: BTreeMap<String, CollectionUpdates>,
}

/// Updates of one collection, by key hash.
pub type CollectionUpdates = BTreeMap<Bytes, Update>;

/// What a key holds after the block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The value (for a private key its hash); `None` where the key is deleted.
    pub value: Option<Bytes>,
    /// The key's metadata; empty where it has none.
    pub metadata: Bytes,
    /// The transaction that did it.
    pub version: Version,
}

impl Update {
    /// As the state holds it; `None` for a deletion.
    #[must_use]
    pub fn to_versioned_value(&self) -> Option<VersionedValue> {
        self.value.as_ref().map(|value| VersionedValue {
            value: value.clone(),
            metadata: self.metadata.clone(),
            version: self.version,
        })
    }
}

impl UpdateBatch {
    /// The update of a public key, if the block touched it.
    #[must_use]
    pub fn get(&self, namespace: &str, key: &str) -> Option<&Update> {
        self.namespaces.get(namespace)?.public.get(key)
    }

    /// The update of a private key, if the block touched it.
    #[must_use]
    pub fn get_hashed(
        &self,
        namespace: &str,
        collection: &str,
        key_hash: &[u8],
    ) -> Option<&Update> {
        self.namespaces
            .get(namespace)?
            .collections
            .get(collection)?
            .get(key_hash)
    }

    /// Updates of public keys from `start` (included) to `end` (excluded; empty for open).
    pub fn range<'a>(
        &'a self,
        namespace: &str,
        start: &'a str,
        end: &'a str,
    ) -> impl Iterator<Item = (&'a String, &'a Update)> {
        self.namespaces
            .get(namespace)
            .zip(range_bounds(start, end))
            .into_iter()
            .flat_map(|(updates, bounds)| updates.public.range::<str, _>(bounds))
    }

    /// Sets the update of a public key.
    pub fn insert(&mut self, namespace: &str, key: &str, update: Update) {
        self.namespace_mut(namespace)
            .public
            .insert(key.to_owned(), update);
    }

    /// Sets the update of a private key.
    pub fn insert_hashed(
        &mut self,
        namespace: &str,
        collection: &str,
        key_hash: Bytes,
        update: Update,
    ) {
        let collections = &mut self.namespace_mut(namespace).collections;
        match collections.get_mut(collection) {
            Some(updates) => updates.insert(key_hash, update),
            None => collections
                .entry(collection.to_owned())
                .or_default()
                .insert(key_hash, update),
        };
    }

    /// Whether the block changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.namespaces.is_empty() && self.expired.is_empty() && self.expiring.is_empty()
    }

    fn namespace_mut(&mut self, namespace: &str) -> &mut NamespaceUpdates {
        self.namespaces.entry(namespace.to_owned()).or_default()
    }
}

/// Bounds of the keys from `start` to `end`; `None` where there can be none, for which a
/// `BTreeMap` would panic.
pub(super) fn range_bounds<'a>(
    start: &'a str,
    end: &'a str,
) -> Option<(Bound<&'a str>, Bound<&'a str>)> {
    let upper = match end {
        "" => Bound::Unbounded,
        end if start < end => Bound::Excluded(end),
        _ => return None,
    };
    Some((Bound::Included(start), upper))
}
