//! Connections to one peer, and one call with its time limit.

pub(crate) mod admission;
mod balance;
mod dispatch;
mod prober;
mod status;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tonic::transport::Channel;
use tonic::{Request, Response, Status};

pub use balance::Balance;
pub(crate) use balance::Peers;
pub(crate) use dispatch::Ask;
pub use status::PeerStatus;

use crate::endpoint::{Endpoint, EndpointError};
use crate::error::{Error, Step};
use crate::transaction_id::TransactionId;
use admission::Admission;

/// Fabric's peers send messages of up to 100 MiB; blocks of that size are real.
pub(crate) const MESSAGE_BYTES_MAX: usize = 100 << 20;

/// One peer.
pub(crate) struct Peer {
    pub(crate) endpoint: Endpoint,
    /// Position among the gateway's peers.
    pub(crate) index: usize,
    pub(crate) admission: Admission,
    channels: Vec<Channel>,
    turn: AtomicUsize,
    is_down: AtomicBool,
}

impl Peer {
    /// A peer with so many connections, each made when a call needs it.
    pub(crate) fn new(
        endpoint: Endpoint,
        index: usize,
        connections: usize,
        calls_max: usize,
    ) -> Result<Arc<Self>, EndpointError> {
        let channels = (0..connections.max(1)).map(|_| endpoint.connect_lazy());
        let channels = channels.collect::<Result<Vec<_>, _>>()?;
        Ok(Arc::new(Self {
            endpoint,
            index,
            admission: Admission::new(calls_max),
            channels,
            turn: AtomicUsize::new(0),
            is_down: AtomicBool::new(false),
        }))
    }

    /// The next of its connections, in turn.
    pub(crate) fn channel(&self) -> Channel {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        self.channels[turn % self.channels.len()].clone()
    }

    /// Whether the last call could not reach it, and nothing has since.
    pub(crate) fn is_down(&self) -> bool {
        self.is_down.load(Ordering::Relaxed)
    }
}

/// A request that tells the peer how long it may take.
pub(crate) fn limited<T>(message: T, limit: Duration) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(limit);
    request
}

/// Runs a call within its limit and says what its failure means.
pub(crate) async fn call<R>(
    step: Step,
    transaction_id: &TransactionId,
    limit: Duration,
    call: impl Future<Output = Result<Response<R>, Status>>,
) -> Result<R, Error> {
    match tokio::time::timeout(limit, call).await {
        Ok(Ok(response)) => Ok(response.into_inner()),
        Ok(Err(status)) => Err(Error::from_status(step, Some(transaction_id), &status)),
        Err(_) => Err(Error::deadline(step, Some(transaction_id))),
    }
}
