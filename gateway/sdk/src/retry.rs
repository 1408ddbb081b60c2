//! What a submit tries again by itself, and how long it pauses in between.

use std::time::Duration;

use crate::backoff::Backoff;
use crate::error::{Code, Error};

/// Resends of one envelope that are made unless told otherwise: safe, and enough for a peer that restarts.
const RESENDS: u32 = 2;
/// A conflict is over once the block that caused it is committed: short pauses, with jitter so that
/// rivals do not meet again.
const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// What is tried again.
///
/// The same envelope is resent while the outcome of a submit is unknown, which is always safe.
/// All else is opt-in. A new proposal is never made while an outcome is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Retry {
    resends: u32,
    conflicts: u32,
    mismatches: u32,
    troubles: u32,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            resends: RESENDS,
            conflicts: 0,
            mismatches: 0,
            troubles: 0,
        }
    }
}

impl Retry {
    /// Nothing is tried again, not even a resend.
    pub fn none() -> Self {
        Self {
            resends: 0,
            conflicts: 0,
            mismatches: 0,
            troubles: 0,
        }
    }

    /// Makes up to `times` new proposals after MVCC and phantom conflicts.
    pub fn on_conflict(times: u32) -> Self {
        Self::default().and_on_conflict(times)
    }

    /// Makes up to `times` new proposals after MVCC and phantom conflicts.
    pub fn and_on_conflict(mut self, times: u32) -> Self {
        self.conflicts = times;
        self
    }

    /// Makes up to `times` new proposals when the endorsers came to different results, as they do
    /// while one of them is a block behind. A chaincode that is not deterministic never succeeds.
    pub fn and_on_mismatch(mut self, times: u32) -> Self {
        self.mismatches = times;
        self
    }

    /// Repeats a step up to `times` when a peer is overloaded or out of reach before anything was submitted.
    pub fn and_on_trouble(mut self, times: u32) -> Self {
        self.troubles = times;
        self
    }

    /// Resends the same envelope up to `times` while the outcome is unknown.
    pub fn and_resend(mut self, times: u32) -> Self {
        self.resends = times;
        self
    }

    pub(crate) fn again_after_conflict(&self, error: &Error, attempt: u32) -> bool {
        attempt < self.conflicts
            && matches!(error, Error::NotValid { code, .. } if code.is_conflict())
    }

    pub(crate) fn again_after_mismatch(&self, error: &Error, attempt: u32) -> bool {
        attempt < self.mismatches && error.is_mismatch()
    }

    pub(crate) fn again_after_trouble(&self, error: &Error, attempt: u32) -> bool {
        attempt < self.troubles && error.is_retryable()
    }

    pub(crate) fn again_after_unknown(&self, attempt: u32) -> bool {
        attempt < self.resends
    }

    pub(crate) fn again_after_silence(&self, error: &Error, attempt: u32) -> bool {
        let is_silence = match error {
            Error::Overloaded { .. } => true,
            Error::Call { failure } => {
                failure.is_transient() && failure.code != Code::DeadlineExceeded
            }
            _ => false,
        };
        is_silence && attempt < self.resends
    }

    pub(crate) async fn pause(&self, attempt: u32) {
        tokio::time::sleep(Backoff::new(PAUSE_FIRST, PAUSE_MAX).delay(attempt)).await;
    }
}
