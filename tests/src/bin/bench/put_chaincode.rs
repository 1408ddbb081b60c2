//! The smallest chaincode that writes: `put` with a key and a value. What it costs is the network's.

use fabric_contract_api_rust::{Chaincode, Invocation, Peer, Response, Write};

/// Writes its second argument's key with its third as the value.
#[derive(Debug)]
pub(crate) struct PutChaincode;

impl Chaincode for PutChaincode {
    fn invoke(&self, invocation: &Invocation, peer: &mut dyn Peer) -> Response {
        let [_, key, value] = &invocation.args[..] else {
            return Response::error(400, "give put, a key and a value");
        };
        let write = Write::Put {
            collection: String::new(),
            key: String::from_utf8_lossy(key).into_owned(),
            value: value.clone(),
        };
        match peer.flush(vec![write]) {
            Ok(()) => Response::ok(Vec::new()),
            Err(error) => Response::error(500, error.to_string()),
        }
    }
}
