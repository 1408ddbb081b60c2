//! The endorser's endpoint: `protos.Endorser`.

use std::sync::Arc;

use fabric_protos::peer::{ProposalResponse, SignedProposal, endorser_server::Endorser};
use tonic::{Request, Response, Status};

use crate::{limiter::Limiter, peer::Peer};

/// Serves a peer's endorser to clients that choose their endorsers themselves.
#[derive(Debug)]
pub(crate) struct EndorserService {
    pub(crate) peer: Arc<Peer>,
    pub(crate) limiter: Limiter,
}

#[tonic::async_trait]
impl Endorser for EndorserService {
    async fn process_proposal(
        &self,
        request: Request<SignedProposal>,
    ) -> Result<Response<ProposalResponse>, Status> {
        let _permit = self.limiter.admit()?;
        // A real peer gives an error of its own type, which gRPC sends as UNKNOWN.
        self.peer
            .process_proposal(&request.into_inner())
            .await
            .map(Response::new)
            .map_err(|failure| Status::unknown(failure.to_string()))
    }
}
