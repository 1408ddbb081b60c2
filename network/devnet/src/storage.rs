//! Blocks, state and indexes in one file: every block is one atomic, durable commit.
//!
//! Whoever reads takes a [`View`], which stays as it was when taken; one writer appends blocks.
//! Knows Fabric's shapes but none of its rules.

mod copying;
mod key;
mod private;
mod savepoints;
mod tables;
mod view;

use std::{
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

use bytes::Bytes;
use fabric_ledger::state::UpdateBatch;
use redb::{Database, backends::InMemoryBackend};

use tables::{Reading, Writing};

pub(crate) use private::{Plaintext, PrivateChanges, PrivateSet};
pub(crate) use view::View;

/// Why the ledger's file could not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    /// The database underneath failed.
    #[error("the ledger's database failed")]
    Database(#[source] Box<redb::Error>),
    /// A record is not what this program writes.
    #[error("the ledger's file holds a malformed {0}")]
    Malformed(&'static str),
}

impl<E: Into<redb::Error>> From<E> for StorageError {
    fn from(error: E) -> Self {
        Self::Database(Box::new(error.into()))
    }
}

/// Where the chain ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// Number of blocks.
    pub(crate) height: u64,
    /// Hash of the last block's header.
    pub(crate) block_hash: Bytes,
    /// Commit hash of the last block; empty after block 0.
    pub(crate) commit_hash: Bytes,
    /// The block that holds the configuration in force.
    pub(crate) config_block: u64,
}

/// What one block leaves behind.
#[derive(Debug)]
pub(crate) struct Commit {
    /// Where the chain ends with this block.
    pub(crate) head: Head,
    /// The block, encoded, with its metadata.
    pub(crate) block: Bytes,
    /// Id, index and validation code of each transaction.
    pub(crate) transactions: Vec<(String, u32, u8)>,
    /// Net updates of the state.
    pub(crate) updates: UpdateBatch,
    /// Every write of a public key: namespace, key, index of the transaction.
    pub(crate) history: Vec<(String, String, u32)>,
    /// What becomes of private data.
    pub(crate) private: PrivateChanges,
}

/// The ledger's file, or its like in memory.
pub(crate) struct Storage {
    database: Database,
    view: RwLock<View>,
}

impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Storage").finish_non_exhaustive()
    }
}

impl Storage {
    /// Opens the file, made where there is none; without a path, keeps everything in memory.
    pub(crate) fn open(path: Option<&Path>, cache_bytes: usize) -> Result<Self, StorageError> {
        let mut builder = Database::builder();
        builder.set_cache_size(cache_bytes);
        let database = match path {
            Some(path) => builder.create(path)?,
            None => builder.create_with_backend(InMemoryBackend::new())?,
        };
        // The tables must exist before the first view opens them.
        let transaction = database.begin_write()?;
        drop(Writing::open(&transaction)?);
        transaction.commit()?;
        let view = View::new(Arc::new(Reading::open(&database)?), 0);
        Ok(Self {
            database,
            view: RwLock::new(view),
        })
    }

    /// Everything as of the last block.
    pub(crate) fn view(&self) -> View {
        self.view
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Appends a block. When this returns, the block survives the death of the process.
    pub(crate) fn commit(&self, commit: &Commit) -> Result<(), StorageError> {
        let mut transaction = self.database.begin_write()?;
        // Without it a killed network would read its whole file at the next start.
        transaction.set_quick_repair(true);
        let mut tables = Writing::open(&transaction)?;
        tables.write(commit)?;
        drop(tables);
        transaction.commit()?;
        self.refresh()
    }

    fn refresh(&self) -> Result<(), StorageError> {
        // Taken first, so that a view never gives way to an older one.
        let mut view = self.view.write().unwrap_or_else(PoisonError::into_inner);
        let generation = view.generation();
        *view = View::new(Arc::new(Reading::open(&self.database)?), generation);
        Ok(())
    }
}
