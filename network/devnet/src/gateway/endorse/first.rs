//! The first endorsement, from which the gateway learns whose policies count.

use fabric_protos::peer::{ChaincodeCall, ChaincodeInterest, ProposalResponse};
use tonic::{Code, Status};

use super::Endorsing;
use crate::gateway::{failure, plan::Plan};

const FIRST_FAILED: &str = "failed to endorse transaction, see attached details for more info";
const TOO_LATE: &str = "endorsement timeout expired while collecting first endorsement";
const NO_LOCAL_PEER: &str = "no endorsers found in the gateway's organization; retry specifying endorsing organization(s) to protect transient data";

impl Endorsing<'_> {
    /// Has one peer endorse, of the gateway's own organisation if it can, and plans by what its
    /// answer says of the chaincodes, collections and keys that the transaction touched.
    pub(super) async fn plan_from_first(&self) -> Result<Plan, Status> {
        let first = self.first_plan()?;
        let (place, response) = self
            .deadline
            .within(TOO_LATE, self.first_endorsement(first))
            .await?;
        let interest = response.interest.clone();
        let interest = interest.filter(|interest| !interest.chaincodes.is_empty());
        let interest = interest.unwrap_or_else(|| self.called());
        let mut plan = self.plan_for(&interest, place)?;
        // The first answer has nothing to differ from.
        let endorsement = response.endorsement.unwrap_or_default();
        let _ = plan.accept(place, &response.payload, &endorsement);
        Ok(plan)
    }

    /// The interest of a call that touches nothing but its chaincode.
    fn called(&self) -> ChaincodeInterest {
        ChaincodeInterest {
            chaincodes: vec![ChaincodeCall {
                name: self.target.chaincode().to_owned(),
                ..Default::default()
            }],
        }
    }

    /// Whom to ask first. Transient data stays within the organisation.
    fn first_plan(&self) -> Result<Plan, Status> {
        let local = [self.gateway.local.msp_id().to_owned()];
        let chaincode = self.target.chaincode();
        if let Ok(plan) = self.registry.of_organizations(chaincode, &local) {
            return Ok(plan);
        }
        if self.target.has_transient_data() {
            return Err(Status::failed_precondition(NO_LOCAL_PEER));
        }
        let plan = self.registry.satisfying(&self.called(), None);
        plan.map_err(|reason| Status::failed_precondition(reason.to_string()))
    }

    /// The first answer that is an endorsement, and who gave it.
    async fn first_endorsement(&self, mut plan: Plan) -> Result<(usize, ProposalResponse), Status> {
        let mut failed = Vec::new();
        let endorsers = plan.next_endorsers().unwrap_or_default();
        let mut next = endorsers.first().copied();
        while let Some(place) = next {
            match self.ask(place).await {
                Ok(response) => return Ok((place, response)),
                Err(problem) => failed.extend(problem),
            }
            next = plan.replacement(place).ok();
        }
        Err(failure::status(Code::Aborted, FIRST_FAILED, &failed))
    }

    /// A plan for an interest. A proposal with transient data goes to none but members of the
    /// collections, though the transaction does not read from these.
    fn plan_for(&self, interest: &ChaincodeInterest, first: usize) -> Result<Plan, Status> {
        let mut cautious = interest.clone();
        let mut protected = Vec::new();
        if self.target.has_transient_data() {
            for call in cautious
                .chaincodes
                .iter_mut()
                .filter(|call| call.no_private_reads)
            {
                call.no_private_reads = false;
                protected.extend(call.collection_names.iter().cloned());
            }
        }
        let reason = match self.registry.satisfying(&cautious, Some(first)) {
            Ok(plan) => return Ok(plan),
            Err(reason) => reason,
        };
        let mut text = reason.to_string();
        if !protected.is_empty() {
            match self.registry.satisfying(interest, Some(first)) {
                Ok(_) => {
                    let collections = protected.join(" ");
                    text = format!(
                        "requires endorsement from organisation(s) that are not in the distribution policy of the private data collection(s): [{collections}]; retry specifying trusted endorsing organizations to protect transient data"
                    );
                }
                Err(reason) => text = reason.to_string(),
            }
        }
        Err(Status::failed_precondition(text))
    }
}
