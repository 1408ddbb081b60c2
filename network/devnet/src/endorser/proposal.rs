//! A proposal, unpacked and checked as far as that goes without the ledger.
//!
//! Source: `core/endorser/msgvalidation.go`, `core/handlers/auth/filter/expiration.go`.

use std::{sync::Arc, time::SystemTime};

use bytes::Bytes;
use fabric_ledger::block::transaction_id;
use fabric_msp::{Identity, IdentityError, MspManager};
use fabric_protos::{
    common::{ChannelHeader, Envelope, Header, HeaderType, Payload, SignatureHeader},
    msp::SerializedIdentity,
    peer::{
        ChaincodeActionPayload, ChaincodeEndorsedAction, ChaincodeHeaderExtension, ChaincodeInput,
        ChaincodeInvocationSpec, ChaincodeProposalPayload, Endorsement, Proposal, SignedProposal,
        Transaction, TransactionAction,
    },
};
use prost::Message;
use sha2::{Digest as _, Sha256};

/// Why a proposal is refused, in a real peer's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Refusal(pub(crate) String);

/// A proposal with all its parts.
#[derive(Debug)]
pub(crate) struct Unpacked {
    pub(crate) signed: SignedProposal,
    pub(crate) header: Header,
    pub(crate) channel_header: ChannelHeader,
    pub(crate) signature_header: SignatureHeader,
    pub(crate) chaincode: String,
    pub(crate) payload: ChaincodeProposalPayload,
    pub(crate) input: ChaincodeInput,
    /// What an endorsement refers to: the proposal without transient data.
    pub(crate) hash: Bytes,
}

/// Decodes a message, or says which one does not decode.
pub(crate) fn decode<M: Message + Default>(bytes: &Bytes, name: &str) -> Result<M, Refusal> {
    M::decode(bytes.clone()).map_err(|_| {
        Refusal(format!(
            "error unmarshalling {name}: proto: cannot parse invalid wire-format data"
        ))
    })
}

impl Unpacked {
    /// Takes a signed proposal apart.
    pub(crate) fn read(signed: &SignedProposal) -> Result<Self, Refusal> {
        let proposal: Proposal = decode(&signed.proposal_bytes, "Proposal")?;
        let header: Header = decode(&proposal.header, "Header")?;
        let channel_header: ChannelHeader = decode(&header.channel_header, "ChannelHeader")?;
        let signature_header = decode(&header.signature_header, "SignatureHeader")?;
        let extension: ChaincodeHeaderExtension =
            decode(&channel_header.extension, "ChaincodeHeaderExtension")?;
        let id = extension
            .chaincode_id
            .ok_or_else(|| refuse("ChaincodeHeaderExtension.ChaincodeId is nil"))?;
        if id.name.is_empty() {
            return Err(refuse("ChaincodeHeaderExtension.ChaincodeId.Name is empty"));
        }
        let payload: ChaincodeProposalPayload =
            decode(&proposal.payload, "ChaincodeProposalPayload")?;
        let invocation: ChaincodeInvocationSpec =
            decode(&payload.input, "ChaincodeInvocationSpec")?;
        let spec = invocation
            .chaincode_spec
            .ok_or_else(|| refuse("chaincode invocation spec did not contain chaincode spec"))?;
        let input = spec
            .input
            .ok_or_else(|| refuse("chaincode input did not contain any input"))?;
        Ok(Self {
            signed: signed.clone(),
            hash: proposal_hash(&header, &payload),
            header,
            channel_header,
            signature_header,
            chaincode: id.name,
            payload,
            input,
        })
    }

    pub(crate) fn channel(&self) -> &str {
        &self.channel_header.channel_id
    }

    pub(crate) fn transaction_id(&self) -> &str {
        &self.channel_header.tx_id
    }

    /// The transaction that these endorsements of a result make, for the creator to sign.
    pub(crate) fn transaction(&self, result: Bytes, endorsements: Vec<Endorsement>) -> Envelope {
        transaction(&self.header, &self.payload, result, endorsements)
    }

