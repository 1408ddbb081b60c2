//! The gateway of one organisation's peer: what client applications call.
//!
//! Statuses and texts are those of a real peer (`internal/pkg/gateway`). All endorsers run in this
//! process; those of other organisations are treated as if they were reached over the network.

mod endorse;
mod evaluate;
mod events;
mod failure;
mod plan;
mod status;
mod submit;

use std::sync::Arc;

use fabric_protos::gateway::{
    ChaincodeEventsResponse, CommitStatusResponse, EndorseRequest, EndorseResponse, ErrorDetail,
    EvaluateRequest, EvaluateResponse, SignedChaincodeEventsRequest, SignedCommitStatusRequest,
    SubmitRequest, SubmitResponse, gateway_server::Gateway,
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::{
    channel::Channel,
    definitions::Chaincode,
    limiter::Limiter,
    orderer::Orderer,
    peer::{Peer, PeerLedger},
    storage::StorageError,
};

/// Serves the gateway of one peer.
#[derive(Debug)]
pub(crate) struct GatewayService {
    /// The peer whose gateway this is.
    pub(crate) local: Arc<Peer>,
    /// All peers of the network.
    pub(crate) peers: Vec<Arc<Peer>>,
    pub(crate) orderer: Orderer,
    pub(crate) limiter: Limiter,
    pub(crate) shutdown: CancellationToken,
}

#[tonic::async_trait]
impl Gateway for GatewayService {
    type ChaincodeEventsStream = ReceiverStream<Result<ChaincodeEventsResponse, Status>>;

    async fn endorse(
        &self,
        request: Request<EndorseRequest>,
    ) -> Result<Response<EndorseResponse>, Status> {
        let _permit = self.limiter.admit()?;
        endorse::endorse(self, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn submit(
        &self,
        request: Request<SubmitRequest>,
    ) -> Result<Response<SubmitResponse>, Status> {
        let _permit = self.limiter.admit()?;
        submit::submit(self, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn commit_status(
        &self,
        request: Request<SignedCommitStatusRequest>,
    ) -> Result<Response<CommitStatusResponse>, Status> {
        let _permit = self.limiter.admit()?;
        status::commit_status(self, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn evaluate(
        &self,
        request: Request<EvaluateRequest>,
    ) -> Result<Response<EvaluateResponse>, Status> {
        let _permit = self.limiter.admit()?;
        evaluate::evaluate(self, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn chaincode_events(
        &self,
        request: Request<SignedChaincodeEventsRequest>,
    ) -> Result<Response<Self::ChaincodeEventsStream>, Status> {
        let permit = self.limiter.admit()?;
        events::chaincode_events(self, &request.into_inner(), permit).map(Response::new)
    }
}

impl GatewayService {
    /// This gateway on a channel; none where its peer has not joined one of this name.
    fn on(&self, channel: &str) -> Option<OnChannel<'_>> {
        let ledger = self.local.ledger(channel)?;
        Some(OnChannel {
            gateway: self,
            ledger,
        })
    }

    /// Whether a peer is another organisation's.
    fn is_remote(&self, peer: &Peer) -> bool {
        self.local.msp_id() != peer.msp_id()
    }
}

/// A gateway on one channel that its peer has joined.
#[derive(Clone, Copy)]
struct OnChannel<'g> {
    gateway: &'g GatewayService,
    /// The channel as the gateway's own peer has it.
    ledger: &'g Arc<PeerLedger>,
}

impl<'g> OnChannel<'g> {
    fn channel(self) -> &'g Arc<Channel> {
        self.ledger.channel()
    }

    /// The peers that have joined the channel: the gateway's own, then those of its organisation,
    /// then the others.
    fn peers(self) -> Vec<Arc<Peer>> {
        let GatewayService { local, peers, .. } = self.gateway;
        let joined = peers
            .iter()
            .filter(|peer| peer.ledger(self.channel().name()).is_some());
        let mut peers: Vec<_> = joined.cloned().collect();
        peers.sort_by_key(|peer| (self.gateway.is_remote(peer), !Arc::ptr_eq(peer, local)));
        peers
    }

    /// A chaincode as the gateway's peer knows it.
    fn chaincode(self, name: &str) -> Result<Option<Arc<Chaincode>>, StorageError> {
        self.channel().definition(&self.ledger.view(), name)
    }
}

/// What one peer reports as its failure.
fn detail(peer: &Peer, message: impl Into<String>) -> ErrorDetail {
    ErrorDetail {
        address: peer.address().to_owned(),
        msp_id: peer.msp_id().to_owned(),
        message: message.into(),
    }
}
