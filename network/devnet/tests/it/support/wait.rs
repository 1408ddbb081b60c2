//! Waiting for a condition, with a deadline.

use std::time::{Duration, Instant};

/// No condition here takes longer on a machine that works.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// Polls until the condition holds; panics with `what` if it does not in time.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut condition: impl FnMut() -> F) {
    let start = Instant::now();
    while !condition().await {
        assert!(start.elapsed() < DEADLINE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Awaits a future; panics with `what` if it takes too long.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, future).await {
        Ok(output) => output,
        Err(_) => panic!("waited in vain for {what}"),
    }
}
