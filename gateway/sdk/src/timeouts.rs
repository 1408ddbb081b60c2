//! How long each step may take. There is no step without a limit.

use std::time::Duration;

/// Limits per step; the defaults are those that Fabric's own samples use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For an evaluation: 5 s.
    pub evaluate: Duration,
    /// For the collection of endorsements: 15 s.
    pub endorse: Duration,
    /// For the hand-over to the ordering service: 5 s.
    pub submit: Duration,
    /// For the wait until a transaction is committed: 60 s.
    pub commit_status: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            evaluate: Duration::from_secs(5),
            endorse: Duration::from_secs(15),
            submit: Duration::from_secs(5),
            commit_status: Duration::from_secs(60),
        }
    }
}
