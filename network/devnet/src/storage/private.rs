//! The tables of private data: plaintext of the state, and the write sets that belong to blocks.

use std::collections::BTreeMap;

use bytes::Bytes;
use fabric_ledger::{
    Version,
    state::{HashedKey, VersionedValue},
};
use fabric_protos::kvrwset::KvrwSet;
use prost::Message as _;
use redb::{
    ReadOnlyTable, ReadTransaction, ReadableTable, Table, TableDefinition, WriteTransaction,
};
use sha2::{Digest as _, Sha256};

use super::{
    StorageError,
    copying::copy,
    key,
    tables::{read_record, record},
};

/// Plaintext by namespace, collection and key, in the form of state records.
const PLAINTEXT: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("private_state");
/// Keys of [`PLAINTEXT`] by namespace, collection and the hash of the key.
const NAMES: TableDefinition<'_, &[u8], &str> = TableDefinition::new("private_keys");
/// Write sets by block, transaction, namespace and collection.
const SETS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("private_sets");
/// Keys of [`SETS`] to drop, behind the block that drops them.
const EXPIRING_SETS: TableDefinition<'_, &[u8], ()> = TableDefinition::new("private_sets_expiring");
/// Which sets hold a key: namespace, collection, hash of the key, block, transaction.
const WRITERS: TableDefinition<'_, &[u8], ()> = TableDefinition::new("private_writers");

/// What a block does to plaintext.
#[derive(Debug, Default)]
pub(crate) struct PrivateChanges {
    /// What keys hold from now on.
    pub(crate) plaintext: BTreeMap<HashedKey, Plaintext>,
    /// Keys whose plaintext leaves the state.
    pub(crate) removed: Vec<HashedKey>,
    /// The write sets of the block's valid transactions.
    pub(crate) sets: Vec<PrivateSet>,
    /// Keys that leave all sets up to that of this transaction of the block.
    pub(crate) purged: Vec<(HashedKey, u32)>,
}

/// A private key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plaintext {
    pub(crate) key: String,
    pub(crate) value: Bytes,
    pub(crate) version: Version,
}

/// What a transaction wrote to a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PrivateSet {
    /// Index of the transaction in its block.
    pub(crate) transaction: u32,
    pub(crate) namespace: String,
    pub(crate) collection: String,
    /// Fabric's `KVRWSet`.
    pub(crate) writes: Bytes,
    /// Hashes of the keys written; empty in a set that was read.
    pub(crate) key_hashes: Vec<Bytes>,
    /// The block whose commit drops the set.
    pub(crate) expires_in: Option<u64>,
}

/// The tables as of one commit.
pub(super) struct PrivateReading {
    plaintext: ReadOnlyTable<&'static [u8], &'static [u8]>,
    names: ReadOnlyTable<&'static [u8], &'static str>,
    sets: ReadOnlyTable<&'static [u8], &'static [u8]>,
    expiring: ReadOnlyTable<&'static [u8], ()>,
    writers: ReadOnlyTable<&'static [u8], ()>,
}

impl PrivateReading {
    pub(super) fn open(transaction: &ReadTransaction) -> Result<Self, StorageError> {
        Ok(Self {
            plaintext: transaction.open_table(PLAINTEXT)?,
            names: transaction.open_table(NAMES)?,
            sets: transaction.open_table(SETS)?,
            expiring: transaction.open_table(EXPIRING_SETS)?,
            writers: transaction.open_table(WRITERS)?,
        })
    }

    pub(super) fn plaintext(&self) -> &ReadOnlyTable<&'static [u8], &'static [u8]> {
        &self.plaintext
    }

    pub(super) fn get(
        &self,
        namespace: &str,
        collection: &str,
        key: &str,
    ) -> Result<Option<VersionedValue>, StorageError> {
        let key = key::hashed(namespace, collection, key.as_bytes());
        let record = self.plaintext.get(&*key)?;
        record.map(|record| read_record(record.value())).transpose()
    }

    /// Key and plaintext behind the hash of a key.
    pub(super) fn by_hash(
        &self,
        namespace: &str,
        collection: &str,
        key_hash: &[u8],
    ) -> Result<Option<(String, VersionedValue)>, StorageError> {
        let Some(name) = self
            .names
            .get(&*key::hashed(namespace, collection, key_hash))?
        else {
            return Ok(None);
        };
        let name = name.value().to_owned();
        let record = self.get(namespace, collection, &name)?;
        Ok(record.map(|record| (name, record)))
    }

    /// The sets of a block, in the order of transaction, namespace, collection.
    pub(super) fn sets(&self, block: u64) -> Result<Vec<PrivateSet>, StorageError> {
        let first = block.to_be_bytes();
        let mut sets = Vec::new();
        for row in self.sets.range::<&[u8]>(first.as_slice()..)? {
            let (key, writes) = row?;
            let (number, set) =
                key::read_private_set(key.value()).ok_or(StorageError::Malformed("private set"))?;
            if number != block {
                break;
            }
            sets.push(PrivateSet {
                writes: Bytes::copy_from_slice(writes.value()),
                ..set
            });
        }
        Ok(sets)
    }
}

/// The tables of one commit to be.
pub(super) struct PrivateWriting<'t> {
    plaintext: Table<'t, &'static [u8], &'static [u8]>,
    names: Table<'t, &'static [u8], &'static str>,
    sets: Table<'t, &'static [u8], &'static [u8]>,
    expiring: Table<'t, &'static [u8], ()>,
    writers: Table<'t, &'static [u8], ()>,
}

