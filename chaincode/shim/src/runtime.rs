//! What all streams share: the contract, the bounds, the places for transactions, the shutdown.

use std::{fmt, sync::Arc};

use fabric_contract_api_rust::peer::Chaincode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    budget::{Account, Budget, Overdrawn},
    limits::Limits,
    metrics::Metrics,
    threads::Threads,
};

/// The shared state of a server.
pub(crate) struct Runtime {
    chaincode_id: String,
    pub(crate) chaincode: Arc<dyn Chaincode>,
    pub(crate) limits: Limits,
    /// A place for each transaction that runs or waits.
    admission: Arc<Semaphore>,
    /// A place for each transaction that runs.
    pub(crate) threads: Threads,
    pub(crate) budget: Arc<Budget>,
    pub(crate) metrics: Metrics,
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
    #[error(
        "{0} transactions of the chaincode never ended, which is as many as it bears; restart it, and \
         look for a loop in the contract"
    )]
    GivenUp(usize),
    #[error(transparent)]
    Overdrawn(#[from] Overdrawn),
}

/// What a transaction holds while it is in flight.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) place: OwnedSemaphorePermit,
    pub(crate) account: Account,
}

impl Runtime {
    pub(crate) fn new(chaincode_id: String, chaincode: Arc<dyn Chaincode>, limits: Limits) -> Self {
        let places = limits.concurrency_max.saturating_add(limits.queue_max);
        Self {
            chaincode_id,
            chaincode,
            admission: Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))),
            threads: Threads::new(limits.concurrency_max),
            budget: Budget::new(limits.transaction_bytes_max, limits.memory_bytes_max),
            metrics: Metrics::default(),
            limits,
            transactions: TaskTracker::new(),
            shutdown: Shutdown::default(),
        }
    }

    pub(crate) fn chaincode_id(&self) -> &str {
        &self.chaincode_id
    }

    /// A place for one more transaction, whose request has so many bytes.
    pub(crate) fn admit(&self, bytes: usize) -> Result<Admitted, Refusal> {
        if self.shutdown.draining.is_cancelled() {
            return Err(Refusal::Draining);
        }
        let given_up = self.threads.given_up_count();
        if given_up >= self.limits.given_up_max {
            return Err(Refusal::GivenUp(given_up));
        }
        let place = Arc::clone(&self.admission)
            .try_acquire_owned()
            .map_err(|_| Refusal::Overloaded)?;
        let account = self.budget.account();
        account.charge(bytes)?;
        Ok(Admitted { place, account })
    }

    /// Whether a new transaction would be begun.
    pub(crate) fn is_ready(&self) -> bool {
        !self.shutdown.draining.is_cancelled()
            && self.threads.given_up_count() < self.limits.given_up_max
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
