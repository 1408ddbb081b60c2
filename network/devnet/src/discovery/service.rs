//! The endpoint: `discovery.Discovery`.

use std::{collections::BTreeMap, sync::Arc};

use fabric_protos::{
    discovery::{
        self, ChaincodeQuery, ChaincodeQueryResult, EndorsementDescriptor, Error, Layout,
        PeerMembershipQuery, PeerMembershipResult, Peers, Query, QueryResult, Request as Asked,
        Response as Answers, SignedRequest, discovery_server::Discovery, query::Query as Kind,
        query_result::Result as Answer,
    },
    peer::ChaincodeInterest,
};
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::{
    config,
    endorsers::{self, Descriptor},
    gossip::{self, GossipError},
    interest_text::quote,
    member::{Member, requirements},
};
use crate::{
    channel::Policy,
    peer::{Peer, PeerLedger},
};

const ACCESS_DENIED: &str = "access denied";

/// Serves discovery of one peer.
#[derive(Debug)]
pub(crate) struct DiscoveryService {
    pub(crate) local: Arc<Peer>,
    pub(crate) peers: Vec<Arc<Peer>>,
}

#[tonic::async_trait]
impl Discovery for DiscoveryService {
    async fn discover(&self, request: Request<SignedRequest>) -> Result<Response<Answers>, Status> {
        let signed = request.into_inner();
        // A real peer gives errors of its own type, which gRPC sends as UNKNOWN.
        let asked = Asked::decode(signed.payload.clone()).map_err(|_| {
            Status::unknown("failed parsing request: proto: cannot parse invalid wire-format data")
        })?;
        let Some(authentication) = asked.authentication else {
            return Err(Status::unknown(
                "access denied, no authentication info in request",
            ));
        };
        if authentication.client_identity.is_empty() {
            return Err(Status::unknown(
                "access denied, client identity wasn't supplied",
            ));
        }
        let answer = |query: &Query| {
            let answer = self.answer(query, &signed, &authentication.client_identity);
            QueryResult {
                result: Some(answer.unwrap_or_else(|content| Answer::Error(Error { content }))),
            }
        };
        let results = asked.queries.iter().map(answer).collect();
        Ok(Response::new(Answers { results }))
    }
}

/// What a query is answered with; the error is told to the client.
type Outcome = Result<Answer, String>;

impl DiscoveryService {
    fn answer(&self, query: &Query, signed: &SignedRequest, identity: &[u8]) -> Outcome {
        if query.channel.is_empty() {
            self.permit_local(signed, identity)?;
            return match query.query {
                Some(Kind::LocalPeers(_)) => self.local_peers(),
                _ => Err("unknown or missing request type".to_owned()),
            };
        }
        let ledger = self.local.ledger(&query.channel).ok_or(ACCESS_DENIED)?;
        let permitted = ledger.channel().check(
            Policy::ApplicationWriters,
            &signed.payload,
            identity,
            &signed.signature,
        );
        if let Err(denied) = permitted {
            tracing::warn!(%denied, "discovery client is not authorized");
            return Err(ACCESS_DENIED.to_owned());
        }
        match &query.query {
            Some(Kind::ConfigQuery(_)) => configuration(ledger),
            Some(Kind::PeerQuery(query)) => self.channel_peers(ledger, query),
            Some(Kind::CcQuery(query)) => self.endorsers(ledger, query),
            Some(Kind::LocalPeers(_)) | None => Err("unknown or missing request type".to_owned()),
        }
    }

    fn members(&self, ledger: &PeerLedger) -> Vec<Member> {
        Member::all(ledger, &self.peers)
    }

    /// Administrators of the peer's own organisation may ask about the peer itself.
    fn permit_local(&self, signed: &SignedRequest, identity: &[u8]) -> Result<(), String> {
        let denied = |reason: &str| {
            tracing::warn!(reason, "discovery client is not authorized");
            ACCESS_DENIED.to_owned()
        };
        let identity = self.local.local().identity(identity);
        let identity = identity.map_err(|error| denied(&error.to_string()))?;
        if !identity.roles().contains(fabric_msp::Role::Admin) {
            return Err(denied("no administrator of the peer's organisation"));
        }
        identity
            .verify(&signed.payload, &signed.signature)
            .map_err(|error| denied(&error.to_string()))
    }

