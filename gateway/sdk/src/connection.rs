//! Connections to peers: which one serves next, and one call with its time limit.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fabric_protos::gateway::gateway_client::GatewayClient;
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status};

use crate::endpoint::{Endpoint, EndpointError};
use crate::error::{Error, Step};
use crate::transaction_id::TransactionId;

/// Fabric's peers send messages of up to 100 MiB; blocks of that size are real.
pub(crate) const MESSAGE_BYTES_MAX: usize = 100 << 20;

/// One peer.
pub(crate) struct Peer {
    pub(crate) endpoint: Endpoint,
    pub(crate) channel: Channel,
    gateway: GatewayClient<Channel>,
}

/// All peers that a gateway may use; one is preferred until it fails.
pub(crate) struct Peers {
    list: Vec<Arc<Peer>>,
    preferred: AtomicUsize,
}

impl Peer {
    pub(crate) fn new(endpoint: Endpoint) -> Result<Self, EndpointError> {
        let channel = endpoint.connect_lazy()?;
        let gateway =
            GatewayClient::new(channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX);
        Ok(Self {
            endpoint,
            channel,
            gateway,
        })
    }

    pub(crate) fn gateway(&self) -> GatewayClient<Channel> {
        self.gateway.clone()
    }
}

impl Peers {
    pub(crate) fn new(list: Vec<Arc<Peer>>) -> Result<Self, EndpointError> {
        if list.is_empty() {
            return Err(EndpointError::Missing);
        }
        Ok(Self {
            list,
            preferred: AtomicUsize::new(0),
        })
    }

    /// The peer to use now.
    pub(crate) fn pick(&self) -> Arc<Peer> {
        let preferred = self.preferred.load(Ordering::Relaxed);
        Arc::clone(&self.list[preferred % self.list.len()])
    }

    /// Turns to the next peer if an error says that this one is out of reach.
    pub(crate) fn note(&self, peer: &Arc<Peer>, error: &Error) {
        let out_of_reach = error.failure().is_some_and(|failure| {
            failure.code == Code::Unavailable
                || (failure.is_local && failure.code != Code::OutOfRange)
        });
        if out_of_reach {
            self.leave(peer);
        }
    }

    /// Turns to the next peer, unless another caller already did.
    pub(crate) fn leave(&self, peer: &Arc<Peer>) {
        let current = self.preferred.load(Ordering::Relaxed);
        if Arc::ptr_eq(&self.list[current % self.list.len()], peer) {
            let next = (current + 1) % self.list.len();
            // A lost race means that another caller turned already.
            let _ = self.preferred.compare_exchange(
                current,
                next,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
        }
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
