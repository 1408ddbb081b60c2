//! The tables of the ledger's file, open for reading or for writing.

use bytes::Bytes;
use fabric_ledger::{
    Version,
    state::{Update, VersionedValue},
};
use redb::{
    Database, ReadOnlyTable, ReadableDatabase as _, ReadableTable as _, Table, TableDefinition,
    WriteTransaction,
};

use super::{
    Commit, Head, StorageError,
    copying::copy,
    key,
    private::{PrivateReading, PrivateWriting},
};

/// Blocks by number, encoded.
const BLOCKS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("blocks");
/// Numbers of blocks by the hash of their header.
const BLOCK_NUMBERS: TableDefinition<'_, &[u8], u64> = TableDefinition::new("block_numbers");
/// Block, index and validation code of the first transaction with an id.
const TRANSACTIONS: TableDefinition<'_, &str, (u64, u32, u8)> =
    TableDefinition::new("transactions");
/// Public state.
const STATE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("state");
/// Hashes of private state.
const HASHED: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("hashed");
/// Private keys to drop.
const EXPIRING: TableDefinition<'_, &[u8], ()> = TableDefinition::new("expiring");
/// Every write of every public key.
const HISTORY: TableDefinition<'_, &[u8], ()> = TableDefinition::new("history");
/// Height, hash of the last block, its commit hash, number of the configuration block.
type HeadRecord<'a> = (u64, &'a [u8], &'a [u8], u64);
/// Where the chain ends; the key is empty.
const HEAD: TableDefinition<'_, (), HeadRecord<'_>> = TableDefinition::new("head");

/// All tables as of one commit.
pub(super) struct Reading {
    pub(super) blocks: ReadOnlyTable<u64, &'static [u8]>,
    pub(super) block_numbers: ReadOnlyTable<&'static [u8], u64>,
    pub(super) transactions: ReadOnlyTable<&'static str, (u64, u32, u8)>,
    pub(super) state: ReadOnlyTable<&'static [u8], &'static [u8]>,
    pub(super) hashed: ReadOnlyTable<&'static [u8], &'static [u8]>,
    pub(super) expiring: ReadOnlyTable<&'static [u8], ()>,
    pub(super) history: ReadOnlyTable<&'static [u8], ()>,
    pub(super) private: PrivateReading,
    pub(super) head: Head,
}

impl Reading {
    pub(super) fn open(database: &Database) -> Result<Self, StorageError> {
        let transaction = database.begin_read()?;
        let head = transaction.open_table(HEAD)?;
        let head = match head.get(())? {
            None => Head::default(),
            Some(record) => {
                let (height, block_hash, commit_hash, config_block) = record.value();
                Head {
                    height,
                    block_hash: Bytes::copy_from_slice(block_hash),
                    commit_hash: Bytes::copy_from_slice(commit_hash),
                    config_block,
                }
            }
        };
        Ok(Self {
            blocks: transaction.open_table(BLOCKS)?,
            block_numbers: transaction.open_table(BLOCK_NUMBERS)?,
            transactions: transaction.open_table(TRANSACTIONS)?,
            state: transaction.open_table(STATE)?,
            hashed: transaction.open_table(HASHED)?,
            expiring: transaction.open_table(EXPIRING)?,
            history: transaction.open_table(HISTORY)?,
            private: PrivateReading::open(&transaction)?,
            head,
        })
    }
}

/// All tables of one commit to be.
pub(super) struct Writing<'t> {
    blocks: Table<'t, u64, &'static [u8]>,
    block_numbers: Table<'t, &'static [u8], u64>,
    transactions: Table<'t, &'static str, (u64, u32, u8)>,
    state: Table<'t, &'static [u8], &'static [u8]>,
    hashed: Table<'t, &'static [u8], &'static [u8]>,
    expiring: Table<'t, &'static [u8], ()>,
    history: Table<'t, &'static [u8], ()>,
    private: PrivateWriting<'t>,
    head: Table<'t, (), HeadRecord<'static>>,
}

