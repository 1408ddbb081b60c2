//! What a channel's committer is asked to do between two blocks: to cut one, or to change the
//! ledger while nobody else does.

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

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
