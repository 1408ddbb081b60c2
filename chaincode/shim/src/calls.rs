//! Calls of other chaincode: the request, and what the callee answered.

use bytes::Bytes;
use fabric_contract_api_rust::peer::{PeerError, Response};
use fabric_protos::peer::{
    self, ChaincodeId, ChaincodeInput, ChaincodeMessage, ChaincodeSpec, chaincode_message::Type,
};

use crate::stream_peer::{decode, malformed};

/// `name` alone means the transaction's own channel; another one is appended.
pub(crate) fn request(name: &str, channel: &str, args: &[Vec<u8>]) -> ChaincodeSpec {
    let name = match channel {
        "" => name.to_owned(),
        channel => format!("{name}/{channel}"),
    };
    ChaincodeSpec {
        chaincode_id: Some(ChaincodeId {
            name,
            ..ChaincodeId::default()
        }),
        input: Some(ChaincodeInput {
            args: args.iter().map(|arg| Bytes::copy_from_slice(arg)).collect(),
            ..ChaincodeInput::default()
        }),
        ..ChaincodeSpec::default()
    }
}

/// The callee's own terminal message is the reply's payload. Its event is lost: the peer drops it.
pub(crate) fn response(reply: Bytes) -> Result<Response, PeerError> {
    let terminal: ChaincodeMessage = decode(reply, "the called chaincode's message")?;
    match terminal.r#type() {
        Type::Completed => {
            let answer: peer::Response = decode(terminal.payload, "the called chaincode's answer")?;
            Ok(Response {
                status: answer.status,
                message: answer.message,
                payload: answer.payload.into(),
                event: None,
            })
        }
        Type::Error => Err(PeerError::Refused {
            message: String::from_utf8_lossy(&terminal.payload).into_owned(),
        }),
        kind => Err(malformed(format!(
            "the called chaincode ended with {}",
            kind.as_str_name()
        ))),
    }
}
