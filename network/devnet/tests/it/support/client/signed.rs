//! Messages that a client signs.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use fabric_ledger::block::transaction_id;
use fabric_protos::{
    common::{ChannelHeader, Envelope, Header, HeaderType, Payload, SignatureHeader},
    gateway::{ChaincodeEventsRequest, SignedChaincodeEventsRequest},
    orderer::{SeekInfo, SeekPosition, SeekSpecified, seek_info::SeekBehavior, seek_position},
    peer::{
        ChaincodeActionPayload, ChaincodeEndorsedAction, ChaincodeHeaderExtension, ChaincodeId,
        ChaincodeInput, ChaincodeInvocationSpec, ChaincodeProposalPayload, ChaincodeSpec, Proposal,
        ProposalResponse, SignedProposal, Transaction, TransactionAction,
    },
};
use prost::Message as _;
use prost_types::Timestamp;

use super::{Client, Proposed};

impl Client {
    /// A signed proposal.
    pub(crate) fn propose(&self, chaincode: &str, args: &[&str]) -> Proposed {
        self.propose_with(chaincode, args, |_| {})
    }

    /// A signed proposal of a call with bytes.
    pub(crate) fn propose_bytes(&self, chaincode: &str, args: Vec<Bytes>) -> Proposed {
        self.propose_call(chaincode, args, |_| {})
    }

    /// A signed proposal with something changed before it is signed.
    pub(crate) fn propose_with(
        &self,
        chaincode: &str,
        args: &[&str],
        change: impl FnOnce(&mut ChannelHeader),
    ) -> Proposed {
        self.propose_call(chaincode, texts(args), change)
    }

    /// A signed proposal with transient data, under a nonce and with it an id of one's choice.
    pub(crate) fn propose_transient(
        &self,
        chaincode: &str,
        args: &[&str],
        nonce: Bytes,
        transient: &[(&str, &str)],
    ) -> Proposed {
        self.propose_draft(chaincode, texts(args), nonce, transient, |_| {})
    }

    fn propose_call(
        &self,
        chaincode: &str,
        args: Vec<Bytes>,
        change: impl FnOnce(&mut ChannelHeader),
    ) -> Proposed {
        self.propose_draft(chaincode, args, nonce(), &[], change)
    }

    fn propose_draft(
        &self,
        chaincode: &str,
        args: Vec<Bytes>,
        nonce: Bytes,
        transient: &[(&str, &str)],
        change: impl FnOnce(&mut ChannelHeader),
    ) -> Proposed {
        let creator = self.identity.serialized().clone();
        let id = ChaincodeId {
            name: chaincode.to_owned(),
            ..Default::default()
        };
        let extension = ChaincodeHeaderExtension {
            chaincode_id: Some(id.clone()),
        };
        let mut channel_header = ChannelHeader {
            r#type: HeaderType::EndorserTransaction.into(),
            timestamp: Some(now()),
            channel_id: self.channel.clone(),
            tx_id: transaction_id(&nonce, &creator),
            extension: extension.encode_to_vec().into(),
            ..Default::default()
        };
        change(&mut channel_header);
        let payload = ChaincodeProposalPayload {
            input: invocation(id, args).encode_to_vec().into(),
            transient_map: transient
                .iter()
                .map(|&(name, value)| (name.to_owned(), Bytes::copy_from_slice(value.as_bytes())))
                .collect(),
        };
        let header = Header {
            channel_header: channel_header.encode_to_vec().into(),
            signature_header: SignatureHeader { creator, nonce }.encode_to_vec().into(),
        };
        let proposal = Proposal {
            header: header.encode_to_vec().into(),
            payload: payload.encode_to_vec().into(),
            ..Default::default()
        };
        let proposal_bytes: Bytes = proposal.encode_to_vec().into();
        let signature = self.identity.sign(&proposal_bytes).unwrap();
        Proposed {
            id: channel_header.tx_id,
            signed: SignedProposal {
                proposal_bytes,
                signature,
            },
        }
    }

