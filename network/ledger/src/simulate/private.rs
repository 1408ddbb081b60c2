//! Private keys in a simulation: plaintext goes beside the read-write set, hashes go into it.
//!
//! Asks nobody whether the reader may: whoever runs the simulation does.
//! (Fabric: core/ledger/kvledger/txmgmt/txmgr)

use std::collections::BTreeMap;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{Outcome, SimulateError, Simulator, entries, metadata_map};
use crate::state::{State, VersionedValue};

impl<S: State> Simulator<'_, S> {
    /// Reads a private key's plaintext.
    ///
    /// # Errors
    /// Where the store fails, or does not keep the plaintext of a key that exists.
    pub fn get_private(
        &mut self,
        namespace: &str,
        collection: &str,
        key: &str,
    ) -> Outcome<Option<Bytes>, S> {
        let plaintext = self.plaintext(namespace, collection, key)?;
        let private = plaintext.as_ref().map(|value| value.version);
        let hashed = self.hashed(namespace, collection, key)?;
        let public = hashed.map(|value| value.version);
        if private != public {
            return Err(SimulateError::PrivateDataUnavailable {
                namespace: namespace.to_owned(),
                collection: collection.to_owned(),
                key: key.to_owned(),
                public,
                private,
            });
        }
        Ok(self.record_plaintext(namespace, collection, key, plaintext))
    }

    /// Reads the plaintext of several private keys. As in Fabric it is not compared with the hashes
    /// on the chain: the transaction is void where they differ.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn get_private_multiple<'k>(
        &mut self,
        namespace: &str,
        collection: &str,
        keys: impl IntoIterator<Item = &'k str>,
    ) -> Outcome<Vec<Option<Bytes>>, S> {
        let mut values = Vec::new();
        for key in keys {
            let plaintext = self.plaintext(namespace, collection, key)?;
            values.push(self.record_plaintext(namespace, collection, key, plaintext));
        }
        Ok(values)
    }

    /// Reads the hash of a private key's value, which needs no membership of the collection.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn get_private_hash(
        &mut self,
        namespace: &str,
        collection: &str,
        key: &str,
    ) -> Outcome<Option<Bytes>, S> {
        let value = self.read_hashed(namespace, collection, key)?;
        Ok(value.map(|value| value.value))
    }

    /// Reads a private key's metadata.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn private_metadata(
        &mut self,
        namespace: &str,
        collection: &str,
        key: &str,
    ) -> Outcome<BTreeMap<String, Bytes>, S> {
        let value = self.read_hashed(namespace, collection, key)?;
        Ok(metadata_map(value))
    }

    /// Writes a private key. An empty value deletes it.
    ///
    /// # Errors
    /// After a paged query or a query of private data.
    pub fn put_private(
        &mut self,
        namespace: &str,
        collection: &str,
        key: &str,
        value: impl Into<Bytes>,
    ) -> Outcome<(), S> {
        let value = value.into();
        self.before_write(key, &value)?;
        self.builder
            .write_private(namespace, collection, key, value, false);
        self.touch_private(namespace, collection, key)
    }

    /// Deletes a private key.
    ///
    /// # Errors
    /// As [`Simulator::put_private`].
    pub fn delete_private(
        &mut self,
        namespace: &str,
        collection: &str,
        key: &str,
    ) -> Outcome<(), S> {
        self.put_private(namespace, collection, key, Bytes::new())
    }

    /// Deletes a private key with its history.
    ///
    /// # Errors
    /// As [`Simulator::put_private`].
    pub fn purge_private(
        &mut self,
        namespace: &str,
        collection: &str,
        key: &str,
    ) -> Outcome<(), S> {
        self.before_write(key, &[])?;
        self.builder
            .write_private(namespace, collection, key, Bytes::new(), true);
        self.touch_private(namespace, collection, key)
    }

    /// Replaces a private key's metadata, whole; with none it is removed.
    ///
    /// # Errors
    /// As [`Simulator::put_private`].
    pub fn put_private_metadata(
        &mut self,
        namespace: &str,
        collection: &str,
        key: &str,
        metadata: BTreeMap<String, Bytes>,
    ) -> Outcome<(), S> {
        self.before_write(key, &[])?;
        self.builder
            .write_private_metadata(namespace, collection, key, entries(metadata));
        self.touch_private(namespace, collection, key)
    }

    /// Begins a query of private data, after which the transaction cannot write.
    ///
    /// # Errors
    /// After a write.
    pub fn begin_private_query(&mut self) -> Outcome<(), S> {
        if self.wrote {
            let id = self.transaction_id.clone();
            return Err(SimulateError::PrivateQueryAfterWrite(id));
        }
        self.queried_private = true;
        Ok(())
    }

    fn plaintext(
        &self,
        namespace: &str,
        collection: &str,
        key: &str,
    ) -> Outcome<Option<VersionedValue>, S> {
        self.state
            .get_private(namespace, collection, key)
            .map_err(SimulateError::State)
    }

    fn record_plaintext(
        &mut self,
        namespace: &str,
        collection: &str,
        key: &str,
        value: Option<VersionedValue>,
    ) -> Option<Bytes> {
        let version = value.as_ref().map(|value| value.version);
        self.builder
            .read_private(namespace, collection, key, version);
        self.policies.read_private(namespace, collection);
        value.map(|value| value.value)
    }

    fn read_hashed(
        &mut self,
        namespace: &str,
        collection: &str,
        key: &str,
    ) -> Outcome<Option<VersionedValue>, S> {
        let value = self.hashed(namespace, collection, key)?;
        let version = value.as_ref().map(|value| value.version);
        self.builder
            .read_private(namespace, collection, key, version);
        Ok(value)
    }

    fn hashed(
        &self,
        namespace: &str,
        collection: &str,
        key: &str,
    ) -> Outcome<Option<VersionedValue>, S> {
        self.state
            .get_hashed(namespace, collection, &Sha256::digest(key))
            .map_err(SimulateError::State)
    }

    /// Notes the policy of a private key that is written.
    fn touch_private(&mut self, namespace: &str, collection: &str, key: &str) -> Outcome<(), S> {
        let metadata = self
            .state
            .hashed_metadata(namespace, collection, &Sha256::digest(key))
            .map_err(SimulateError::State)?;
        self.policies.touch(namespace, collection, key, metadata);
        Ok(())
    }
}
