//! From a TRANSACTION or INIT message to an invocation, and from an answer to COMPLETED.
//!
//! Parsed once per transaction, on the contract's thread. The peer has checked signature and
//! creator; this only reads them.

use bytes::Bytes;
use fabric_contract_api_rust::peer::{
    Creator, Invocation, InvocationKind, Response, SignedProposal, Timestamp,
};
use fabric_protos::{
    common::{ChannelHeader, Header, SignatureHeader},
    msp::SerializedIdentity,
    peer::{
        self, ChaincodeInput, ChaincodeInvocationSpec, ChaincodeMessage, ChaincodeProposalPayload,
        Proposal, chaincode_message::Type,
    },
};
use prost::Message;
use sha2::{Digest, Sha256};

use crate::message::TransactionKey;

/// A message that is not an invocation.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("the {0} of the transaction cannot be read")]
    Part(&'static str),
    #[error("the transaction carries no signed proposal")]
    NoProposal,
}

/// Reads what the peer wants simulated.
pub(crate) fn parse(message: ChaincodeMessage) -> Result<Invocation, Malformed> {
    let kind = match message.r#type() {
        Type::Init => InvocationKind::Initialization,
        _ => InvocationKind::Transaction,
    };
    let input: ChaincodeInput = decode(message.payload, "input")?;
    let signed = message.proposal.ok_or(Malformed::NoProposal)?;
    let proposal = ProposalParts::of(&signed)?;
    Ok(Invocation {
        channel: message.channel_id,
        transaction_id: message.txid,
        timestamp: proposal.timestamp(),
        signed_proposal: Some(proposal.signed(&signed)),
        args: input.args.into_iter().map(Vec::from).collect(),
        transient: owned(proposal.payload.transient_map),
        creator: Creator {
            msp_id: proposal.identity.mspid,
            certificate_pem: proposal.identity.id_bytes.into(),
        },
        binding: binding(&proposal.signature_header, proposal.channel_header.epoch),
        decorations: owned(input.decorations),
        kind,
    })
}

/// The terminal message for a contract's answer, whatever its status.
pub(crate) fn completed(key: &TransactionKey, response: Response) -> ChaincodeMessage {
    let event = response.event.map(|event| peer::ChaincodeEvent {
        event_name: event.name,
        payload: event.payload.into(),
        ..peer::ChaincodeEvent::default()
    });
    let answer = peer::Response {
        status: response.status,
        message: response.message,
        payload: response.payload.into(),
    };
    key.completed(&answer, event)
}

struct ProposalParts {
    channel_header: ChannelHeader,
    signature_header: SignatureHeader,
    identity: SerializedIdentity,
    payload: ChaincodeProposalPayload,
    invocation: ChaincodeInvocationSpec,
}

impl ProposalParts {
    fn of(signed: &peer::SignedProposal) -> Result<Self, Malformed> {
        let proposal: Proposal = decode(signed.proposal_bytes.clone(), "proposal")?;
        let header: Header = decode(proposal.header, "header")?;
        let signature_header: SignatureHeader =
            decode(header.signature_header, "signature header")?;
        let payload: ChaincodeProposalPayload = decode(proposal.payload, "proposal payload")?;
        Ok(Self {
            channel_header: decode(header.channel_header, "channel header")?,
            identity: decode(signature_header.creator.clone(), "creator")?,
            invocation: decode(payload.input.clone(), "signed input")?,
            payload,
            signature_header,
        })
    }

    fn signed(&self, signed: &peer::SignedProposal) -> SignedProposal {
        let spec = self.invocation.chaincode_spec.clone().unwrap_or_default();
        let args = spec.input.unwrap_or_default().args;
        SignedProposal {
            proposal: signed.proposal_bytes.to_vec(),
            signature: signed.signature.to_vec(),
            creator: self.signature_header.creator.to_vec(),
            nonce: self.signature_header.nonce.to_vec(),
            epoch: self.channel_header.epoch,
            chaincode: spec.chaincode_id.unwrap_or_default().name,
            args: args.into_iter().map(Vec::from).collect(),
        }
    }

    fn timestamp(&self) -> Timestamp {
        let timestamp = self.channel_header.timestamp.unwrap_or_default();
        Timestamp {
            seconds: timestamp.seconds,
            nanoseconds: timestamp.nanos,
        }
    }
}

/// SHA-256 of nonce, creator and epoch (little-endian), as Fabric's own shims make it.
fn binding(header: &SignatureHeader, epoch: u64) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(&header.nonce);
    hash.update(&header.creator);
    hash.update(epoch.to_le_bytes());
    hash.finalize().to_vec()
}

fn decode<M: Message + Default>(bytes: Bytes, part: &'static str) -> Result<M, Malformed> {
    M::decode(bytes).map_err(|_| Malformed::Part(part))
}

fn owned(
    map: std::collections::BTreeMap<String, Bytes>,
) -> std::collections::BTreeMap<String, Vec<u8>> {
    map.into_iter()
        .map(|(name, value)| (name, value.into()))
        .collect()
}
