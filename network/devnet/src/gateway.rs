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

use crate::{channel::Channel, endorser::Peer, limiter::Limiter, orderer::Orderer};

/// Serves the gateway of one peer.
#[derive(Debug)]
pub(crate) struct GatewayService {
    /// All peers of the channel, this gateway's own first.
    pub(crate) peers: Vec<Arc<Peer>>,
    pub(crate) channel: Arc<Channel>,
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
    /// Whether a peer is another organisation's.
    fn is_remote(&self, peer: &Peer) -> bool {
        self.peers
            .first()
            .is_none_or(|local| local.msp_id() != peer.msp_id())
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
