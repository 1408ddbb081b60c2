//! Endorse: collects endorsements until the policies of all chaincodes involved are met.
//!
//! Source: `internal/pkg/gateway/endorse.go`.

mod first;

use std::collections::BTreeSet;

use fabric_protos::{
    gateway::{EndorseRequest, EndorseResponse, ErrorDetail},
    peer::{ProposalResponse, SignedProposal},
};
use futures::stream::{FuturesUnordered, StreamExt as _};
use tonic::{Code, Status};

use super::{
    GatewayService,
    answer::{Aim, ask, detail},
    deadline::Deadline,
    failure,
    plan::Plan,
    registry::Registry,
    target::Target,
};
use crate::{
    discovery::member::Member,
    endorser::{Refusal, transaction},
};

const TOO_FEW: &str =
    "failed to collect enough transaction endorsements, see attached details for more info";
const TOO_LATE: &str = "endorsement timeout expired while collecting endorsements";

/// What one call of Endorse works with.
struct Endorsing<'a> {
    gateway: &'a GatewayService,
    registry: Registry<'a>,
    signed: &'a SignedProposal,
    target: &'a Target,
    deadline: Deadline,
}

pub(super) async fn endorse(
    gateway: &GatewayService,
    request: EndorseRequest,
    deadline: Deadline,
) -> Result<EndorseResponse, Status> {
    let signed = request.proposed_transaction.unwrap_or_default();
    if signed.proposal_bytes.is_empty() {
        return Err(Status::invalid_argument(
            "the proposed transaction must contain a signed proposal",
        ));
    }
    let target =
        Target::read(&signed).map_err(|Refusal(reason)| Status::invalid_argument(reason))?;
    let endorsing = Endorsing {
        gateway,
        registry: Registry::new(gateway, &target.channel),
        signed: &signed,
        target: &target,
        deadline,
    };
    let plan = match &request.endorsing_organizations[..] {
        [] => endorsing.plan_from_first().await?,
        organizations => endorsing.plan_of(organizations)?,
    };
    let collecting = endorsing.collect(plan);
    let plan = deadline.within(TOO_LATE, collecting).await?;
    let Some((result, endorsements)) = plan.finish() else {
        return Err(Status::internal("the plan was not carried out"));
    };
    let prepared = transaction(&target.header, &target.payload, result, endorsements);
    Ok(EndorseResponse {
        prepared_transaction: Some(prepared),
    })
}

impl Endorsing<'_> {
    /// One peer of each organisation that the client names, whatever the policies say.
    fn plan_of(&self, organizations: &[String]) -> Result<Plan, Status> {
        let plan = self
            .registry
            .of_organizations(self.target.chaincode(), organizations);
        plan.map_err(|missing| {
            Status::unavailable(format!(
                "failed to find any endorsing peers for org(s): {}",
                missing.join(", ")
            ))
        })
    }

    /// Carries a plan out, layout after layout, until one is satisfied.
    async fn collect(&self, mut plan: Plan) -> Result<Plan, Status> {
        let mut failed = Vec::new();
        while !plan.is_complete() {
            let Some(endorsers) = plan.next_endorsers() else {
                return Err(failure::status(Code::Aborted, TOO_FEW, &failed));
            };
            let exhausted = self.ask_all(&mut plan, endorsers, &mut failed).await;
            plan.abandon(&exhausted);
        }
        Ok(plan)
    }

    /// Asks endorsers at once, and others of the same group instead of those that fail. Gives the
    /// groups of which nobody is left.
    async fn ask_all(
        &self,
        plan: &mut Plan,
        endorsers: Vec<usize>,
        failed: &mut Vec<ErrorDetail>,
    ) -> BTreeSet<usize> {
        let ask_one = |place: usize| async move { (place, self.ask(place).await) };
        let mut asked: FuturesUnordered<_> = endorsers.into_iter().map(ask_one).collect();
        let mut exhausted = BTreeSet::new();
        while let Some((place, answer)) = asked.next().await {
            let accepted = answer.and_then(|response| {
                let endorsement = response.endorsement.unwrap_or_default();
                let accepted = plan.accept(place, &response.payload, &endorsement);
                accepted.map_err(|mismatch| self.failed(place, mismatch.to_string()))
            });
            let Err(problem) = accepted else {
                continue;
            };
            failed.extend(problem);
            match plan.replacement(place) {
                Ok(next) => asked.push(ask_one(next)),
                Err(group) => exhausted.extend(group),
            }
        }
        exhausted
    }

    /// Asks one endorser; gives what it reports as its failure.
    async fn ask(&self, place: usize) -> Result<ProposalResponse, Option<ErrorDetail>> {
        let member = self.member(place).ok_or(None)?;
        let answer = ask(self.gateway, member, self.signed, Aim::Endorsement).await;
        answer.map_err(|problem| self.failed(place, problem.message))
    }

    fn failed(&self, place: usize, message: String) -> Option<ErrorDetail> {
        let Member { peer, .. } = self.member(place)?;
        tracing::warn!(msp_id = peer.msp_id(), message, "a peer did not endorse");
        Some(detail(peer, message))
    }

    fn member(&self, place: usize) -> Option<&Member> {
        self.registry.get(place)
    }
}
