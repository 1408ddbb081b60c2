//! The network's clock, and the form in which messages carry its time.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use prost_types::Timestamp;

/// The system's clock, or one that is fast or slow by as much as a test wants.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    skew_ms: AtomicI64,
}

impl Clock {
    /// The present moment.
    pub(crate) fn now(&self) -> SystemTime {
        let skew = self.skew_ms();
        let distance = Duration::from_millis(skew.unsigned_abs());
        let now = SystemTime::now();
        let moved = if skew < 0 {
            now.checked_sub(distance)
        } else {
            now.checked_add(distance)
        };
        moved.unwrap_or(now)
    }

    /// By how much the clock is fast.
    pub(crate) fn skew_ms(&self) -> i64 {
        self.skew_ms.load(Ordering::Relaxed)
    }

    /// Makes the clock fast by so much, or slow where that is negative.
    pub(crate) fn set_skew_ms(&self, skew_ms: i64) {
        self.skew_ms.store(skew_ms, Ordering::Relaxed);
    }
}

/// A moment as messages carry it.
pub(crate) fn timestamp(moment: SystemTime) -> Timestamp {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp {
        seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(since.subsec_nanos()).unwrap_or_default(),
    }
}
