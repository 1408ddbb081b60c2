//! The first step: what is to be run, by whom, under which transaction id.

use std::time::SystemTime;

use aws_lc_rs::digest;
use bytes::Bytes;
use fabric_protos::{common, gateway, peer};
use prost::Message as _;

use crate::connection::{call, limited};
use crate::error::{Error, Step};
use crate::identity::SignError;
use crate::invocation::Call;
use crate::network::Network;
use crate::timeouts::Timeouts;
use crate::transaction::Transaction;
use crate::transaction_id::TransactionId;

/// Length of the nonce that Fabric's own clients use.
const NONCE_BYTES: usize = 24;

/// A proposal: signed by the gateway's identity when a step needs it, or before with
/// [`Proposal::with_signature`].
#[derive(Clone)]
pub struct Proposal {
    network: Network,
    transaction_id: TransactionId,
    header: common::Header,
    bytes: Bytes,
    signature: Option<Bytes>,
    organizations: Vec<String>,
    timeouts: Timeouts,
}

impl Proposal {
    pub(crate) fn new(call: &Call) -> Result<Self, Error> {
        let network = call.contract.network().clone();
        let creator = network.shared().identity.creator().clone();
        let nonce = nonce()?;
        let transaction_id = TransactionId::derive(&nonce, &creator);
        let header = common::Header {
            channel_header: channel_header(call, &transaction_id).encode_to_vec().into(),
            signature_header: common::SignatureHeader { creator, nonce }
                .encode_to_vec()
                .into(),
        };
        let proposal = peer::Proposal {
            header: header.encode_to_vec().into(),
            payload: payload(call).encode_to_vec().into(),
            extension: Bytes::new(),
        };
        let bytes = proposal.encode_to_vec().into();
        let (organizations, timeouts) = (call.organizations.clone(), call.timeouts);
        Ok(Self {
            network,
            transaction_id,
            header,
            bytes,
            signature: None,
            organizations,
            timeouts,
        })
    }

    /// The id that the transaction will have.
    #[must_use]
    pub fn transaction_id(&self) -> &TransactionId {
        &self.transaction_id
    }

    /// What is to be signed.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// SHA-256 of what is to be signed, for keys that sign digests.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        sha256(&self.bytes)
    }

    /// Sets a signature made elsewhere.
    #[must_use]
    pub fn with_signature(mut self, signature: impl Into<Bytes>) -> Self {
        self.signature = Some(signature.into());
        self
    }

    /// Runs it on one peer and gives the result. The ledger does not change.
    ///
    /// # Errors
    ///
    /// Any [`Error`] of the step `Evaluate`.
    pub async fn evaluate(&self) -> Result<Bytes, Error> {
        let request = gateway::EvaluateRequest {
            transaction_id: self.transaction_id.to_string(),
            channel_id: self.network.channel().to_owned(),
            proposed_transaction: Some(self.signed(Step::Evaluate).await?),
            target_organizations: self.organizations.clone(),
        };
        let (peers, limit) = (&self.network.shared().peers, self.timeouts.evaluate);
        let (peer, id) = (peers.pick(), &self.transaction_id);
        let response = call(
            Step::Evaluate,
            id,
            limit,
            peer.gateway().evaluate(limited(request, limit)),
        )
        .await
        .inspect_err(|error| peers.note(&peer, error))?;
        let result = response
            .result
            .ok_or_else(|| self.malformed(Step::Evaluate, "a reply without a result"))?;
        Ok(result.payload)
    }

    /// Collects endorsements.
    ///
    /// # Errors
    ///
    /// Any [`Error`] of the step `Endorse`.
    pub async fn endorse(&self) -> Result<Transaction, Error> {
        let request = gateway::EndorseRequest {
            transaction_id: self.transaction_id.to_string(),
            channel_id: self.network.channel().to_owned(),
            proposed_transaction: Some(self.signed(Step::Endorse).await?),
            endorsing_organizations: self.organizations.clone(),
        };
        let (peers, limit) = (&self.network.shared().peers, self.timeouts.endorse);
        let (peer, id) = (peers.pick(), &self.transaction_id);
        let response = call(
            Step::Endorse,
            id,
            limit,
            peer.gateway().endorse(limited(request, limit)),
        )
        .await
        .inspect_err(|error| peers.note(&peer, error))?;
        let envelope = response
            .prepared_transaction
            .ok_or_else(|| self.malformed(Step::Endorse, "a reply without a transaction"))?;
        Transaction::prepared(&self.network, id, &self.header, envelope, self.timeouts)
    }

    /// The headers that its transaction must have.
    pub(crate) fn header(&self) -> &common::Header {
        &self.header
    }

    pub(crate) async fn signed(&self, step: Step) -> Result<peer::SignedProposal, Error> {
        let signature = sign(
            &self.network,
            step,
            &self.transaction_id,
            self.signature.as_ref(),
            &self.bytes,
        )
        .await?;
        Ok(peer::SignedProposal {
            proposal_bytes: self.bytes.clone(),
            signature,
        })
    }

    fn malformed(&self, step: Step, reason: &'static str) -> Error {
        Error::Malformed {
            step,
            transaction_id: Some(self.transaction_id.clone()),
            reason,
            source: None,
        }
    }
}

/// The signature that was set, or else one by the gateway's identity.
pub(crate) async fn sign(
    network: &Network,
    step: Step,
    transaction_id: &TransactionId,
    signature: Option<&Bytes>,
    message: &[u8],
) -> Result<Bytes, Error> {
    if let Some(signature) = signature {
        return Ok(signature.clone());
    }
    let transaction_id = || Some(transaction_id.clone());
    match network.shared().identity.sign(message).await {
        Some(Ok(signature)) => Ok(signature),
        Some(Err(source)) => Err(Error::Sign {
            step,
            transaction_id: transaction_id(),
            source,
        }),
        None => Err(Error::Unsigned {
            step,
            transaction_id: transaction_id(),
        }),
    }
}

pub(crate) fn sha256(message: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, message).as_ref());
    hash
}

fn nonce() -> Result<Bytes, Error> {
    let mut nonce = vec![0; NONCE_BYTES];
    aws_lc_rs::rand::fill(&mut nonce).map_err(|source| Error::Sign {
        step: Step::Endorse,
        transaction_id: None,
        source: SignError::new(source),
    })?;
    Ok(nonce.into())
}

fn channel_header(call: &Call, transaction_id: &TransactionId) -> common::ChannelHeader {
    common::ChannelHeader {
        r#type: common::HeaderType::EndorserTransaction.into(),
        timestamp: Some(SystemTime::now().into()),
        channel_id: call.contract.network().channel().to_owned(),
        tx_id: transaction_id.to_string(),
        extension: call.contract.header_extension().clone(),
        ..Default::default()
    }
}

fn payload(call: &Call) -> peer::ChaincodeProposalPayload {
    let specification = peer::ChaincodeSpec {
        chaincode_id: Some(peer::ChaincodeId {
            name: call.contract.chaincode().to_owned(),
            ..Default::default()
        }),
        input: Some(peer::ChaincodeInput {
            args: call.arguments.clone(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let invocation = peer::ChaincodeInvocationSpec {
        chaincode_spec: Some(specification),
    };
    peer::ChaincodeProposalPayload {
        input: invocation.encode_to_vec().into(),
        transient_map: call.transient.clone(),
    }
}
