//! Administration: packages, definitions, the ledger, configurations, ordering nodes.

mod configuration;
mod endorsement;
mod lifecycle;
mod package;
mod participation;
mod refusals;
mod updates;

use bytes::Bytes;
use fabric_gateway_sdk::admin::{ChannelAdmin, PeerAdmin};
use fabric_protos::{common, peer};
use prost::Message;

use crate::mock::{Answer, Mock, PROCESS_PROPOSAL};
use crate::sample;

impl Mock {
    pub(crate) fn admin(&self) -> PeerAdmin {
        let admin = sample::organization().member("Admin").unwrap().identity();
        PeerAdmin::connect_lazy(admin.clone(), self.endpoint()).unwrap()
    }

    pub(crate) fn channel_admin(&self) -> ChannelAdmin {
        self.admin().channel(sample::CHANNEL)
    }

    /// What system chaincodes were called with: name, function, arguments.
    pub(crate) fn operations(&self) -> Vec<(String, String, Vec<Bytes>)> {
        let signed: Vec<peer::SignedProposal> = self.requests(PROCESS_PROPOSAL);
        signed.iter().map(operation).collect()
    }
}

fn operation(signed: &peer::SignedProposal) -> (String, String, Vec<Bytes>) {
    let proposal = peer::Proposal::decode(signed.proposal_bytes.clone()).unwrap();
    let payload = peer::ChaincodeProposalPayload::decode(proposal.payload).unwrap();
    let invocation = peer::ChaincodeInvocationSpec::decode(payload.input).unwrap();
    let specification = invocation.chaincode_spec.unwrap();
    let mut arguments = specification.input.unwrap().args.into_iter();
    let function = String::from_utf8(arguments.next().unwrap().to_vec()).unwrap();
    let chaincode = specification.chaincode_id.unwrap().name;
    (chaincode, function, arguments.collect())
}

/// The headers of a proposal.
fn header(signed: &peer::SignedProposal) -> common::Header {
    let proposal = peer::Proposal::decode(signed.proposal_bytes.clone()).unwrap();
    common::Header::decode(proposal.header).unwrap()
}

/// A system chaincode's answer to a question.
fn result(payload: &impl Message) -> Answer {
    answer(200, "", sample::encode(payload))
}

fn refusal(status: i32, message: &str) -> Answer {
    answer(status, message, Bytes::new())
}

fn answer(status: i32, message: &str, payload: Bytes) -> Answer {
    Answer::message(&peer::ProposalResponse {
        response: Some(peer::Response {
            status,
            message: message.to_owned(),
            payload,
        }),
        ..Default::default()
    })
}

/// An endorsement of a transaction with these results, by this endorser.
fn endorsement(endorser: &str, results: &str) -> Answer {
    let action = peer::ChaincodeAction {
        results: Bytes::copy_from_slice(results.as_bytes()),
        response: Some(peer::Response {
            status: 200,
            ..Default::default()
        }),
        ..Default::default()
    };
    let payload = peer::ProposalResponsePayload {
        extension: sample::encode(&action),
        ..Default::default()
    };
    Answer::message(&peer::ProposalResponse {
        payload: sample::encode(&payload),
        response: action.response,
        endorsement: Some(peer::Endorsement {
            endorser: Bytes::copy_from_slice(endorser.as_bytes()),
            signature: "a signature".into(),
        }),
        ..Default::default()
    })
}