    /// Checks headers, transaction id and signature; gives the creator.
    pub(crate) fn validate(&self, msps: &MspManager) -> Result<Arc<Identity>, Refusal> {
        self.validate_headers()?;
        if self.signed.signature.is_empty() {
            return Err(refuse("empty signature bytes"));
        }
        let creator = msps
            .identity(&self.signature_header.creator)
            .map_err(|error| {
                tracing::warn!(%error, transaction_id = self.transaction_id(), "access denied");
                self.unknown_creator(&error)
            })?;
        creator
            .verify(&self.signed.proposal_bytes, &self.signed.signature)
            .map_err(|error| {
                tracing::warn!(%error, transaction_id = self.transaction_id(), "access denied");
                self.access_denied(creator.msp_id())
            })?;
        Ok(creator)
    }

    /// A real peer looks for the chain while it reads a certificate: one that no authority of the
    /// organisation issued counts as malformed. What it checks later names the organisation.
    fn unknown_creator(&self, error: &IdentityError) -> Refusal {
        let creator = self.signature_header.creator.clone();
        let is_read = match error {
            IdentityError::Revoked
            | IdentityError::InvalidUnits { .. }
            | IdentityError::NotMember { .. } => true,
            IdentityError::UnsupportedAlgorithm(name) => name == "Ed25519",
            _ => false,
        };
        match SerializedIdentity::decode(creator) {
            Ok(identity) if is_read => self.access_denied(&identity.mspid),
            _ => Refusal(format!(
                "access denied: channel [{}] creator org unknown, creator is malformed",
                self.channel()
            )),
        }
    }

    fn access_denied(&self, msp_id: &str) -> Refusal {
        Refusal(format!(
            "access denied: channel [{}] creator org [{msp_id}]",
            self.channel()
        ))
    }

    fn validate_headers(&self) -> Result<(), Refusal> {
        let r#type = self.channel_header.r#type;
        match HeaderType::try_from(r#type) {
            Ok(HeaderType::EndorserTransaction | HeaderType::Config) => {}
            Ok(other) => {
                return Err(Refusal(format!(
                    "invalid header type {}",
                    other.as_str_name()
                )));
            }
            Err(_) => {
                return Err(Refusal(format!(
                    "invalid header type {type_number}",
                    type_number = self.channel_header.r#type
                )));
            }
        }
        if self.channel_header.epoch != 0 {
            return Err(refuse("epoch is non-zero"));
        }
        let SignatureHeader { creator, nonce } = &self.signature_header;
        if nonce.is_empty() {
            return Err(refuse("nonce is empty"));
        }
        if creator.is_empty() {
            return Err(refuse("creator is empty"));
        }
        let expected = transaction_id(nonce, creator);
        if self.transaction_id() != expected {
            return Err(Refusal(format!(
                "incorrectly computed txid '{}' -- expected '{expected}'",
                self.transaction_id()
            )));
        }
        Ok(())
    }
}

/// The transaction that these endorsements of a proposal's result make, for the creator to sign.
pub(crate) fn transaction(
    header: &Header,
    payload: &ChaincodeProposalPayload,
    result: Bytes,
    endorsements: Vec<Endorsement>,
) -> Envelope {
    let action = ChaincodeActionPayload {
        chaincode_proposal_payload: without_transient_data(payload).into(),
        action: Some(ChaincodeEndorsedAction {
            proposal_response_payload: result,
            endorsements,
        }),
    };
    let transaction = Transaction {
        actions: vec![TransactionAction {
            header: header.signature_header.clone(),
            payload: action.encode_to_vec().into(),
        }],
    };
    let payload = Payload {
        header: Some(header.clone()),
        data: transaction.encode_to_vec().into(),
    };
    Envelope {
        payload: payload.encode_to_vec().into(),
        signature: Bytes::new(),
    }
}

/// Whether the creator's certificate has run out, whoever issued it. A certificate that cannot be read
/// has not: what checks it next says why it is refused.
pub(crate) fn has_expired(msps: &MspManager, creator: &[u8], now: SystemTime) -> bool {
    msps.expires_at(creator).is_some_and(|moment| moment < now)
}

fn refuse(text: &str) -> Refusal {
    Refusal(text.to_owned())
}

/// SHA-256 of channel header, signature header, and the payload without transient data.
fn proposal_hash(header: &Header, payload: &ChaincodeProposalPayload) -> Bytes {
    Sha256::new()
        .chain_update(&header.channel_header)
        .chain_update(&header.signature_header)
        .chain_update(without_transient_data(payload))
        .finalize()
        .to_vec()
        .into()
}

fn without_transient_data(payload: &ChaincodeProposalPayload) -> Vec<u8> {
    ChaincodeProposalPayload {
        input: payload.input.clone(),
        ..Default::default()
    }
    .encode_to_vec()
}
