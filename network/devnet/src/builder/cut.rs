//! When blocks are cut.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// When the orderer cuts a block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cut {
    /// As soon as there is a transaction and no block is being committed.
    #[default]
    Instant,
    /// As a real channel does: by number, size and age. The figures go into the configuration of a
    /// new channel; one that is there keeps to those of its own, which updates may have changed.
    Fabric {
        /// Transactions that fill a block.
        max_message_count: u32,
        /// Bytes that fill a block.
        preferred_max_bytes: u32,
        /// How long the first transaction of a block waits for others.
        batch_timeout: Duration,
    },
    /// Every so often, of whatever waits by then; no block where nothing waits.
    Interval(Duration),
    /// Only when told to, by [`Network::cut`](crate::Network::cut) or the admin endpoint. Up to 10,000 transactions wait;
    /// then submitting waits too.
    Manual,
}

impl Cut {
    /// Fabric's usual figures: 500 transactions, 2 MB, 2 seconds.
    pub fn fabric() -> Self {
        Self::Fabric {
            max_message_count: 500,
            preferred_max_bytes: 2 * 1024 * 1024,
            batch_timeout: Duration::from_secs(2),
        }
    }
}
