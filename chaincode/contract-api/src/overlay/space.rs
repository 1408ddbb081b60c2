//! The buffered writes and remembered reads of the public state, or of one private collection.

use std::{collections::BTreeMap, ops::Bound};

use super::VALIDATION_PARAMETER;
use crate::{key::Key, peer::Write};

#[derive(Debug, Default)]
pub(super) struct Space {
    pub(super) changes: BTreeMap<String, Change>,
    /// Endorsement policies of keys; empty bytes take one away.
    pub(super) policies: BTreeMap<String, Vec<u8>>,
    pub(super) cache: BTreeMap<String, Option<Vec<u8>>>,
    pub(super) policy_cache: BTreeMap<String, Vec<u8>>,
}

/// What a transaction does to the value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Put(Vec<u8>),
    Delete,
    /// Of private data only: the history goes too.
    Purge,
}

impl Change {
    /// The value afterwards.
    pub(crate) fn value(&self) -> Option<&Vec<u8>> {
        match self {
            Self::Put(value) => Some(value),
            Self::Delete | Self::Purge => None,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.value().map_or(0, Vec::len)
    }
}

impl Space {
    pub(super) fn written_between(&self, start: &str, end: &str) -> Vec<(String, Option<Vec<u8>>)> {
        if !end.is_empty() && end <= start {
            return Vec::new();
        }
        let end = if end.is_empty() {
            Bound::Unbounded
        } else {
            Bound::Excluded(end)
        };
        self.changes
            .range::<str, _>((Bound::Included(start), end))
            .map(|(key, change)| (key.clone(), change.value().cloned()))
            .collect()
    }

    pub(super) fn take_writes(&mut self, collection: &str, writes: &mut Vec<Write>) {
        for (key, change) in std::mem::take(&mut self.changes) {
            let collection = collection.to_owned();
            writes.push(match change {
                Change::Put(value) => Write::Put {
                    collection,
                    key,
                    value,
                },
                Change::Delete => Write::Delete { collection, key },
                Change::Purge => Write::Purge { collection, key },
            });
        }
        for (key, value) in std::mem::take(&mut self.policies) {
            writes.push(Write::PutMetadata {
                collection: collection.to_owned(),
                key,
                name: VALIDATION_PARAMETER.to_owned(),
                value,
            });
        }
    }
}

/// What a write counts for: the key and what stands under it.
pub(super) fn size(key: &Key, bytes: usize) -> usize {
    key.as_str().len() + bytes
}
