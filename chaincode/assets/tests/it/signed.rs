//! Chaincode that gets a proposal without arguments: nobody signed the call.

use fabric_contract_api_rust::{Chaincode, Invocation, Peer, Response, SignedProposal};

/// Hands on every call, with a signed proposal that names no arguments.
pub(crate) struct Unsigned<C>(pub(crate) C);

impl<C: Chaincode> Chaincode for Unsigned<C> {
    fn invoke(&self, invocation: &Invocation, peer: &mut dyn Peer) -> Response {
        let invocation = Invocation {
            signed_proposal: Some(SignedProposal::default()),
            ..invocation.clone()
        };
        self.0.invoke(&invocation, peer)
    }
}
