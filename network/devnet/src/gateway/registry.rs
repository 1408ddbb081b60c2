//! The peers that a gateway knows, and in which order it asks them.
//!
//! Source: `internal/pkg/gateway/registry.go`. Of layouts that are equally good Fabric takes one by
//! chance; here it is the first, so that equal requests have equal effects.

use std::{cmp::Reverse, sync::Arc};

use fabric_protos::peer::ChaincodeInterest;

use super::{GatewayService, plan::Plan};
use crate::{
    discovery::{
        endorsers::{self, Unendorsable},
        member::{Member, requirements, unknown},
    },
    peer::PeerLedger,
    storage::StorageError,
};

/// The peers of one channel as of one request. Plans name them by their places.
#[derive(Debug)]
pub(super) struct Registry<'a> {
    gateway: &'a GatewayService,
    channel: &'a str,
    ledger: Option<&'a Arc<PeerLedger>>,
    members: Vec<Member>,
}

/// Why no plan can be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoPlan {
    #[error("no combination of peers can be derived which satisfy the endorsement policy: {0}")]
    Unendorsable(#[from] Unendorsable),
    #[error("the ledger cannot be read: {0}")]
    Storage(#[from] StorageError),
}

impl<'a> Registry<'a> {
    pub(super) fn new(gateway: &'a GatewayService, channel: &'a str) -> Self {
        let ledger = gateway.ledger(channel);
        let mut members = match ledger {
            Some(ledger) => Member::all(ledger, &gateway.peers),
            None => Vec::new(),
        };
        // The highest first, of equally high ones the gateway's own.
        members.sort_by_key(|member| (Reverse(member.height), gateway.is_remote(&member.peer)));
        Self {
            gateway,
            channel,
            ledger,
            members,
        }
    }

    /// A peer by its place.
    pub(super) fn get(&self, place: usize) -> Option<&Member> {
        self.members.get(place)
    }

    /// Peers of an organisation that have a chaincode.
    fn of_organization(&self, msp_id: &str, chaincode: &str) -> Vec<usize> {
        self.having(chaincode, |member| member.peer.msp_id() == msp_id)
    }

    fn having(&self, chaincode: &str, wanted: impl Fn(&Member) -> bool) -> Vec<usize> {
        let members = self.members.iter().enumerate();
        members
            .filter(|(_, member)| wanted(member) && member.has(chaincode))
            .map(|(place, _)| place)
            .collect()
    }

    /// A plan of one peer of each organisation; or the organisations that have none.
    pub(super) fn of_organizations(
        &self,
        chaincode: &str,
        organizations: &[String],
    ) -> Result<Plan, Vec<String>> {
        let mut groups = Vec::new();
        let mut missing = Vec::new();
        for (index, msp_id) in organizations.iter().enumerate() {
            let peers = self.of_organization(msp_id, chaincode);
            if peers.is_empty() {
                missing.push(msp_id.clone());
            } else if !organizations
                .iter()
                .take(index)
                .any(|other| other == msp_id)
            {
                groups.push(peers);
            }
        }
        if missing.is_empty() {
            Ok(Plan::one_of_each(groups))
        } else {
            Err(missing)
        }
    }

    /// The peers that may evaluate, in the order in which they are asked: those of the gateway's
    /// own organisation first.
    pub(super) fn evaluators(&self, chaincode: &str, organizations: &[String]) -> Vec<usize> {
        let local = self.gateway.local.msp_id();
        let may = |msp_id: &str| {
            organizations.is_empty() || organizations.iter().any(|asked| asked == msp_id)
        };
        let mut places = Vec::new();
        if may(local) {
            places = self.of_organization(local, chaincode);
        }
        let others = self.having(chaincode, |member| {
            let msp_id = member.peer.msp_id();
            msp_id != local && may(msp_id)
        });
        places.extend(others);
        places
    }

    /// A plan that satisfies all policies of an interest, if possible with a given endorser.
    pub(super) fn satisfying(
        &self,
        interest: &ChaincodeInterest,
        preferred: Option<usize>,
    ) -> Result<Plan, NoPlan> {
        let Some(ledger) = self.ledger else {
            let first = interest.chaincodes.first();
            let chaincode = first.map_or("", |call| &call.name);
            return Err(NoPlan::Unendorsable(unknown(chaincode, self.channel)));
        };
        let required = requirements(ledger, interest)??;
        let descriptor = endorsers::describe(interest, &required, &self.members)?;
        Ok(Plan::new(descriptor, preferred))
    }
}
