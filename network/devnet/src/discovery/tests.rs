//! Who can endorse what, from policies and peers that exist nowhere else.

mod choice;
mod properties;

use std::collections::BTreeMap;

use fabric_ledger::policy::{self, Signer};
use fabric_protos::{
    common::{
        MspPrincipal, MspRole, SignaturePolicyEnvelope, msp_principal::Classification,
        msp_role::MspRoleType,
    },
    peer::{ChaincodeCall, ChaincodeInterest},
};
use prost::Message as _;

use super::{
    endorsers::{Candidate, Descriptor, Unendorsable, describe},
    requirement::{Collection, Requirement},
};

/// A peer of an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fake {
    msp_id: String,
    chaincodes: Vec<&'static str>,
}

impl Signer for Fake {
    fn is(&self, principal: &MspPrincipal) -> bool {
        let role = MspRole::decode(principal.principal.clone()).unwrap_or_default();
        let has_role = matches!(role.role(), MspRoleType::Member | MspRoleType::Peer);
        role.msp_identifier == self.msp_id && has_role
    }
}

impl Candidate for Fake {
    fn runs(&self, chaincode: &str, sequence: i64) -> bool {
        sequence == 1 && self.chaincodes.contains(&chaincode)
    }
}

/// Peers with every chaincode, of organisations by number.
fn peers(organizations: &[usize]) -> Vec<Fake> {
    let peer = |number: &usize| Fake {
        msp_id: format!("Org{number}MSP"),
        chaincodes: vec!["basic", "other"],
    };
    organizations.iter().map(peer).collect()
}

fn parse(text: &str) -> SignaturePolicyEnvelope {
    match policy::parse(text) {
        Ok(policy) => policy,
        Err(error) => panic!("{text}: {error}"),
    }
}

fn member(msp_id: &str) -> MspPrincipal {
    let role = MspRole {
        msp_identifier: msp_id.to_owned(),
        role: MspRoleType::Member.into(),
    };
    MspPrincipal {
        principal_classification: Classification::Role.into(),
        principal: role.encode_to_vec().into(),
    }
}

fn requirement(chaincode: &str, policy: &str) -> Requirement {
    Requirement {
        chaincode: chaincode.to_owned(),
        sequence: 1,
        policy: parse(policy),
        collections: BTreeMap::new(),
    }
}

/// The same with a collection of these members.
fn with_collection(
    mut required: Requirement,
    name: &str,
    members: &[&str],
    policy: Option<&str>,
) -> Requirement {
    let collection = Collection {
        members: Some(members.iter().map(|msp_id| member(msp_id)).collect()),
        policy: policy.map(parse),
    };
    required.collections.insert(name.to_owned(), collection);
    required
}

fn call(chaincode: &str) -> ChaincodeCall {
    ChaincodeCall {
        name: chaincode.to_owned(),
        ..Default::default()
    }
}

fn interest(chaincodes: impl Into<Vec<ChaincodeCall>>) -> ChaincodeInterest {
    ChaincodeInterest {
        chaincodes: chaincodes.into(),
    }
}

/// Layouts in text: the organisations that each takes peers of, sorted, one mention per peer.
fn layouts(descriptor: &Descriptor, candidates: &[Fake]) -> Vec<String> {
    let organization = |group: &usize| {
        let peers = &descriptor.groups[*group];
        candidates[peers[0]]
            .msp_id
            .trim_end_matches("MSP")
            .to_owned()
    };
    let text = |layout: &BTreeMap<usize, usize>| {
        let mut names: Vec<_> = layout
            .iter()
            .flat_map(|(group, quantity)| vec![organization(group); *quantity])
            .collect();
        names.sort();
        names.join("+")
    };
    let mut texts: Vec<_> = descriptor.layouts.iter().map(text).collect();
    texts.sort();
    texts
}

/// Checks which layouts a call of `basic` under one policy has.
#[track_caller]
fn check(policy: &str, organizations: &[usize], expected: &[&str]) {
    let candidates = peers(organizations);
    let found = describe(
        &interest([call("basic")]),
        &[requirement("basic", policy)],
        &candidates,
    );
    match found {
        Ok(found) => assert_eq!(layouts(&found, &candidates), expected, "{policy}"),
        Err(error) => panic!("{policy}: {error}"),
    }
}

#[track_caller]
fn check_fails(
    interest: &ChaincodeInterest,
    required: &[Requirement],
    candidates: &[Fake],
    expected: &str,
) {
    let error: Result<Descriptor, Unendorsable> = describe(interest, required, candidates);
    match error {
        Ok(found) => panic!("{:?}", layouts(&found, candidates)),
        Err(error) => assert_eq!(error.to_string(), expected),
    }
}
