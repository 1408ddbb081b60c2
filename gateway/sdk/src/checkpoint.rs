//! How far a reader of events has come, kept so that it can go on from there.

mod file;
mod memory;

use std::future::Future;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use file::FileCheckpointer;
pub use memory::MemoryCheckpointer;

use crate::chaincode_event::ChaincodeEvent;
use crate::transaction_id::TransactionId;

/// Where to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// The block to begin with.
    pub block_number: u64,
    /// The transaction of that block that was processed last. Chaincode events up to its own are
    /// left out; streams of blocks give the block again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
}

impl Position {
    /// At the beginning of a block.
    #[must_use]
    pub fn at_block(block_number: u64) -> Self {
        Self {
            block_number,
            transaction_id: None,
        }
    }

    /// After all of a block.
    #[must_use]
    pub fn after_block(block_number: u64) -> Self {
        Self::at_block(block_number.saturating_add(1))
    }

    /// After a transaction of a block.
    #[must_use]
    pub fn after_transaction(block_number: u64, transaction_id: &TransactionId) -> Self {
        Self {
            block_number,
            transaction_id: Some(transaction_id.to_string()),
        }
    }

    /// After a chaincode event.
    #[must_use]
    pub fn after_event(event: &ChaincodeEvent) -> Self {
        Self::after_transaction(event.block_number, &event.transaction_id)
    }
}

/// Keeps a position: in memory, in a file, or wherever an implementation puts it, for instance in
/// the database transaction that also writes what the event meant.
pub trait Checkpointer: Send {
    /// The position; `None` if nothing was processed yet.
    fn position(&self) -> Option<Position>;

    /// Keeps a position. Once this returns, a restart goes on from there.
    fn store(
        &mut self,
        position: Position,
    ) -> impl Future<Output = Result<(), CheckpointError>> + Send;

    /// Notes that all of a block was processed.
    fn checkpoint_block(
        &mut self,
        block_number: u64,
    ) -> impl Future<Output = Result<(), CheckpointError>> + Send {
        self.store(Position::after_block(block_number))
    }

    /// Notes that a transaction of a block was processed.
    fn checkpoint_transaction(
        &mut self,
        block_number: u64,
        transaction_id: &TransactionId,
    ) -> impl Future<Output = Result<(), CheckpointError>> + Send {
        self.store(Position::after_transaction(block_number, transaction_id))
    }

    /// Notes that a chaincode event was processed.
    fn checkpoint_event(
        &mut self,
        event: &ChaincodeEvent,
    ) -> impl Future<Output = Result<(), CheckpointError>> + Send {
        self.store(Position::after_event(event))
    }
}

/// A position could not be kept or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The file cannot be read.
    #[error("cannot read the checkpoint {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not a checkpoint.
    #[error("{} is not a checkpoint; restore it, or remove it to begin anew", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The file cannot be written; the former position stands.
    #[error("cannot write the checkpoint {}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another reader has the file open.
    #[error("the checkpoint {} is in use; give each reader a file of its own", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// Another store failed.
    #[error("the checkpoint could not be kept")]
    Other(#[source] Box<dyn std::error::Error + Send + Sync>),
}
