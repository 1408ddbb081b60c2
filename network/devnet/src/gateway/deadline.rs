//! How long a client waits for an answer, as its call says. A little before, it is told what the
//! call was waiting for.

use std::time::Duration;

use tokio::time::Instant;
use tonic::{Code, Request, Status};

/// The header with the time that a call may take.
const HEADER: &str = "grpc-timeout";

/// How long before the client gives up it is told so.
const MARGIN: Duration = Duration::from_millis(5);

/// When a call's client gives up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline(Option<Instant>);

impl Deadline {
    /// The deadline of a call that arrives now.
    pub(super) fn of<T>(request: &Request<T>) -> Self {
        let value = request.metadata().get(HEADER);
        let timeout = value.and_then(|value| parse(value.to_str().ok()?));
        Self(timeout.and_then(|timeout| Instant::now().checked_add(timeout.saturating_sub(MARGIN))))
    }

    /// Awaits a future; fails with this text when the client gives up before.
    pub(super) async fn within<T>(
        self,
        text: &str,
        future: impl Future<Output = Result<T, Status>>,
    ) -> Result<T, Status> {
        let Some(deadline) = self.0 else {
            return future.await;
        };
        tokio::time::timeout_at(deadline, future)
            .await
            .unwrap_or_else(|_| Err(Status::new(Code::DeadlineExceeded, text)))
    }
}

/// A number of at most eight digits and its unit, as gRPC has it.
fn parse(text: &str) -> Option<Duration> {
    let (unit_at, unit) = text.char_indices().next_back()?;
    let digits = text.get(..unit_at)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value: u64 = digits.parse().ok()?;
    match unit {
        'H' => Some(Duration::from_secs(value * 60 * 60)),
        'M' => Some(Duration::from_secs(value * 60)),
        'S' => Some(Duration::from_secs(value)),
        'm' => Some(Duration::from_millis(value)),
        'u' => Some(Duration::from_micros(value)),
        'n' => Some(Duration::from_nanos(value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::parse;

    #[test]
    fn timeouts_are_read_in_every_unit() {
        let check = |text, expected| assert_eq!(parse(text), expected, "{text}");
        check("2H", Some(Duration::from_secs(7200)));
        check("3M", Some(Duration::from_secs(180)));
        check("15S", Some(Duration::from_secs(15)));
        check("99999999m", Some(Duration::from_millis(99_999_999)));
        check("5u", Some(Duration::from_micros(5)));
        check("7n", Some(Duration::from_nanos(7)));
    }

    #[test]
    fn other_timeouts_are_none() {
        for text in ["", "S", "5", "5x", "-5S", "123456789S", "5.0S", "5ß"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
