//! The end of a server, in bounded time: transactions first, then streams, then connections.
//!
//! gRPC's own graceful shutdown waits for streams to end, and a peer's stream never does: that is
//! why this side ends the streams before it closes the server.

use std::time::Duration;

use tokio_util::task::TaskTracker;

use crate::{runtime::Runtime, server::ServeError};

/// Given up or finished, a transaction's last message is queued at once; a stalled machine gets this
/// long.
const SETTLE_MAX: Duration = Duration::from_secs(1);

/// For the last messages to leave and the connections to close; peers that do not take part are
/// left behind.
const CLOSE_MAX: Duration = Duration::from_secs(2);

/// Refuses what is new, lets what runs finish, ends the streams.
pub(crate) async fn run(runtime: &Runtime, sessions: &TaskTracker) {
    let shutdown = &runtime.shutdown;
    shutdown.draining.cancel();
    runtime.transactions.close();
    sessions.close();
    let in_flight = runtime.transactions.len();
    tracing::info!(in_flight, "shutting down: new transactions are refused");
    if within(runtime.limits.drain_timeout, runtime.transactions.wait())
        .await
        .is_none()
    {
        let given_up = runtime.transactions.len();
        tracing::error!(
            given_up,
            "transactions did not finish in time and are given up"
        );
        shutdown.expired.cancel();
        within(SETTLE_MAX, runtime.transactions.wait()).await;
    }
    shutdown.streams_end.cancel();
    within(SETTLE_MAX, sessions.wait()).await;
}

/// Waits for the connections to close, but not for ever.
pub(crate) async fn close(
    serving: impl Future<Output = Result<(), tonic::transport::Error>>,
) -> Result<(), ServeError> {
    match within(CLOSE_MAX, serving).await {
        Some(outcome) => outcome.map_err(ServeError::Grpc)?,
        None => tracing::warn!("a peer keeps its connection open; leaving it behind"),
    }
    tracing::info!("stopped");
    Ok(())
}

async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, future).await.ok()
}
