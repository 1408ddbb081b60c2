//! How far a verification is.

use std::time::{Duration, Instant};

use tokio::sync::watch;

/// What is being verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// Blocks, transactions, writes, events and transfers, block by block.
    #[default]
    Chain,
    /// The state, and with it tokens, accounts and notes.
    State,
    /// Balances, caps and counts.
    Sums,
}

/// A snapshot of a verification's work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyProgress {
    /// What is being verified.
    pub stage: Stage,
    /// Blocks verified.
    pub blocks: u64,
    /// Blocks in all, by the checkpoint.
    pub blocks_total: u64,
    /// Transactions verified.
    pub transactions: u64,
    /// Rows read.
    pub rows: u64,
    /// Time since it began.
    pub elapsed: Duration,
    /// What was found wrong so far.
    pub findings: usize,
}

impl VerifyProgress {
    /// Rows per second since it began.
    #[must_use]
    pub fn rows_per_second(&self) -> u64 {
        let milliseconds = self.elapsed.as_millis().max(1);
        u64::try_from(u128::from(self.rows) * 1_000 / milliseconds).unwrap_or(u64::MAX)
    }
}

/// Tells it to whoever watches.
pub(crate) struct Teller {
    started: Instant,
    sender: watch::Sender<VerifyProgress>,
}

impl Teller {
    pub(crate) fn new(sender: watch::Sender<VerifyProgress>) -> Self {
        Self {
            started: Instant::now(),
            sender,
        }
    }

    pub(crate) fn tell(&self, change: impl FnOnce(&mut VerifyProgress)) {
        self.sender.send_modify(|progress| {
            change(progress);
            progress.elapsed = self.started.elapsed();
        });
    }

    pub(crate) fn now(&self) -> VerifyProgress {
        self.tell(|_| {});
        self.sender.borrow().clone()
    }
}
