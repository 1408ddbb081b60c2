//! The ledger as one peer sees it: plaintext of collections that it does not keep is not there.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use fabric_ledger::{
    Version,
    state::{ExpiringKey, State, VersionedValue},
};
use fabric_msp::Identity;

use super::Collection;
use crate::{
    channel::Channel,
    storage::{StorageError, View},
};

/// A view of one peer, which stays as it was when taken.
#[derive(Debug)]
pub(crate) struct PeerState<'a> {
    view: View,
    channel: &'a Channel,
    peer: &'a Arc<Identity>,
    /// Which collections the peer keeps, by namespace and name, as far as asked.
    keeps: Mutex<HashMap<(String, String), bool>>,
}

impl<'a> PeerState<'a> {
    pub(crate) fn new(view: View, channel: &'a Channel, peer: &'a Arc<Identity>) -> Self {
        Self {
            view,
            channel,
            peer,
            keeps: Mutex::default(),
        }
    }

    pub(crate) fn view(&self) -> &View {
        &self.view
    }

    pub(crate) fn channel(&self) -> &'a Channel {
        self.channel
    }

    pub(super) fn peer(&self) -> &'a Arc<Identity> {
        self.peer
    }

    /// Whether the peer has the plaintext of a collection.
    fn keeps(&self, namespace: &str, collection: &str) -> Result<bool, StorageError> {
        let key = (namespace.to_owned(), collection.to_owned());
        let mut known = self.keeps.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keeps) = known.get(&key) {
            return Ok(*keeps);
        }
        let found = Collection::find(self.channel, &self.view, namespace, collection)?;
        let keeps = found.is_some_and(|found| found.is_kept_by(self.peer, &self.channel.msps()));
        known.insert(key, keeps);
        Ok(keeps)
    }
}

impl State for PeerState<'_> {
    type Error = StorageError;

    fn get(&self, namespace: &str, key: &str) -> Result<Option<VersionedValue>, StorageError> {
        self.view.get(namespace, key)
    }

    fn range(
        &self,
        namespace: &str,
        start: &str,
        end: &str,
        limit: usize,
    ) -> Result<Vec<(String, VersionedValue)>, StorageError> {
        self.view.range(namespace, start, end, limit)
    }

    fn get_hashed(
        &self,
        namespace: &str,
        collection: &str,
        key_hash: &[u8],
    ) -> Result<Option<VersionedValue>, StorageError> {
        self.view.get_hashed(namespace, collection, key_hash)
    }

    fn expiring(&self, block_number: u64) -> Result<Vec<ExpiringKey>, StorageError> {
        self.view.expiring(block_number)
    }

    fn version(&self, namespace: &str, key: &str) -> Result<Option<Version>, StorageError> {
        self.view.version(namespace, key)
    }

    fn metadata(&self, namespace: &str, key: &str) -> Result<Bytes, StorageError> {
        self.view.metadata(namespace, key)
    }

    fn get_private(
        &self,
        namespace: &str,
        collection: &str,
        key: &str,
    ) -> Result<Option<VersionedValue>, StorageError> {
        match self.keeps(namespace, collection)? {
            true => self.view.get_private(namespace, collection, key),
            false => Ok(None),
        }
    }

    fn private_range(
        &self,
        namespace: &str,
        collection: &str,
        start: &str,
        end: &str,
        limit: usize,
    ) -> Result<Vec<(String, VersionedValue)>, StorageError> {
        match self.keeps(namespace, collection)? {
            true => self
                .view
                .private_range(namespace, collection, start, end, limit),
            false => Ok(Vec::new()),
        }
    }
}
