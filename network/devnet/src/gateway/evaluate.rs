//! Evaluate: runs a query on one peer, on another where the first cannot.
//!
//! Source: `internal/pkg/gateway/evaluate.go`.

use fabric_protos::{
    gateway::{EvaluateRequest, EvaluateResponse},
    peer::{ChaincodeAction, ProposalResponse, ProposalResponsePayload, Response, SignedProposal},
};
use prost::Message as _;
use tonic::{Code, Status};

use super::{
    GatewayService,
    answer::{Aim, Problem, ask, detail},
    deadline::Deadline,
    failure,
    registry::Registry,
    submit::unknown_channel,
    target::Target,
};
use crate::endorser::Refusal;

const NO_LOCAL_PEER: &str = "no endorsers found in the gateway's organization; retry specifying target organization(s) to protect transient data";

pub(super) async fn evaluate(
    gateway: &GatewayService,
    request: EvaluateRequest,
    deadline: Deadline,
) -> Result<EvaluateResponse, Status> {
    let signed = request.proposed_transaction.unwrap_or_default();
    let target = read(&signed).map_err(|Refusal(reason)| {
        Status::invalid_argument(format!("failed to unpack transaction proposal: {reason}"))
    })?;
    if gateway.ledger(&target.channel).is_none() {
        return Err(Status::unavailable(unknown_channel(&target.channel)));
    }
    let registry = Registry::new(gateway, &target.channel);
    let peers = peers(gateway, &registry, &target, &request.target_organizations)?;
    let asking = ask_in_turn(gateway, &registry, &signed, peers);
    let response = deadline.within("evaluate timeout expired", asking).await?;
    Ok(EvaluateResponse {
        result: Some(result(response)),
    })
}

fn read(signed: &SignedProposal) -> Result<Target, Refusal> {
    if signed.proposal_bytes.is_empty() {
        return Err(Refusal("a signed proposal is required".to_owned()));
    }
    let target = Target::read(signed)?;
    target.check()?;
    Ok(target)
}

/// The peers to ask, one after the other. Transient data stays within the organisation unless the
/// client names others.
fn peers(
    gateway: &GatewayService,
    registry: &Registry<'_>,
    target: &Target,
    organizations: &[String],
) -> Result<Vec<usize>, Status> {
    let local = [gateway.local.msp_id().to_owned()];
    let protected = target.has_transient_data() && organizations.is_empty();
    let organizations = if protected { &local } else { organizations };
    let peers = registry.evaluators(target.chaincode(), organizations);
    if !peers.is_empty() {
        return Ok(peers);
    }
    let reason = format!(
        "no peers available to evaluate chaincode {} in channel {}",
        target.chaincode(),
        target.channel
    );
    Err(Status::failed_precondition(if protected {
        format!("{NO_LOCAL_PEER}: {reason}")
    } else {
        reason
    }))
}

async fn ask_in_turn(
    gateway: &GatewayService,
    registry: &Registry<'_>,
    signed: &SignedProposal,
    peers: Vec<usize>,
) -> Result<ProposalResponse, Status> {
    let mut details = Vec::new();
    let mut last = Code::Unavailable;
    for member in peers.into_iter().filter_map(|place| registry.get(place)) {
        let Problem {
            code,
            message,
            retry,
        } = match ask(gateway, member, signed, Aim::Result).await {
            Ok(response) => return Ok(response),
            Err(problem) => problem,
        };
        details.push(detail(&member.peer, message.clone()));
        last = code;
        if !retry {
            let message = format!("evaluate call to endorser returned error: {message}");
            return Err(failure::status(code, message, &details));
        }
    }
    let message = "failed to evaluate transaction, see attached details for more info";
    Err(failure::status(last, message, &details))
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
