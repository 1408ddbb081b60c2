//! Endorse: collects endorsements until the policies of all chaincodes involved are met.

use std::sync::Arc;

use bytes::Bytes;
use fabric_protos::{
    gateway::{EndorseRequest, EndorseResponse, ErrorDetail},
    peer::{Endorsement, ProposalResponse, SignedProposal},
};
use futures::future::join_all;
use tonic::{Code, Status};

use super::{
    GatewayService, OnChannel, detail,
    evaluate::{Problem, judge},
    failure, plan,
};
use crate::{
    definitions::Chaincode,
    endorser::{Refusal, Unpacked},
    peer::Peer,
};

const TOO_FEW: &str =
    "failed to collect enough transaction endorsements, see attached details for more info";
const FIRST_FAILED: &str = "failed to endorse transaction, see attached details for more info";
const NO_COMBINATION: &str =
    "no combination of peers can be derived which satisfy the endorsement policy";

pub(super) async fn endorse(
    gateway: &GatewayService,
    request: EndorseRequest,
) -> Result<EndorseResponse, Status> {
    let signed = request.proposed_transaction.unwrap_or_default();
    if signed.proposal_bytes.is_empty() {
        return Err(Status::invalid_argument(
            "the proposed transaction must contain a signed proposal",
        ));
    }
    let proposal =
        Unpacked::read(&signed).map_err(|Refusal(reason)| Status::invalid_argument(reason))?;
    let on = gateway.on(proposal.channel());
    let collected = if request.endorsing_organizations.is_empty() {
        collect_by_policy(require(on, &proposal)?, &proposal).await?
    } else {
        collect_from(on, &proposal, &request.endorsing_organizations).await?
    };
    let endorsements = collected
        .by
        .into_iter()
        .map(|(_, endorsement)| endorsement)
        .collect();
    let transaction = proposal.transaction(collected.result, endorsements);
    Ok(EndorseResponse {
        prepared_transaction: Some(transaction),
    })
}

/// Endorsements of one and the same result.
#[derive(Default)]
struct Collected {
    result: Bytes,
    by: Vec<(Arc<Peer>, Endorsement)>,
}

impl Collected {
    /// Adds an endorsement; one of another result is none.
    fn add(&mut self, peer: &Arc<Peer>, response: ProposalResponse) -> Result<(), String> {
        if self.by.is_empty() {
            self.result = response.payload;
        } else if self.result != response.payload {
            return Err("ProposalResponsePayloads do not match".to_owned());
        }
        self.by
            .push((Arc::clone(peer), response.endorsement.unwrap_or_default()));
        Ok(())
    }

    fn has(&self, peer: &Arc<Peer>) -> bool {
        self.by.iter().any(|(other, _)| Arc::ptr_eq(other, peer))
    }

    /// Asks peers at once; gives those that failed, and why.
    async fn ask(
        &mut self,
        gateway: &GatewayService,
        signed: &SignedProposal,
        peers: &[Arc<Peer>],
    ) -> Vec<(Arc<Peer>, ErrorDetail)> {
        let asked = peers.iter().map(|peer| peer.process_proposal(signed));
        let answers = join_all(asked).await;
        let mut failed = Vec::new();
        for (peer, answer) in peers.iter().zip(answers) {
            let added = judge(gateway, peer, answer)
                .map_err(|Problem { message, .. }| message)
                .and_then(|response| self.add(peer, response));
            if let Err(message) = added {
                tracing::warn!(msp_id = peer.msp_id(), message, "a peer did not endorse");
                failed.push((Arc::clone(peer), detail(peer, message)));
            }
        }
        failed
    }
}

