//! Which collections a chaincode may use on behalf of a client, asked once per call.
//!
//! Source: `core/chaincode/handler.go`, `core/ledger/kvledger/txmgmt/txmgr/collection_val.go`.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use fabric_ledger::lifecycle::{self, IMPLICIT_COLLECTION_PREFIX, NAMESPACE as LIFECYCLE};

use super::request::{Failure, Ledger};
use crate::private::{Collection, collection::Permission};

/// What is known of the collections that one call of a chaincode has used.
#[derive(Debug)]
pub(super) struct Collections {
    /// Whether the call initialises the chaincode, which may not use private data.
    is_init: bool,
    /// Whether the definition has been read, as the read-write set shows.
    read: bool,
    permissions: HashMap<String, Permission>,
    /// Those that the ledger knows, as far as asked.
    defined: HashSet<String>,
}

impl Collections {
    pub(super) fn new(is_init: bool) -> Self {
        Self {
            is_init,
            read: false,
            permissions: HashMap::new(),
            defined: HashSet::new(),
        }
    }
}

impl Ledger<'_, '_> {
    /// Whether the client may read from a collection.
    pub(super) fn check_read(&mut self, collection: &str) -> Result<(), Failure> {
        match self.permission(collection)?.read {
            true => Ok(()),
            false => Err(self.no_access("read", collection)),
        }
    }

    /// Whether the client may write to a collection.
    pub(super) fn check_write(&mut self, collection: &str) -> Result<(), Failure> {
        match self.permission(collection)?.write {
            true => self.check_defined(collection),
            false => Err(self.no_access("write", collection)),
        }
    }

    /// The plaintext of a key; the client may read it.
    pub(super) fn get_private(&mut self, collection: &str, key: &str) -> Result<Bytes, Failure> {
        self.check_read(collection)?;
        self.check_defined(collection)?;
        let value = self
            .simulator
            .get_private(self.namespace, collection, key)?;
        Ok(value.unwrap_or_default())
    }

    /// The hash of a value, which everyone may read.
    pub(super) fn get_private_hash(
        &mut self,
        collection: &str,
        key: &str,
    ) -> Result<Bytes, Failure> {
        self.check_not_init()?;
        self.check_defined(collection)?;
        let hash = self
            .simulator
            .get_private_hash(self.namespace, collection, key)?;
        Ok(hash.unwrap_or_default())
    }

    /// Whether the client may query plaintext, in a transaction that has not written.
    pub(super) fn check_private_query(&mut self, collection: &str) -> Result<(), Failure> {
        self.check_read(collection)?;
        self.simulator.begin_private_query()?;
        self.check_defined(collection)
    }

    /// Whether the ledger knows a collection. That is not the same as whether it is found: each
    /// name that begins like an implicit collection's is.
    pub(super) fn check_defined(&mut self, collection: &str) -> Result<(), Failure> {
        self.read_definition()?;
        if self.collections.defined.contains(collection) {
            return Ok(());
        }
        let channel = self.channel;
        let known = match collection.strip_prefix(IMPLICIT_COLLECTION_PREFIX) {
            Some(msp_id) => channel
                .config()
                .organizations()
                .iter()
                .any(|organization| organization.msp_id == msp_id),
            // A real peer takes the name of no collection for one, in which nothing is.
            None => {
                collection.is_empty()
                    || Collection::find(channel, self.state.view(), self.namespace, collection)?
                        .is_some()
            }
        };
        if !known {
            return Err(Failure(format!(
                "collection [{collection}] not defined in the collection config for chaincode [{}]",
                self.namespace
            )));
        }
        self.collections.defined.insert(collection.to_owned());
        Ok(())
    }

    fn permission(&mut self, collection: &str) -> Result<Permission, Failure> {
        self.check_not_init()?;
        if let Some(permission) = self.collections.permissions.get(collection) {
            return Ok(*permission);
        }
        self.read_definition()?;
        let found = Collection::find(self.channel, self.state.view(), self.namespace, collection)?
            .ok_or_else(|| self.no_collection(collection))?;
        let creator = self
            .channel
            .msps()
            .identity(self.creator)
            .map_err(|error| Failure(error.to_string()))?;
        let permission = found.permission(&creator);
        self.collections
            .permissions
            .insert(collection.to_owned(), permission);
        Ok(permission)
    }

    /// Records the whole definition as read: a transaction with private data is void once it
    /// changes.
    fn read_definition(&mut self) -> Result<(), Failure> {
        if self.collections.read || self.namespace == LIFECYCLE {
            return Ok(());
        }
        let name = self.namespace;
        self.simulator
            .get(LIFECYCLE, &lifecycle::metadata_key(name))?;
        for field in [
            "Sequence",
            "EndorsementInfo",
            "ValidationInfo",
            "Collections",
        ] {
            self.simulator
                .get(LIFECYCLE, &lifecycle::field_key(name, field))?;
        }
        self.collections.read = true;
        Ok(())
    }

    fn check_not_init(&self) -> Result<(), Failure> {
        match self.collections.is_init {
            true => Err(Failure(
                "private data APIs are not allowed in chaincode Init()".to_owned(),
            )),
            false => Ok(()),
        }
    }

    fn no_access(&self, what: &str, collection: &str) -> Failure {
        Failure(format!(
            "tx creator does not have {what} access permission on privatedata in chaincodeName:{} collectionName: {collection}",
            self.namespace
        ))
    }

    fn no_collection(&self, collection: &str) -> Failure {
        Failure(format!(
            "collection {}/{}/{collection} could not be found",
            self.channel.name(),
            self.namespace
        ))
    }
}