impl<'t> Writing<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self, StorageError> {
        Ok(Self {
            blocks: transaction.open_table(BLOCKS)?,
            block_numbers: transaction.open_table(BLOCK_NUMBERS)?,
            transactions: transaction.open_table(TRANSACTIONS)?,
            state: transaction.open_table(STATE)?,
            hashed: transaction.open_table(HASHED)?,
            expiring: transaction.open_table(EXPIRING)?,
            history: transaction.open_table(HISTORY)?,
            private: PrivateWriting::open(transaction)?,
            head: transaction.open_table(HEAD)?,
        })
    }

    pub(super) fn write(&mut self, commit: &Commit) -> Result<(), StorageError> {
        let number = commit
            .head
            .height
            .checked_sub(1)
            .ok_or(StorageError::Malformed("head"))?;
        self.blocks.insert(number, &*commit.block)?;
        self.block_numbers
            .insert(&*commit.head.block_hash, number)?;
        for (id, index, code) in &commit.transactions {
            // The first transaction with an id stays the one that it stands for.
            if !id.is_empty() && self.transactions.get(id.as_str())?.is_none() {
                self.transactions
                    .insert(id.as_str(), (number, *index, *code))?;
            }
        }
        for (namespace, key, transaction) in &commit.history {
            self.history
                .insert(&*key::history(namespace, key, number, *transaction), ())?;
        }
        self.write_state(commit)?;
        self.private.write(number, &commit.private)?;
        self.write_head(&commit.head)
    }

    fn write_head(&mut self, head: &Head) -> Result<(), StorageError> {
        let Head {
            height,
            block_hash,
            commit_hash,
            config_block,
        } = head;
        self.head
            .insert((), (*height, &**block_hash, &**commit_hash, *config_block))?;
        Ok(())
    }

    fn write_state(&mut self, commit: &Commit) -> Result<(), StorageError> {
        for (namespace, updates) in &commit.updates.namespaces {
            for (key, update) in &updates.public {
                put(&mut self.state, &key::state(namespace, key), update)?;
            }
            for (collection, updates) in &updates.collections {
                for (hash, update) in updates {
                    put(
                        &mut self.hashed,
                        &key::hashed(namespace, collection, hash),
                        update,
                    )?;
                }
            }
        }
        for expired in &commit.updates.expired {
            let key = key::hashed(&expired.namespace, &expired.collection, &expired.key_hash);
            self.hashed.remove(&*key)?;
        }
        // Whatever this block was to drop is dropped or was written again.
        let number = commit.head.height.saturating_sub(1);
        let (first, end) = (number.to_be_bytes(), number.saturating_add(1).to_be_bytes());
        self.expiring
            .retain_in::<&[u8], _>(first.as_slice()..end.as_slice(), |_, ()| false)?;
        for expiring in &commit.updates.expiring {
            self.expiring.insert(&*key::expiring(expiring), ())?;
        }
        Ok(())
    }

    /// Writes every row of a ledger into this one, which is empty.
    pub(super) fn fill(&mut self, from: &Reading) -> Result<(), StorageError> {
        // Names every table, so that none is forgotten.
        let Reading {
            blocks,
            block_numbers,
            transactions,
            state,
            hashed,
            expiring,
            history,
            private,
            head,
        } = from;
        copy(blocks, &mut self.blocks)?;
        copy(block_numbers, &mut self.block_numbers)?;
        copy(transactions, &mut self.transactions)?;
        copy(state, &mut self.state)?;
        copy(hashed, &mut self.hashed)?;
        copy(expiring, &mut self.expiring)?;
        copy(history, &mut self.history)?;
        self.private.fill(private)?;
        self.write_head(head)
    }
}

fn put(
    table: &mut Table<'_, &'static [u8], &'static [u8]>,
    key: &[u8],
    update: &Update,
) -> Result<(), StorageError> {
    match &update.value {
        Some(value) => {
            table.insert(key, &*record(value, &update.metadata, update.version))?;
        }
        None => {
            table.remove(key)?;
        }
    }
    Ok(())
}

/// A state record: version, length of the metadata, metadata, value.
pub(super) fn record(value: &[u8], metadata: &[u8], version: Version) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(20 + metadata.len() + value.len());
    bytes.extend_from_slice(&version.block_number.to_be_bytes());
    bytes.extend_from_slice(&version.transaction_number.to_be_bytes());
    let length = u32::try_from(metadata.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(metadata);
    bytes.extend_from_slice(value);
    bytes
}

/// The version at the beginning of a state record.
pub(super) fn read_version(record: &[u8]) -> Result<(Version, &[u8]), StorageError> {
    const MALFORMED: StorageError = StorageError::Malformed("state record");
    let (block, rest) = record.split_first_chunk::<8>().ok_or(MALFORMED)?;
    let (transaction, rest) = rest.split_first_chunk::<8>().ok_or(MALFORMED)?;
    let version = Version::new(u64::from_be_bytes(*block), u64::from_be_bytes(*transaction));
    Ok((version, rest))
}

/// Reads what [`record`] writes.
pub(super) fn read_record(record: &[u8]) -> Result<VersionedValue, StorageError> {
    const MALFORMED: StorageError = StorageError::Malformed("state record");
    let (version, rest) = read_version(record)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(MALFORMED)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| MALFORMED)?;
    let (metadata, value) = rest.split_at_checked(length).ok_or(MALFORMED)?;
    Ok(VersionedValue {
        value: Bytes::copy_from_slice(value),
        metadata: Bytes::copy_from_slice(metadata),
        version,
    })
}
