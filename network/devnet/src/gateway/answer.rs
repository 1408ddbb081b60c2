//! What to make of a peer's answer to a proposal.
//!
//! Source: `internal/pkg/gateway/apiutils.go`.

use fabric_protos::{
    gateway::ErrorDetail,
    peer::{ProposalResponse, Response, SignedProposal},
};
use tonic::Code;

use super::GatewayService;
use crate::{
    discovery::member::Member, endorser::Failure, limits::ENDORSEMENT_TIMEOUT, peer::Peer,
};

/// Why a peer's answer is no use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) code: Code,
    pub(super) message: String,
    /// Whether another peer might do better.
    pub(super) retry: bool,
}

/// What a proposal is sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    Endorsement,
    Result,
}

/// Sends a proposal to a peer. One that has to be reached over the network has so much time; the
/// gateway's own keeps to its chaincodes' time limit.
pub(super) async fn ask(
    gateway: &GatewayService,
    member: &Member,
    signed: &SignedProposal,
    aim: Aim,
) -> Result<ProposalResponse, Problem> {
    let Member { peer, .. } = member;
    let is_remote = gateway.is_remote(peer);
    let is_filtered = is_remote || peer.chaincodes().compat.filters_proposals_of_gateways();
    let asked = async {
        if is_filtered {
            peer.filter(signed)?;
        }
        match aim {
            Aim::Endorsement => peer.process_unfiltered(signed).await,
            Aim::Result => peer.query(signed).await,
        }
    };
    if !is_remote {
        return judge(asked.await, is_remote);
    }
    // A chaincode that hangs runs out of time with its peer in the same moment: as in Fabric, where
    // both have 30 seconds, it is the gateway that began to wait first.
    tokio::select! {
        biased;
        () = tokio::time::sleep(ENDORSEMENT_TIMEOUT) => Err(Problem::unreachable(
            "DeadlineExceeded",
            "context deadline exceeded",
        )),
        answer = asked => judge(answer, is_remote),
    }
}

/// Whether a peer answered with success; if not, what to make of it.
fn judge(
    result: Result<ProposalResponse, Failure>,
    is_remote: bool,
) -> Result<ProposalResponse, Problem> {
    let problem = |code, message, retry| {
        Err(Problem {
            code,
            message,
            retry,
        })
    };
    let response = match result {
        Ok(response) => response,
        Err(failure) if is_remote => {
            return Err(Problem::unreachable("Unknown", &failure.to_string()));
        }
        Err(Failure::Filtered(refusal)) => {
            return problem(Code::Unavailable, refusal.to_string(), true);
        }
        Err(Failure::Refused(refusal)) => {
            return problem(Code::FailedPrecondition, refusal.to_string(), false);
        }
    };
    let (status, message) = match &response.response {
        Some(Response {
            status, message, ..
        }) => (*status, message.clone()),
        None => (0, String::new()),
    };
    if (200..400).contains(&status) {
        return Ok(response);
    }
    if response.payload.is_empty() && status == 500 {
        // Without a payload it is the peer that failed, and not the chaincode.
        return problem(Code::Aborted, message, true);
    }
    let message = format!("chaincode response {status}, {message}");
    problem(Code::Unknown, message, false)
}

impl Problem {
    /// A failure as the network's client words it.
    fn unreachable(code: &str, description: &str) -> Self {
        Self {
            code: Code::Unavailable,
            message: format!("rpc error: code = {code} desc = {description}"),
            retry: true,
        }
    }
}

/// What one peer reports as its failure.
pub(super) fn detail(peer: &Peer, message: impl Into<String>) -> ErrorDetail {
    ErrorDetail {
        address: peer.address().to_owned(),
        msp_id: peer.msp_id().to_owned(),
        message: message.into(),
    }
}
