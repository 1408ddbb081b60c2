//! What a running mirror tells about itself.

/// What it is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Not running.
    #[default]
    Stopped,
    /// Another mirror leads; this one waits.
    Standby,
    /// Connecting, or waiting to connect again after a failure.
    Connecting,
    /// Reading and writing blocks.
    Following,
}

/// A snapshot of a mirror's work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// What it is doing.
    pub phase: Phase,
    /// The last block written, proved.
    pub block: Option<u64>,
    /// Blocks written since it was started.
    pub blocks: u64,
    /// Transactions written since it was started.
    pub transactions: u64,
    /// Batches written since it was started.
    pub batches: u64,
    /// Bytes of blocks that wait or are being written.
    pub queue_bytes: usize,
    /// The last failure that passed.
    pub last_failure: Option<String>,
}
