//! Proposals and transactions, each part of which can be changed before it is signed.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use fabric_protos::common::{
    ChannelHeader, Envelope, Header, HeaderType, Payload, SignatureHeader,
};
use fabric_protos::peer::{
    ChaincodeAction, ChaincodeActionPayload, ChaincodeEndorsedAction, ChaincodeHeaderExtension,
    ChaincodeId, ChaincodeInput, ChaincodeInvocationSpec, ChaincodeProposalPayload, ChaincodeSpec,
    Endorsement, Proposal, ProposalResponse, ProposalResponsePayload, SignedProposal, Transaction,
    TransactionAction,
};
use prost::Message as _;
use prost_types::Timestamp;
use sha2::{Digest as _, Sha256};

use super::Client;

/// What is called.
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// The chaincode.
    pub chaincode: String,
    /// Its arguments.
    pub args: Vec<Bytes>,
    /// Transient data.
    pub transient: Vec<(String, Bytes)>,
    /// Whether the call initialises the chaincode.
    pub init: bool,
}

impl Call {
    /// A call with these arguments.
    #[must_use]
    pub fn new<A: Into<Bytes>>(chaincode: &str, args: impl IntoIterator<Item = A>) -> Self {
        Self {
            chaincode: chaincode.to_owned(),
            args: args.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }
}

/// A proposal before it is signed.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Type, channel, time, transaction id.
    pub channel_header: ChannelHeader,
    /// Creator and nonce.
    pub signature_header: SignatureHeader,
    /// What is called, and transient data.
    pub payload: ChaincodeProposalPayload,
}

/// A signed proposal with the id of the transaction that it may become.
#[derive(Debug, Clone)]
pub struct Proposed {
    /// The transaction's id.
    pub id: String,
    /// What was signed.
    pub draft: Draft,
    /// The signed bytes.
    pub signed: SignedProposal,
}

impl Client {
    /// A signed proposal.
    #[must_use]
    pub fn propose(&self, call: &Call) -> Proposed {
        self.propose_with(call, |_| {})
    }

    /// A signed proposal with something changed before it is signed.
    ///
    /// # Panics
    /// Where the identity cannot sign.
    pub fn propose_with(&self, call: &Call, change: impl FnOnce(&mut Draft)) -> Proposed {
        let mut draft = self.draft(call);
        change(&mut draft);
        let proposal = Proposal {
            header: draft.header().encode_to_vec().into(),
            payload: draft.payload.encode_to_vec().into(),
            ..Default::default()
        };
        let proposal_bytes: Bytes = proposal.encode_to_vec().into();
        let signature = self.identity.sign(&proposal_bytes);
        Proposed {
            id: draft.channel_header.tx_id.clone(),
            signed: SignedProposal {
                proposal_bytes,
                signature: signature.expect("the identity signs"),
            },
            draft,
        }
    }

    fn draft(&self, call: &Call) -> Draft {
        let creator = self.identity.serialized().clone();
        let nonce = nonce();
        let id = ChaincodeId {
            name: call.chaincode.clone(),
            ..Default::default()
        };
        let extension = ChaincodeHeaderExtension {
            chaincode_id: Some(id.clone()),
        };
        let input = ChaincodeInput {
            args: call.args.clone(),
            is_init: call.init,
            ..Default::default()
        };
        let spec = ChaincodeSpec {
            chaincode_id: Some(id),
            input: Some(input),
            ..Default::default()
        };
        let invocation = ChaincodeInvocationSpec {
            chaincode_spec: Some(spec),
        };
        Draft {
            channel_header: ChannelHeader {
                r#type: HeaderType::EndorserTransaction.into(),
                timestamp: Some(now()),
                channel_id: self.channel.clone(),
                tx_id: transaction_id(&nonce, &creator),
                extension: extension.encode_to_vec().into(),
                ..Default::default()
            },
            signature_header: SignatureHeader { creator, nonce },
            payload: ChaincodeProposalPayload {
                input: invocation.encode_to_vec().into(),
                transient_map: call.transient.iter().cloned().collect(),
            },
        }
    }