    fn local_peers(&self) -> Outcome {
        let peers = self.peers.iter();
        by_organization(peers.map(|peer| (peer, gossip::peer(peer))))
    }

    fn channel_peers(&self, ledger: &PeerLedger, query: &PeerMembershipQuery) -> Outcome {
        let mut members = self.members(ledger);
        let filter = query.filter.as_ref();
        if let Some(interest) = filter.filter(|interest| !interest.chaincodes.is_empty()) {
            let required = requirements(ledger, interest)
                .map_err(|error| error.to_string())?
                .map_err(|error| error.to_string())?;
            let able = endorsers::able(interest, &required, &members);
            let able = able.map_err(|error| error.to_string())?;
            let members_able = able
                .into_iter()
                .filter_map(|place| members.get(place).cloned());
            members = members_able.collect();
        }
        let channel = ledger.channel().name();
        by_organization(
            members
                .iter()
                .map(|member| (&member.peer, gossip::member(member, channel))),
        )
    }

    fn endorsers(&self, ledger: &PeerLedger, query: &ChaincodeQuery) -> Outcome {
        check(query)?;
        let members = self.members(ledger);
        let descriptor = |interest: &ChaincodeInterest| {
            describe(ledger, &members, interest).map_err(|reason| {
                tracing::warn!(reason, "no endorsers for what a discovery client asks");
                format!("failed constructing descriptor for {}", quote(interest))
            })
        };
        let content = query.interests.iter().map(descriptor);
        Ok(Answer::CcQueryRes(ChaincodeQueryResult {
            content: content.collect::<Result<_, _>>()?,
        }))
    }
}

/// Whether a query names what it asks for.
pub(super) fn check(query: &ChaincodeQuery) -> Result<(), String> {
    if query.interests.is_empty() {
        return Err("chaincode query must have at least one chaincode interest".to_owned());
    }
    for interest in &query.interests {
        if interest.chaincodes.is_empty() {
            return Err("chaincode interest must contain at least one chaincode".to_owned());
        }
        if interest.chaincodes.iter().any(|call| call.name.is_empty()) {
            return Err("chaincode name in interest cannot be empty".to_owned());
        }
    }
    Ok(())
}

fn configuration(ledger: &PeerLedger) -> Outcome {
    config::describe(ledger.config().config())
        .map(Answer::ConfigResult)
        .ok_or_else(|| {
            format!(
                "failed fetching config for channel {}",
                ledger.channel().name()
            )
        })
}

fn by_organization<'a>(
    peers: impl Iterator<Item = (&'a Arc<Peer>, Result<discovery::Peer, GossipError>)>,
) -> Outcome {
    let mut peers_by_org: BTreeMap<String, Peers> = BTreeMap::new();
    for (peer, told) in peers {
        let told = told.map_err(|error| error.to_string())?;
        let peers = peers_by_org.entry(peer.msp_id().to_owned());
        peers.or_default().peers.push(told);
    }
    Ok(Answer::Members(PeerMembershipResult { peers_by_org }))
}

fn describe(
    ledger: &PeerLedger,
    members: &[Member],
    interest: &ChaincodeInterest,
) -> Result<EndorsementDescriptor, String> {
    let required = requirements(ledger, interest)
        .map_err(|error| error.to_string())?
        .map_err(|error| error.to_string())?;
    let Descriptor { groups, layouts } =
        endorsers::describe(interest, &required, members).map_err(|error| error.to_string())?;
    let name = |group: usize| format!("G{group}");
    let mut endorsers_by_groups = BTreeMap::new();
    for (group, places) in groups.iter().enumerate() {
        let mut peers = Peers::default();
        for member in places.iter().filter_map(|place| members.get(*place)) {
            let peer = gossip::member(member, ledger.channel().name());
            peers.peers.push(peer.map_err(|error| error.to_string())?);
        }
        endorsers_by_groups.insert(name(group), peers);
    }
    let layout = |layout: endorsers::Layout| Layout {
        quantities_by_group: layout
            .into_iter()
            .map(|(group, quantity)| (name(group), u32::try_from(quantity).unwrap_or(u32::MAX)))
            .collect(),
    };
    Ok(EndorsementDescriptor {
        chaincode: interest
            .chaincodes
            .first()
            .map(|call| call.name.clone())
            .unwrap_or_default(),
        endorsers_by_groups,
        layouts: layouts.into_iter().map(layout).collect(),
    })
}
