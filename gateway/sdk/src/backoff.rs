//! Pauses between attempts: longer each time, with jitter, up to a bound.

use std::time::Duration;

/// First pause of a stream that resumes.
const FIRST: Duration = Duration::from_millis(100);
/// Longest pause: a peer that comes back is found within this time.
const MAX: Duration = Duration::from_secs(10);
/// Attempts in a row, which with the pauses above take about a minute.
const ATTEMPTS: u32 = 12;
/// Doubling more often than this has long passed any bound.
const DOUBLINGS_MAX: u32 = 24;

/// How a stream resumes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Backoff {
    first: Duration,
    max: Duration,
    attempts: Option<u32>,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(FIRST, MAX)
    }
}

impl Backoff {
    /// Pauses from `first` to `max`, with 12 attempts in a row before the error is handed out.
    pub fn new(first: Duration, max: Duration) -> Self {
        Self {
            first,
            max,
            attempts: Some(ATTEMPTS),
        }
    }

    /// The default pauses, for as long as it takes. What no repetition can mend is handed out all the same.
    pub fn forever() -> Self {
        Self {
            attempts: None,
            ..Self::default()
        }
    }

    /// Gives up after this many attempts in a row.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = Some(attempts);
        self
    }

    /// Whether one more attempt is due after so many failures in a row.
    pub(crate) fn allows(&self, failures: u32) -> bool {
        self.attempts.is_none_or(|attempts| failures <= attempts)
    }

    /// The pause after attempt number `attempt`, from 0: between half of the step and all of it.
    pub(crate) fn delay(&self, attempt: u32) -> Duration {
        let step = self
            .first
            .saturating_mul(1 << attempt.min(DOUBLINGS_MAX))
            .min(self.max);
        let mut random = [0];
        // Without randomness the pause is merely not spread.
        let _ = aws_lc_rs::rand::fill(&mut random);
        step / 2 + step * u32::from(random[0]) / 510
    }
}
