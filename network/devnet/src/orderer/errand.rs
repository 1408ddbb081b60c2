//! What a channel's committer is asked to do between two blocks: to cut one, or to change the
//! ledger while nobody else does.

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::storage::StorageError;

/// Waiting errands of one channel. Each caller waits for the answer before the next.
pub(crate) const ERRANDS: usize = 8;

/// One thing to do; whoever asked may have gone.
#[derive(Debug)]
pub(crate) enum Errand {
    /// Cut a block of at most so many transactions.
    Cut {
        count_max: usize,
        reply: oneshot::Sender<CutBlock>,
    },
    /// Keep the present state; gives the number of the savepoint and the height.
    Save {
        reply: oneshot::Sender<Result<(u64, u64), StorageError>>,
    },
    /// Forget a state that was kept.
    Forget {
        savepoint: u64,
        reply: oneshot::Sender<Result<(), StorageError>>,
    },
    /// Take the ledger back to a state that was kept, and drop the transactions that wait.
    Revert {
        savepoint: u64,
        reply: oneshot::Sender<Result<(), StorageError>>,
    },
}

/// What became of the wish for a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutBlock {
    /// Name of the channel.
    pub channel: String,
    /// Number of the block; none where no transaction waited.
    pub block: Option<u64>,
    /// Transactions in it.
    pub transactions: usize,
    /// Transactions that still wait.
    pub waiting: usize,
}
