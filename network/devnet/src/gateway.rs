//! The gateway of one organisation's peer: what client applications call.
//!
//! Statuses and texts are those of a real peer (`internal/pkg/gateway`). All endorsers run in this
//! process; those of other organisations are treated as if they were reached over the network.

mod answer;
mod deadline;
mod endorse;
mod evaluate;
mod events;
mod failure;
mod plan;
mod registry;
mod status;
mod submit;
mod target;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use fabric_protos::gateway::{
    ChaincodeEventsResponse, CommitStatusResponse, EndorseRequest, EndorseResponse,
    EvaluateRequest, EvaluateResponse, SignedChaincodeEventsRequest, SignedCommitStatusRequest,
    SubmitRequest, SubmitResponse, gateway_server::Gateway,
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::{
    limiter::Limiter,
    orderer::Orderer,
    peer::{Peer, PeerLedger},
};
use deadline::Deadline;

/// Serves the gateway of one peer.
#[derive(Debug)]
pub(crate) struct GatewayService {
    /// The peer that the gateway belongs to.
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
        let deadline = Deadline::of(&request);
        endorse::endorse(self, request.into_inner(), deadline)
            .await
            .map(Response::new)
    }

    async fn submit(
        &self,
        request: Request<SubmitRequest>,
    ) -> Result<Response<SubmitResponse>, Status> {
        let _permit = self.limiter.admit()?;
        let deadline = Deadline::of(&request);
        submit::submit(self, request.into_inner(), deadline)
            .await
            .map(Response::new)
    }

    async fn commit_status(
        &self,
        request: Request<SignedCommitStatusRequest>,
    ) -> Result<Response<CommitStatusResponse>, Status> {
        let _permit = self.limiter.admit()?;
        let deadline = Deadline::of(&request);
        status::commit_status(self, request.into_inner(), deadline)
            .await
            .map(Response::new)
    }

    async fn evaluate(
        &self,
        request: Request<EvaluateRequest>,
    ) -> Result<Response<EvaluateResponse>, Status> {
        let _permit = self.limiter.admit()?;
        let deadline = Deadline::of(&request);
        evaluate::evaluate(self, request.into_inner(), deadline)
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
    /// A channel as the gateway's peer has it; none where it has not joined one of this name.
    fn ledger(&self, channel: &str) -> Option<&Arc<PeerLedger>> {
        self.local.ledger(channel)
    }

    /// Whether a peer is another than the gateway's own.
    fn is_remote(&self, peer: &Arc<Peer>) -> bool {
        !Arc::ptr_eq(&self.local, peer)
    }
}