/// Asks one peer of each organisation that the client names, whatever the policies say.
async fn collect_from(
    on: Option<OnChannel<'_>>,
    proposal: &Unpacked,
    organizations: &[String],
) -> Result<Collected, Status> {
    let mut candidates = Vec::new();
    if let Some(on) = on
        && chaincode(on, &proposal.chaincode)?.is_some()
    {
        candidates = on.peers();
    }
    let mut peers: Vec<Arc<Peer>> = Vec::new();
    let mut missing = Vec::new();
    for msp_id in organizations {
        match candidates.iter().find(|peer| peer.msp_id() == msp_id) {
            Some(peer) if peers.iter().any(|other| Arc::ptr_eq(other, peer)) => {}
            Some(peer) => peers.push(Arc::clone(peer)),
            None => missing.push(msp_id.as_str()),
        }
    }
    if !missing.is_empty() {
        return Err(Status::unavailable(format!(
            "failed to find any endorsing peers for org(s): {}",
            missing.join(", ")
        )));
    }
    let mut collected = Collected::default();
    let failed = match on {
        Some(on) => collected.ask(on.gateway, &proposal.signed, &peers).await,
        None => Vec::new(),
    };
    if failed.is_empty() {
        Ok(collected)
    } else {
        Err(too_few(failed))
    }
}

/// Asks this gateway's own peer, learns from its answer which policies count, and asks as many
/// others as these need.
async fn collect_by_policy(on: OnChannel<'_>, proposal: &Unpacked) -> Result<Collected, Status> {
    let local = &on.gateway.local;
    let called = defined(on, &proposal.chaincode)?;
    let first = judge(
        on.gateway,
        local,
        local.process_proposal(&proposal.signed).await,
    )
    .map_err(|problem| {
        let details = [detail(local, problem.message)];
        failure::status(Code::Aborted, FIRST_FAILED, &details)
    })?;
    let mut chaincodes = Vec::new();
    for call in first
        .interest
        .iter()
        .flat_map(|interest| &interest.chaincodes)
    {
        chaincodes.push(defined(on, &call.name)?);
    }
    if chaincodes.is_empty() {
        chaincodes.push(called);
    }
    let mut collected = Collected::default();
    // The first answer has nothing to differ from.
    let _ = collected.add(local, first);
    complete(on, proposal, &chaincodes, collected).await
}

/// Asks further peers until the policies are met or nobody is left.
async fn complete(
    on: OnChannel<'_>,
    proposal: &Unpacked,
    chaincodes: &[Arc<Chaincode>],
    mut collected: Collected,
) -> Result<Collected, Status> {
    let config = on.channel().config();
    let mut candidates = on.peers();
    let mut failed = Vec::new();
    loop {
        let Some(chosen) = plan::choose(config, chaincodes, &candidates) else {
            return Err(if failed.is_empty() {
                Status::failed_precondition(format!(
                    "{NO_COMBINATION}: no peer combination can satisfy the endorsement policy"
                ))
            } else {
                too_few(failed)
            });
        };
        let others: Vec<_> = chosen
            .iter()
            .filter(|peer| !collected.has(peer))
            .cloned()
            .collect();
        let newly = collected.ask(on.gateway, &proposal.signed, &others).await;
        if newly.is_empty() {
            collected
                .by
                .retain(|(peer, _)| chosen.iter().any(|other| Arc::ptr_eq(other, peer)));
            return Ok(collected);
        }
        candidates.retain(|peer| !newly.iter().any(|(other, _)| Arc::ptr_eq(other, peer)));
        failed.extend(newly);
    }
}

fn too_few(failed: Vec<(Arc<Peer>, ErrorDetail)>) -> Status {
    let details: Vec<_> = failed.into_iter().map(|(_, detail)| detail).collect();
    failure::status(Code::Aborted, TOO_FEW, &details)
}

/// The channel that the proposal is for, which the gateway's peer must have joined.
fn require<'g>(on: Option<OnChannel<'g>>, proposal: &Unpacked) -> Result<OnChannel<'g>, Status> {
    on.ok_or_else(|| no_metadata(&proposal.chaincode, proposal.channel()))
}

/// A chaincode that the channel must have.
fn defined(on: OnChannel<'_>, name: &str) -> Result<Arc<Chaincode>, Status> {
    chaincode(on, name)?.ok_or_else(|| no_metadata(name, on.channel().name()))
}

fn no_metadata(chaincode: &str, channel: &str) -> Status {
    Status::failed_precondition(format!(
        "{NO_COMBINATION}: No metadata was found for chaincode {chaincode} in channel {channel}"
    ))
}

fn chaincode(on: OnChannel<'_>, name: &str) -> Result<Option<Arc<Chaincode>>, Status> {
    on.chaincode(name)
        .map_err(|error| Status::internal(error.to_string()))
}
