//! Waiting for a condition with a deadline: what tests and starters use where others sleep.

use std::time::{Duration, Instant};

/// Time between two looks at a condition: short beside any start-up time, long beside a look.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The deadline passed before the condition held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the condition did not hold within {deadline:?}")]
pub struct DeadlinePassed {
    /// The time that the condition had.
    pub deadline: Duration,
}

/// Looks at `condition` again and again until it is true.
///
/// The condition is looked at once at least, also with a deadline of zero.
///
/// # Errors
/// [`DeadlinePassed`] when `deadline` has gone by since the call.
pub async fn wait_until<Future>(
    deadline: Duration,
    mut condition: impl FnMut() -> Future,
) -> Result<(), DeadlinePassed>
where
    Future: std::future::Future<Output = bool>,
{
    wait_for(deadline, || {
        let look = condition();
        async move { look.await.then_some(()) }
    })
    .await
}

/// Calls `attempt` again and again until it gives a value.
///
/// # Errors
/// [`DeadlinePassed`] when `deadline` has gone by since the call.
pub async fn wait_for<Value, Future>(
    deadline: Duration,
    mut attempt: impl FnMut() -> Future,
) -> Result<Value, DeadlinePassed>
where
    Future: std::future::Future<Output = Option<Value>>,
{
    let start = Instant::now();
    loop {
        if let Some(value) = attempt().await {
            return Ok(value);
        }
        if start.elapsed() >= deadline {
            return Err(DeadlinePassed { deadline });
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// As [`wait_until`], for callers that cannot await: `Drop` and whatever it calls.
pub(crate) fn wait_blocking(deadline: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !condition() {
        if start.elapsed() >= deadline {
            return false;
        }
        std::thread::sleep(POLL_INTERVAL);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[tokio::test]
    async fn value_of_the_first_success_is_given() {
        let looks = Cell::new(0);
        let look = || async {
            looks.set(looks.get() + 1);
            (looks.get() == 3).then_some(looks.get())
        };
        assert_eq!(wait_for(Duration::from_secs(60), look).await, Ok(3));
    }

    #[tokio::test]
    async fn condition_that_never_holds_is_looked_at_once_and_passes_the_deadline() {
        let looks = Cell::new(0);
        let look = || async {
            looks.set(looks.get() + 1);
            false
        };
        let deadline = Duration::ZERO;
        assert_eq!(
            wait_until(deadline, look).await,
            Err(DeadlinePassed { deadline })
        );
        assert_eq!(looks.get(), 1);
    }
}
