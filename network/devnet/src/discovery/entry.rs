//! Queries of clients as they come off the wire, on a channel of a few peers: what the fuzz target and
//! the property test of `tests/it/entries.rs` run. No part of this crate's interface.

use std::collections::BTreeMap;

use fabric_ledger::policy::{self, Signer};
use fabric_protos::{
    common::{
        MspPrincipal, MspRole, SignaturePolicyEnvelope, msp_principal::Classification,
        msp_role::MspRoleType,
    },
    discovery::{ChaincodeQuery, PeerMembershipQuery, Query, Request, query::Query as Kind},
    peer::{ChaincodeCall, ChaincodeInterest},
};
use prost::Message as _;

use super::{
    endorsers::{self, Candidate, Descriptor},
    interest_text::quote,
    requirement::{Collection, Requirement},
    service,
};

/// A peer of an organisation, which has every chaincode.
struct Peer(&'static str);

/// Two of the peers are of one organisation.
const PEERS: [Peer; 4] = [
    Peer("Org1MSP"),
    Peer("Org2MSP"),
    Peer("Org2MSP"),
    Peer("Org3MSP"),
];

/// The policy of chaincodes for which the query brings none.
const POLICY: &str = "OutOf(2, 'Org1MSP.peer', 'Org2MSP.peer', 'Org3MSP.member')";

impl Signer for Peer {
    fn is(&self, principal: &MspPrincipal) -> bool {
        let role = MspRole::decode(principal.principal.clone()).unwrap_or_default();
        let has_role = matches!(role.role(), MspRoleType::Member | MspRoleType::Peer);
        role.msp_identifier == self.0 && has_role
    }
}

impl Candidate for Peer {
    fn runs(&self, _: &str, _: i64) -> bool {
        true
    }
}

/// Answers the bytes of a `discovery.Request`, and panics where an answer contradicts itself.
pub fn run(data: &[u8]) {
    let Ok(request) = Request::decode(data) else {
        return;
    };
    for query in &request.queries {
        match &query.query {
            Some(Kind::CcQuery(query)) if service::check(query).is_ok() => {
                query.interests.iter().for_each(answer);
            }
            Some(Kind::PeerQuery(PeerMembershipQuery {
                filter: Some(filter),
            })) => {
                let able = endorsers::able(filter, &requirements(filter), &PEERS);
                let able = able.unwrap_or_default();
                assert!(able.iter().all(|place| *place < PEERS.len()));
            }
            _ => {}
        }
    }
}

fn answer(interest: &ChaincodeInterest) {
    let _ = quote(interest);
    let Ok(found) = endorsers::describe(interest, &requirements(interest), &PEERS) else {
        return;
    };
    let Descriptor { groups, layouts } = found;
    assert!(!layouts.is_empty(), "an answer without layouts is none");
    assert!(groups.iter().flatten().all(|place| *place < PEERS.len()));
    for (group, quantity) in layouts.iter().flatten() {
        let there = groups.get(*group).map_or(0, Vec::len);
        assert!(*quantity <= there, "{quantity} peers of {there}");
    }
}

/// What the chaincodes of an interest require. A policy that the query has for keys is that of the
/// chaincode too: definitions come from clients as well.
fn requirements(interest: &ChaincodeInterest) -> Vec<Requirement> {
    let calls = interest.chaincodes.iter();
    calls
        .map(|call| {
            let policy = call.key_policies.first().cloned();
            let touched = call.collection_names.iter();
            let collections = touched.map(|name| {
                let policy = call.key_policies.get(1).cloned();
                let members = Some(vec![member("Org2MSP"), member("Org3MSP")]);
                (name.clone(), Collection { members, policy })
            });
            Requirement {
                chaincode: call.name.clone(),
                sequence: 1,
                policy: policy.unwrap_or_else(|| parse(POLICY)),
                collections: collections.collect::<BTreeMap<_, _>>(),
            }
        })
        .collect()
}

/// Queries of the kinds that are meant.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let call = |name: &str| ChaincodeCall {
        name: name.to_owned(),
        ..Default::default()
    };
    let with_policies = ChaincodeCall {
        collection_names: vec!["secrets".to_owned()],
        key_policies: vec![parse(POLICY), parse("AND('Org1MSP.peer','Org2MSP.peer')")],
        ..call("basic")
    };
    let alone = ChaincodeCall {
        disregard_namespace_policy: true,
        no_private_reads: true,
        ..with_policies.clone()
    };
    let interests = [
        vec![call("basic"), call("other")],
        vec![with_policies],
        vec![alone],
    ];
    let interests = interests.map(|chaincodes| ChaincodeInterest { chaincodes });
    let queries = interests.map(|interest| {
        let queries = [
            Kind::CcQuery(ChaincodeQuery {
                interests: vec![interest.clone()],
            }),
            Kind::PeerQuery(PeerMembershipQuery {
                filter: Some(interest),
            }),
        ];
        let queries = queries.map(|query| Query {
            channel: "mychannel".to_owned(),
            query: Some(query),
        });
        Request {
            queries: queries.to_vec(),
            ..Default::default()
        }
        .encode_to_vec()
    });
    queries.to_vec()
}

fn parse(text: &str) -> SignaturePolicyEnvelope {
    policy::parse(text).unwrap_or_default()
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
