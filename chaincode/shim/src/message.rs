//! Messages of the stream: their key, their kinds, and the ones that the shim makes itself.
//!
//! Nothing here keeps state or talks to anybody.

use bytes::Bytes;
use fabric_protos::peer::{
    ChaincodeEvent, ChaincodeId, ChaincodeMessage, Response, chaincode_message::Type,
};
use prost::Message;

/// What a peer and Fabric's own shims accept in one message, either way.
pub(crate) const MESSAGE_BYTES_MAX: usize = 100 * 1024 * 1024;

/// Room for a message's envelope (ids, tags, event name) beside its payload.
const ENVELOPE_BYTES_MAX: usize = 64 * 1024;

/// The largest payload that is sent.
pub(crate) const PAYLOAD_BYTES_MAX: usize = MESSAGE_BYTES_MAX - ENVELOPE_BYTES_MAX;

/// A transaction as the stream tells it apart: the id alone may run on two channels.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TransactionKey {
    pub(crate) channel: String,
    pub(crate) id: String,
}

impl TransactionKey {
    pub(crate) fn of(message: &ChaincodeMessage) -> Self {
        Self {
            channel: message.channel_id.clone(),
            id: message.txid.clone(),
        }
    }

    /// A message about this transaction.
    pub(crate) fn message(&self, kind: Type, payload: impl Into<Bytes>) -> ChaincodeMessage {
        ChaincodeMessage {
            r#type: kind.into(),
            payload: payload.into(),
            txid: self.id.clone(),
            channel_id: self.channel.clone(),
            ..ChaincodeMessage::default()
        }
    }

    /// The terminal message that makes a gateway try another peer.
    pub(crate) fn error(&self, text: impl Into<String>) -> ChaincodeMessage {
        self.message(Type::Error, text.into())
    }

    /// The terminal message that carries a contract's answer, or a 500 where it is too large.
    pub(crate) fn completed(
        &self,
        response: &Response,
        event: Option<ChaincodeEvent>,
    ) -> ChaincodeMessage {
        let message = ChaincodeMessage {
            chaincode_event: event,
            ..self.message(Type::Completed, response.encode_to_vec())
        };
        if message.encoded_len() <= MESSAGE_BYTES_MAX {
            return message;
        }
        self.failed(
            500,
            "the answer is larger than the 100 MiB that a peer accepts",
        )
    }

    /// A terminal message with a status and no payload.
    pub(crate) fn failed(&self, status: i32, text: impl Into<String>) -> ChaincodeMessage {
        let response = Response {
            status,
            message: text.into(),
            ..Response::default()
        };
        self.message(Type::Completed, response.encode_to_vec())
    }
}

/// The first message of a stream: which chaincode this is.
pub(crate) fn register(chaincode_id: &str) -> ChaincodeMessage {
    let id = ChaincodeId {
        name: chaincode_id.to_owned(),
        ..ChaincodeId::default()
    };
    ChaincodeMessage {
        r#type: Type::Register.into(),
        payload: id.encode_to_vec().into(),
        ..ChaincodeMessage::default()
    }
}
