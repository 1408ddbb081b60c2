//! The ledger as of one block, for simulations, validation and whoever asks for blocks.

use std::{ops::Bound, sync::Arc};

use bytes::Bytes;
use fabric_ledger::{
    Version,
    state::{ExpiringKey, State, TransactionIds, VersionedValue},
};
use redb::ReadOnlyTable;

use super::{
    Head, PrivateSet, StorageError, key,
    tables::{Reading, read_record, read_version},
};

/// A consistent view that commits do not change. Cheap to clone; while one is held the file keeps
/// the pages that it shows.
#[derive(Clone)]
pub(crate) struct View {
    tables: Arc<Reading>,
    generation: u64,
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("View")
            .field(&self.tables.head.height)
            .finish()
    }
}

/// Where a transaction stands in the chain, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) block: u64,
    pub(crate) index: u32,
    pub(crate) code: u8,
}

impl View {
    pub(super) fn new(tables: Arc<Reading>, generation: u64) -> Self {
        Self { tables, generation }
    }

    pub(super) fn tables(&self) -> &Reading {
        &self.tables
    }

    /// How often the ledger had been reverted: the same position in two generations need not be the
    /// same transaction.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn head(&self) -> &Head {
        &self.tables.head
    }

    /// An encoded block.
    pub(crate) fn block(&self, number: u64) -> Result<Option<Bytes>, StorageError> {
        let block = self.tables.blocks.get(number)?;
        Ok(block.map(|block| Bytes::copy_from_slice(block.value())))
    }

    /// The number of the block whose header has this hash.
    pub(crate) fn block_by_hash(&self, hash: &[u8]) -> Result<Option<u64>, StorageError> {
        let number = self.tables.block_numbers.get(hash)?;
        Ok(number.map(|number| number.value()))
    }

    /// The first transaction with an id.
    pub(crate) fn transaction(&self, id: &str) -> Result<Option<Position>, StorageError> {
        let position = self.tables.transactions.get(id)?;
        Ok(position.map(|position| {
            let (block, index, code) = position.value();
            Position { block, index, code }
        }))
    }

    /// Block and index of the transactions that wrote a key, newest first, before a position.
    pub(crate) fn history(
        &self,
        namespace: &str,
        key: &str,
        before: Option<(u64, u32)>,
        limit: usize,
    ) -> Result<Vec<(u64, u32)>, StorageError> {
        let prefix = key::history_prefix(namespace, key);
        let (block, index) = before.unwrap_or((u64::MAX, u32::MAX));
        let end = key::history(namespace, key, block, index);
        let rows = self.tables.history.range::<&[u8]>(&*prefix..&*end)?;
        rows.rev()
            .take(limit)
            .map(|row| {
                let (key, ()) = row.map(|(key, value)| (key, value.value()))?;
                key::history_position(key.value()).ok_or(StorageError::Malformed("history key"))
            })
            .collect()
    }

    /// Private key and plaintext behind the hash of a key.
    pub(crate) fn plaintext(
        &self,
        namespace: &str,
        collection: &str,
        key_hash: &[u8],
    ) -> Result<Option<(String, VersionedValue)>, StorageError> {
        self.tables.private.by_hash(namespace, collection, key_hash)
    }

    /// What the transactions of a block wrote to collections, as far as it is kept.
    pub(crate) fn private_sets(&self, block: u64) -> Result<Vec<PrivateSet>, StorageError> {
        self.tables.private.sets(block)
    }
}

impl State for View {
    type Error = StorageError;

    fn get(&self, namespace: &str, key: &str) -> Result<Option<VersionedValue>, StorageError> {
        let record = self.tables.state.get(&*key::state(namespace, key))?;
        record.map(|record| read_record(record.value())).transpose()
    }

    fn version(&self, namespace: &str, key: &str) -> Result<Option<Version>, StorageError> {
        let record = self.tables.state.get(&*key::state(namespace, key))?;
        record
            .map(|record| Ok(read_version(record.value())?.0))
            .transpose()
    }

    fn range(
        &self,
        namespace: &str,
        start: &str,
        end: &str,
        limit: usize,
    ) -> Result<Vec<(String, VersionedValue)>, StorageError> {
        let bounds = [start, end].map(|key| key::state(namespace, key));
        let prefix = key::state(namespace, "");
        rows(&self.tables.state, &prefix, &bounds, end.is_empty(), limit)
    }

    fn get_hashed(
        &self,
        namespace: &str,
        collection: &str,
        key_hash: &[u8],
    ) -> Result<Option<VersionedValue>, StorageError> {
        let record = self
            .tables
            .hashed
            .get(&*key::hashed(namespace, collection, key_hash))?;
        record.map(|record| read_record(record.value())).transpose()
    }

    fn expiring(&self, block_number: u64) -> Result<Vec<ExpiringKey>, StorageError> {
        let first = block_number.to_be_bytes();
        let rows = self.tables.expiring.range::<&[u8]>(first.as_slice()..)?;
        let mut keys = Vec::new();
        for row in rows {
            let (key, _) = row?;
            let expiring =
                key::read_expiring(key.value()).ok_or(StorageError::Malformed("expiring key"))?;
            if expiring.expires_in != block_number {
                break;
            }
            keys.push(expiring);
        }
        Ok(keys)
    }

    fn get_private(
        &self,
        namespace: &str,
        collection: &str,
        key: &str,
    ) -> Result<Option<VersionedValue>, StorageError> {
        self.tables.private.get(namespace, collection, key)
    }

    fn private_range(
        &self,
        namespace: &str,
        collection: &str,
        start: &str,
        end: &str,
        limit: usize,
    ) -> Result<Vec<(String, VersionedValue)>, StorageError> {
        let bounds = [start, end].map(|key| key::hashed(namespace, collection, key.as_bytes()));
        let prefix = key::hashed(namespace, collection, &[]);
        let table = self.tables.private.plaintext();
        rows(table, &prefix, &bounds, end.is_empty(), limit)
    }
}

/// State records with keys between two bounds, the second excluded or open, below a prefix.
fn rows(
    table: &ReadOnlyTable<&'static [u8], &'static [u8]>,
    prefix: &[u8],
    [first, last]: &[Vec<u8>; 2],
    open: bool,
    limit: usize,
) -> Result<Vec<(String, VersionedValue)>, StorageError> {
    let upper = if open {
        Bound::Unbounded
    } else if first < last {
        Bound::Excluded(&**last)
    } else {
        return Ok(Vec::new());
    };
    let mut rows = Vec::new();
    let range = table.range::<&[u8]>((Bound::Included(&**first), upper))?;
    for row in range.take(limit) {
        let (key, record) = row?;
        let Some(key) = key.value().strip_prefix(prefix) else {
            break;
        };
        let key = str::from_utf8(key).map_err(|_| StorageError::Malformed("state key"))?;
        rows.push((key.to_owned(), read_record(record.value())?));
    }
    Ok(rows)
}

impl TransactionIds for View {
    type Error = StorageError;

    fn contains(&self, transaction_id: &str) -> Result<bool, StorageError> {
        Ok(self.tables.transactions.get(transaction_id)?.is_some())
    }
}