impl<'t> PrivateWriting<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self, StorageError> {
        Ok(Self {
            plaintext: transaction.open_table(PLAINTEXT)?,
            names: transaction.open_table(NAMES)?,
            sets: transaction.open_table(SETS)?,
            expiring: transaction.open_table(EXPIRING_SETS)?,
            writers: transaction.open_table(WRITERS)?,
        })
    }

    /// Writes every row of a ledger's tables into these, which are empty.
    pub(super) fn fill(&mut self, from: &PrivateReading) -> Result<(), StorageError> {
        // Names every table, so that none is forgotten.
        let PrivateReading {
            plaintext,
            names,
            sets,
            expiring,
            writers,
        } = from;
        copy(plaintext, &mut self.plaintext)?;
        copy(names, &mut self.names)?;
        copy(sets, &mut self.sets)?;
        copy(expiring, &mut self.expiring)?;
        copy(writers, &mut self.writers)
    }

    /// Applies what block `number` does.
    pub(super) fn write(
        &mut self,
        number: u64,
        changes: &PrivateChanges,
    ) -> Result<(), StorageError> {
        for key in &changes.removed {
            self.remove(key)?;
        }
        for (key, plaintext) in &changes.plaintext {
            self.put(key, plaintext)?;
        }
        for set in &changes.sets {
            self.keep(number, set)?;
        }
        for (key, transaction) in &changes.purged {
            self.purge(key, number, *transaction)?;
        }
        self.expire(number)
    }

    fn remove(&mut self, hashed: &HashedKey) -> Result<(), StorageError> {
        let HashedKey {
            namespace,
            collection,
            key_hash,
        } = hashed;
        let name = self
            .names
            .remove(&*key::hashed(namespace, collection, key_hash))?;
        if let Some(name) = name {
            let key = key::hashed(namespace, collection, name.value().as_bytes());
            self.plaintext.remove(&*key)?;
        }
        Ok(())
    }

    fn put(&mut self, hashed: &HashedKey, plaintext: &Plaintext) -> Result<(), StorageError> {
        let HashedKey {
            namespace,
            collection,
            key_hash,
        } = hashed;
        let Plaintext {
            key,
            value,
            version,
        } = plaintext;
        self.names
            .insert(&*key::hashed(namespace, collection, key_hash), key.as_str())?;
        self.plaintext.insert(
            &*key::hashed(namespace, collection, key.as_bytes()),
            &*record(value, &[], *version),
        )?;
        Ok(())
    }

    fn keep(&mut self, number: u64, set: &PrivateSet) -> Result<(), StorageError> {
        let PrivateSet {
            transaction,
            namespace,
            collection,
            ..
        } = set;
        let key = key::private_set(number, *transaction, namespace, collection);
        self.sets.insert(&*key, &*set.writes)?;
        for key_hash in &set.key_hashes {
            let writer = key::private_writer(namespace, collection, key_hash, number, *transaction);
            self.writers.insert(&*writer, ())?;
        }
        if let Some(expires_in) = set.expires_in {
            let row = [&expires_in.to_be_bytes(), &*key].concat();
            self.expiring.insert(&*row, ())?;
        }
        Ok(())
    }

    /// Takes a key out of every set up to a transaction.
    fn purge(
        &mut self,
        key: &HashedKey,
        number: u64,
        transaction: u32,
    ) -> Result<(), StorageError> {
        let HashedKey {
            namespace,
            collection,
            key_hash,
        } = key;
        let first = key::private_writer(namespace, collection, key_hash, 0, 0);
        let last = key::private_writer(namespace, collection, key_hash, number, transaction);
        let mut writers = Vec::new();
        for row in self.writers.range::<&[u8]>(&*first..=&*last)? {
            let (writer, _) = row?;
            writers.push(writer.value().to_vec());
        }
        for writer in writers {
            self.writers.remove(&*writer)?;
            let (block, index) =
                key::history_position(&writer).ok_or(StorageError::Malformed("private writer"))?;
            let set = key::private_set(block, index, namespace, collection);
            let writes = self
                .sets
                .get(&*set)?
                .map(|set| without(set.value(), key_hash));
            if let Some(writes) = writes.transpose()? {
                self.sets.insert(&*set, &*writes)?;
            }
        }
        Ok(())
    }

    /// Drops the sets whose time is up.
    fn expire(&mut self, number: u64) -> Result<(), StorageError> {
        let end = number.saturating_add(1).to_be_bytes();
        let mut due = Vec::new();
        for row in self.expiring.range::<&[u8]>(..end.as_slice())? {
            let (row, _) = row?;
            due.push(row.value().to_vec());
        }
        for row in due {
            self.expiring.remove(&*row)?;
            let set = row.get(8..).unwrap_or_default();
            let (block, header) =
                key::read_private_set(set).ok_or(StorageError::Malformed("private set"))?;
            let writes = self.sets.remove(set)?;
            let Some(writes) = writes.map(|writes| decode(writes.value())).transpose()? else {
                continue;
            };
            for write in writes.writes {
                let writer = key::private_writer(
                    &header.namespace,
                    &header.collection,
                    &Sha256::digest(write.key),
                    block,
                    header.transaction,
                );
                self.writers.remove(&*writer)?;
            }
        }
        Ok(())
    }
}

fn decode(writes: &[u8]) -> Result<KvrwSet, StorageError> {
    KvrwSet::decode(writes).map_err(|_| StorageError::Malformed("private set"))
}

/// A set without the writes of one key.
fn without(writes: &[u8], key_hash: &[u8]) -> Result<Vec<u8>, StorageError> {
    let mut set = decode(writes)?;
    set.writes
        .retain(|write| *Sha256::digest(&write.key) != *key_hash);
    Ok(set.encode_to_vec())
}
