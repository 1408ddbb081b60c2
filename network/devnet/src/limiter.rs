//! How many calls of one service are served at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;

/// A service's limit. Calls beyond it are refused, not queued, as a real peer does
/// (`internal/peer/node/grpc_limiters.go`).
#[derive(Clone, Debug)]
pub(crate) struct Limiter {
    service: &'static str,
    limit: usize,
    free: Arc<Semaphore>,
}

impl Limiter {
    pub(crate) fn new(service: &'static str, limit: usize) -> Self {
        Self {
            service,
            limit,
            free: Arc::new(Semaphore::new(limit)),
        }
    }

    /// The service, as it is named in refusals.
    pub(crate) fn service(&self) -> &'static str {
        self.service
    }

    /// Calls that are being served.
    pub(crate) fn open(&self) -> usize {
        self.limit - self.free.available_permits()
    }

    /// Admits a call for as long as the permit is held.
    pub(crate) fn admit(&self) -> Result<OwnedSemaphorePermit, Status> {
        Arc::clone(&self.free).try_acquire_owned().map_err(|_| {
            Status::unknown(format!(
                "too many requests for {}, exceeding concurrency limit ({})",
                self.service, self.limit
            ))
        })
    }
}
