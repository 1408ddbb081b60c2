//! Hands chaincode the signed proposal, as a peer's shim does and a ledger in memory does not.

use std::sync::{Arc, Mutex};

use fabric_contract_api_rust::{Chaincode, Invocation, Peer, Response};
use fabric_protos::peer::{
    ChaincodeId, ChaincodeInput, ChaincodeInvocationSpec, ChaincodeProposalPayload, ChaincodeSpec,
    Proposal, SignedProposal,
};
use prost::Message;

/// The proposal of the transaction in progress, shared by all chaincode that it reaches.
pub(crate) type Shared = Arc<Mutex<Vec<u8>>>;

/// The chaincode that clients call: its arguments are what they signed.
pub(crate) struct Outer<C>(pub(crate) C, pub(crate) Shared);

/// Chaincode that other chaincode calls: what was signed is the outer call.
pub(crate) struct Inner<C>(pub(crate) C, pub(crate) Shared);

impl<C: Chaincode> Chaincode for Outer<C> {
    fn invoke(&self, invocation: &Invocation, peer: &mut dyn Peer) -> Response {
        *self.1.lock().unwrap() = proposal(&invocation.args);
        invoke(&self.0, &self.1, invocation, peer)
    }
}

impl<C: Chaincode> Chaincode for Inner<C> {
    fn invoke(&self, invocation: &Invocation, peer: &mut dyn Peer) -> Response {
        invoke(&self.0, &self.1, invocation, peer)
    }
}

fn invoke(
    chaincode: &dyn Chaincode,
    proposal: &Shared,
    invocation: &Invocation,
    peer: &mut dyn Peer,
) -> Response {
    let signed_proposal = proposal.lock().unwrap().clone();
    let invocation = Invocation {
        signed_proposal,
        ..invocation.clone()
    };
    chaincode.invoke(&invocation, peer)
}

fn proposal(args: &[Vec<u8>]) -> Vec<u8> {
    let input = ChaincodeInput {
        args: args.iter().cloned().map(Into::into).collect(),
        ..ChaincodeInput::default()
    };
    let spec = ChaincodeSpec {
        r#type: 1,
        chaincode_id: Some(ChaincodeId {
            name: "contract".to_owned(),
            ..ChaincodeId::default()
        }),
        input: Some(input),
        ..ChaincodeSpec::default()
    };
    let payload = ChaincodeProposalPayload {
        input: ChaincodeInvocationSpec {
            chaincode_spec: Some(spec),
        }
        .encode_to_vec()
        .into(),
        ..ChaincodeProposalPayload::default()
    };
    let proposal = Proposal {
        header: vec![8, 3].into(),
        payload: payload.encode_to_vec().into(),
        ..Proposal::default()
    };
    SignedProposal {
        proposal_bytes: proposal.encode_to_vec().into(),
        signature: vec![0xff; 70].into(),
    }
    .encode_to_vec()
}