    /// The transaction that these endorsements of a proposal make, signed.
    pub(crate) fn assemble(&self, proposed: &Proposed, responses: &[ProposalResponse]) -> Envelope {
        let proposal = Proposal::decode(proposed.signed.proposal_bytes.clone()).unwrap();
        let header = Header::decode(proposal.header).unwrap();
        let action = ChaincodeActionPayload {
            chaincode_proposal_payload: proposal.payload,
            action: Some(ChaincodeEndorsedAction {
                proposal_response_payload: responses[0].payload.clone(),
                endorsements: responses
                    .iter()
                    .map(|response| response.endorsement.clone().unwrap())
                    .collect(),
            }),
        };
        let transaction = Transaction {
            actions: vec![TransactionAction {
                header: header.signature_header.clone(),
                payload: action.encode_to_vec().into(),
            }],
        };
        let payload = Payload {
            header: Some(header),
            data: transaction.encode_to_vec().into(),
        };
        let payload: Bytes = payload.encode_to_vec().into();
        let signature = self.identity.sign(&payload).unwrap();
        Envelope { payload, signature }
    }

    /// A signed request for chaincode events.
    pub(crate) fn events_request(
        &self,
        request: ChaincodeEventsRequest,
    ) -> SignedChaincodeEventsRequest {
        let request = ChaincodeEventsRequest {
            channel_id: self.channel.clone(),
            identity: self.identity.serialized().clone(),
            ..request
        };
        let request: Bytes = request.encode_to_vec().into();
        let signature = self.identity.sign(&request).unwrap();
        SignedChaincodeEventsRequest { request, signature }
    }

    /// A signed request for blocks.
    pub(crate) fn seek(&self, seek: &SeekInfo) -> Envelope {
        self.envelope(HeaderType::DeliverSeekInfo, seek.encode_to_vec().into())
    }

    /// A signed envelope of any type.
    pub(crate) fn envelope(&self, r#type: HeaderType, data: Bytes) -> Envelope {
        let creator = self.identity.serialized().clone();
        let nonce = nonce();
        let channel_header = ChannelHeader {
            r#type: r#type.into(),
            timestamp: Some(now()),
            channel_id: self.channel.clone(),
            tx_id: transaction_id(&nonce, &creator),
            ..Default::default()
        };
        let header = Header {
            channel_header: channel_header.encode_to_vec().into(),
            signature_header: SignatureHeader { creator, nonce }.encode_to_vec().into(),
        };
        let payload: Bytes = Payload {
            header: Some(header),
            data,
        }
        .encode_to_vec()
        .into();
        let signature = self.identity.sign(&payload).unwrap();
        Envelope { payload, signature }
    }
}

fn texts(args: &[&str]) -> Vec<Bytes> {
    let args = args.iter();
    args.map(|arg| Bytes::copy_from_slice(arg.as_bytes()))
        .collect()
}

/// A call of a chaincode.
fn invocation(id: ChaincodeId, args: Vec<Bytes>) -> ChaincodeInvocationSpec {
    let input = ChaincodeInput {
        args,
        ..Default::default()
    };
    ChaincodeInvocationSpec {
        chaincode_spec: Some(ChaincodeSpec {
            chaincode_id: Some(id),
            input: Some(input),
            ..Default::default()
        }),
    }
}

/// Blocks with these numbers, waited for.
pub(crate) fn range(first: u64, last: u64) -> SeekInfo {
    SeekInfo {
        start: Some(specified(first)),
        stop: Some(specified(last)),
        behavior: SeekBehavior::BlockUntilReady.into(),
        ..Default::default()
    }
}

pub(crate) fn specified(number: u64) -> SeekPosition {
    SeekPosition {
        r#type: Some(seek_position::Type::Specified(SeekSpecified { number })),
    }
}

pub(crate) fn nonce() -> Bytes {
    let mut nonce = [0; 24];
    aws_lc_rs::rand::fill(&mut nonce).unwrap();
    Bytes::copy_from_slice(&nonce)
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp {
        seconds: i64::try_from(since.as_secs()).unwrap(),
        nanos: 0,
    }
}
