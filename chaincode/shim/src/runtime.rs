//! What all streams share: the contract, the bounds, the places for transactions, the shutdown.

use std::{fmt, sync::Arc};

use fabric_contract_api_rust::peer::Chaincode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::settings::Limits;

/// The shared state of a server.
pub(crate) struct Runtime {
    chaincode_id: String,
    pub(crate) chaincode: Arc<dyn Chaincode>,
    pub(crate) limits: Limits,
    /// A place for each transaction that runs or waits.
    admission: Arc<Semaphore>,
    /// A place for each transaction that runs.
    pub(crate) threads: Arc<Semaphore>,
    /// Counts transactions in flight.
    pub(crate) transactions: TaskTracker,
    pub(crate) shutdown: Shutdown,
}

/// The phases of a shutdown, in order.
#[derive(Debug, Default)]
pub(crate) struct Shutdown {
    /// New transactions and new streams are refused.
    pub(crate) draining: CancellationToken,
    /// Transactions still in flight are given up.
    pub(crate) expired: CancellationToken,
    /// Every stream ends.
    pub(crate) streams_end: CancellationToken,
}

/// Why a transaction is not begun; the text goes to the peer, whose gateway tries another one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the chaincode is shutting down; endorse on another peer")]
    Draining,
    #[error("the chaincode is overloaded; try again or endorse on another peer")]
    Overloaded,
}

impl Runtime {
    pub(crate) fn new(chaincode_id: String, chaincode: Arc<dyn Chaincode>, limits: Limits) -> Self {
        let places = limits.concurrency_max.saturating_add(limits.queue_max);
        Self {
            chaincode_id,
            chaincode,
            admission: Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))),
            threads: Arc::new(Semaphore::new(
                limits.concurrency_max.min(Semaphore::MAX_PERMITS),
            )),
            limits,
            transactions: TaskTracker::new(),
            shutdown: Shutdown::default(),
        }
    }

    pub(crate) fn chaincode_id(&self) -> &str {
        &self.chaincode_id
    }

    /// A place for one more transaction.
    pub(crate) fn admit(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        if self.shutdown.draining.is_cancelled() {
            return Err(Refusal::Draining);
        }
        Arc::clone(&self.admission)
            .try_acquire_owned()
            .map_err(|_| Refusal::Overloaded)
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Runtime")
            .field("chaincode_id", &self.chaincode_id)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