    /// The signed transaction that these responses make.
    ///
    /// # Panics
    /// Where there is no response, or the identity cannot sign.
    #[must_use]
    pub fn assemble(&self, proposed: &Proposed, responses: &[ProposalResponse]) -> Envelope {
        let result = responses.first().expect("a response").payload.clone();
        let endorsements = responses
            .iter()
            .filter_map(|response| response.endorsement.clone());
        self.sign_payload(&proposed.payload(result, endorsements.collect()))
    }

    /// An envelope around these bytes.
    ///
    /// # Panics
    /// Where the identity cannot sign.
    #[must_use]
    pub fn sign_payload(&self, payload: &Payload) -> Envelope {
        let payload: Bytes = payload.encode_to_vec().into();
        let signature = self.identity.sign(&payload).expect("the identity signs");
        Envelope { payload, signature }
    }

    /// A signed envelope of any type.
    #[must_use]
    pub fn envelope(&self, r#type: HeaderType, data: Bytes) -> Envelope {
        self.envelope_with(r#type, data, |_| {})
    }

    /// A signed envelope with its header changed.
    pub fn envelope_with(
        &self,
        r#type: HeaderType,
        data: Bytes,
        change: impl FnOnce(&mut ChannelHeader),
    ) -> Envelope {
        let creator = self.identity.serialized().clone();
        let nonce = nonce();
        let mut channel_header = ChannelHeader {
            r#type: r#type.into(),
            timestamp: Some(now()),
            channel_id: self.channel.clone(),
            tx_id: transaction_id(&nonce, &creator),
            ..Default::default()
        };
        change(&mut channel_header);
        let header = Header {
            channel_header: channel_header.encode_to_vec().into(),
            signature_header: SignatureHeader { creator, nonce }.encode_to_vec().into(),
        };
        self.sign_payload(&Payload {
            header: Some(header),
            data,
        })
    }
}

impl Draft {
    fn header(&self) -> Header {
        Header {
            channel_header: self.channel_header.encode_to_vec().into(),
            signature_header: self.signature_header.encode_to_vec().into(),
        }
    }
}

impl Proposed {
    /// The transaction with this result and these endorsements, before it is signed.
    #[must_use]
    pub fn payload(&self, result: Bytes, endorsements: Vec<Endorsement>) -> Payload {
        let public = ChaincodeProposalPayload {
            input: self.draft.payload.input.clone(),
            ..Default::default()
        };
        let action = ChaincodeActionPayload {
            chaincode_proposal_payload: public.encode_to_vec().into(),
            action: Some(ChaincodeEndorsedAction {
                proposal_response_payload: result,
                endorsements,
            }),
        };
        let header = self.draft.header();
        let transaction = Transaction {
            actions: vec![TransactionAction {
                header: header.signature_header.clone(),
                payload: action.encode_to_vec().into(),
            }],
        };
        Payload {
            header: Some(header),
            data: transaction.encode_to_vec().into(),
        }
    }
}

/// What a chaincode did, out of an endorsement's payload.
#[must_use]
pub fn chaincode_action(payload: &Bytes) -> Option<ChaincodeAction> {
    if payload.is_empty() {
        return None;
    }
    let payload = ProposalResponsePayload::decode(payload.clone()).ok()?;
    ChaincodeAction::decode(payload.extension).ok()
}

/// SHA-256 of nonce and creator, in hexadecimal.
fn transaction_id(nonce: &[u8], creator: &[u8]) -> String {
    let digest = Sha256::new().chain_update(nonce).chain_update(creator);
    hex::encode(digest.finalize())
}

fn nonce() -> Bytes {
    let mut nonce = [0; 24];
    aws_lc_rs::rand::fill(&mut nonce).expect("the system gives random bytes");
    Bytes::copy_from_slice(&nonce)
}

/// The time.
///
/// # Panics
/// Where the clock stands before 1970.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let since = since.expect("the clock is set");
    Timestamp {
        seconds: i64::try_from(since.as_secs()).expect("the time is near"),
        nanos: 0,
    }
}
