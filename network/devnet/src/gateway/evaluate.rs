//! Evaluate: runs a query on one peer, on another where the first cannot.

use std::sync::Arc;

use fabric_protos::{
    gateway::{EvaluateRequest, EvaluateResponse},
    peer::{
        ChaincodeAction, ChaincodeInvocationSpec, ChaincodeProposalPayload, Proposal,
        ProposalResponse, ProposalResponsePayload, Response, SignedProposal,
    },
};
use prost::Message as _;
use tonic::{Code, Status};

use super::{GatewayService, OnChannel, detail, failure, submit::unknown_channel};
use crate::{
    endorser::{Failure, Refusal, decode},
    peer::Peer,
    system,
};
use fabric_protos::common::{ChannelHeader, Header};

pub(super) async fn evaluate(
    gateway: &GatewayService,
    request: EvaluateRequest,
) -> Result<EvaluateResponse, Status> {
    let signed = request.proposed_transaction.unwrap_or_default();
    let target = Target::read(&signed).map_err(|Refusal(reason)| {
        Status::invalid_argument(format!("failed to unpack transaction proposal: {reason}"))
    })?;
    let Some(on) = gateway.on(&target.channel) else {
        return Err(Status::unavailable(unknown_channel(&target.channel)));
    };
    let peers = candidates(on, &target, &request.target_organizations)?;
    let mut details = Vec::new();
    let mut last = Code::Unavailable;
    for peer in peers {
        match judge(gateway, &peer, peer.query(&signed).await) {
            Ok(response) => {
                return Ok(EvaluateResponse {
                    result: Some(result(response)),
                });
            }
            Err(problem) => {
                details.push(detail(&peer, problem.message.clone()));
                last = problem.code;
                if !problem.retry {
                    let message = format!(
                        "evaluate call to endorser returned error: {}",
                        problem.message
                    );
                    return Err(failure::status(problem.code, message, &details));
                }
            }
        }
    }
    let message = "failed to evaluate transaction, see attached details for more info";
    Err(failure::status(last, message, &details))
}

/// What a proposal calls, read without checking it.
struct Target {
    channel: String,
    chaincode: String,
    has_transient_data: bool,
}

impl Target {
    fn read(signed: &SignedProposal) -> Result<Self, Refusal> {
        if signed.proposal_bytes.is_empty() {
            return Err(Refusal("a signed proposal is required".to_owned()));
        }
        let proposal: Proposal = decode(&signed.proposal_bytes, "Proposal")?;
        let header: Header = decode(&proposal.header, "Header")?;
        let header: ChannelHeader = decode(&header.channel_header, "ChannelHeader")?;
        let payload: ChaincodeProposalPayload =
            decode(&proposal.payload, "ChaincodeProposalPayload")?;
        let spec: ChaincodeInvocationSpec = decode(&payload.input, "ChaincodeInvocationSpec")?;
        let channel = header.channel_id;
        if channel.is_empty() {
            return Err(Refusal("no channel id provided".to_owned()));
        }
        let missing =
            |what: &str| Refusal(format!("no {what} is provided, channel id [{channel}]"));
        let spec = spec
            .chaincode_spec
            .ok_or_else(|| missing("chaincode spec"))?;
        let id = spec.chaincode_id.ok_or_else(|| missing("chaincode id"))?;
        if id.name.is_empty() {
            return Err(missing("chaincode name"));
        }
        Ok(Self {
            channel,
            chaincode: id.name,
            has_transient_data: !payload.transient_map.is_empty(),
        })
    }
}

/// The peers to ask, one after the other. Transient data stays within the organisation unless the
/// client names others.
fn candidates(
    on: OnChannel<'_>,
    target: &Target,
    organizations: &[String],
) -> Result<Vec<Arc<Peer>>, Status> {
    let defined = system::is_system(&target.chaincode)
        || on
            .chaincode(&target.chaincode)
            .map_err(|error| Status::internal(error.to_string()))?
            .is_some();
    let protected = target.has_transient_data && organizations.is_empty();
    let wanted = |peer: &Peer| match (protected, organizations.is_empty()) {
        (true, _) => !on.gateway.is_remote(peer),
        (false, true) => true,
        (false, false) => organizations.iter().any(|msp_id| msp_id == peer.msp_id()),
    };
    let mut peers = on.peers();
    peers.retain(|peer| defined && wanted(peer));
    if !peers.is_empty() {
        return Ok(peers);
    }
    let reason = format!(
        "no peers available to evaluate chaincode {} in channel {}",
        target.chaincode, target.channel
    );
    Err(Status::failed_precondition(if protected {
        format!(
            "no endorsers found in the gateway's organization; retry specifying target organization(s) to protect transient data: {reason}"
        )
    } else {
        reason
    }))
}

/// Why a peer's answer is no use.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) code: Code,
    pub(super) message: String,
    /// Whether another peer might do better.
    pub(super) retry: bool,
}

/// Whether a peer answered with success; if not, what to make of it (`apiutils.go`).
pub(super) fn judge(
    gateway: &GatewayService,
    peer: &Peer,
    result: Result<ProposalResponse, Failure>,
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
        Err(failure) if gateway.is_remote(peer) => {
            let message = format!("rpc error: code = Unknown desc = {failure}");
            return problem(Code::Unavailable, message, true);
        }
        Err(Failure::Filtered(refusal)) => {
            return problem(Code::Unavailable, refusal.to_string(), true);
        }
        Err(Failure::Refused(refusal)) => {
            return problem(Code::FailedPrecondition, refusal.to_string(), false);
        }
    };
    let answer = response.response.clone().unwrap_or_default();
    let Response {
        status, message, ..
    } = answer;
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

/// The transaction's result, which stands in the payload that would be endorsed.
fn result(response: ProposalResponse) -> Response {
    let mut result = response.response.unwrap_or_default();
    let payload = ProposalResponsePayload::decode(response.payload);
    let action = payload.and_then(|payload| ChaincodeAction::decode(payload.extension));
    if let Ok(action) = action {
        result.payload = action.response.unwrap_or_default().payload;
    }
    result
}
