//! The first step: what is to be run, by whom, under which transaction id.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::digest;
use bytes::Bytes;
use fabric_protos::{common, gateway, peer};
use prost::Message as _;

use crate::block::{BlockError, decode};
use crate::connection::Ask;
use crate::error::{Error, Step};
use crate::invocation::Call;
use crate::network::Network;
use crate::timeouts::Timeouts;
use crate::transaction::Transaction;
use crate::transaction_id::TransactionId;

const EVALUATE: &str = "/gateway.Gateway/Evaluate";
const ENDORSE: &str = "/gateway.Gateway/Endorse";

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

impl fmt::Debug for Proposal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Proposal")
            .field("transaction_id", &self.transaction_id)
            .finish_non_exhaustive()
    }
}

impl Proposal {
    pub(crate) fn new(call: &Call) -> Result<Self, Error> {
        let network = call.contract.network().clone();
        let creator = network.shared().identity.creator().clone();
        let nonce = network.shared().nonce().map_err(|source| Error::Sign {
            step: Step::Endorse,
            transaction_id: None,
            source,
        })?;
        let nonce = Bytes::copy_from_slice(&nonce);
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

    /// One that was kept as bytes.
    pub(crate) fn kept(
        network: Network,
        transaction_id: TransactionId,
        header: common::Header,
        signed: peer::SignedProposal,
        organizations: Vec<String>,
    ) -> Self {
        let timeouts = network.shared().timeouts;
        Self {
            network,
            transaction_id,
            header,
            bytes: signed.proposal_bytes,
            signature: Some(signed.signature).filter(|signature| !signature.is_empty()),
            organizations,
            timeouts,
        }
    }

    /// The proposal to be kept while it is signed elsewhere; see
    /// [`Gateway::proposal_from_bytes`](crate::Gateway::proposal_from_bytes). Fabric's
    /// `gateway.ProposedTransaction`, as the official clients keep it.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let signed = peer::SignedProposal {
            proposal_bytes: self.bytes.clone(),
            signature: self.signature.clone().unwrap_or_default(),
        };
        let kept = gateway::ProposedTransaction {
            transaction_id: self.transaction_id.to_string(),
            proposal: Some(signed),
            endorsing_organizations: self.organizations.clone(),
        };
        kept.encode_to_vec().into()
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
        let ask = self.ask(Step::Evaluate, self.timeouts.evaluate, EVALUATE, &request);
        let peers = &self.network.shared().peers;
        let (answer, _) = ask.any(peers, self.network.pick()).await?;
        let response: gateway::EvaluateResponse = self.read(Step::Evaluate, &answer)?;
        let result = response
            .result
            .ok_or_else(|| self.malformed(Step::Evaluate, "a reply without a result", None))?;
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
        let (shared, channel) = (self.network.shared(), self.network.state());
        let peer = self.network.pick();
        if shared.tracks_commits {
            channel.wake(shared, &peer);
        }
        let ask = self.ask(Step::Endorse, self.timeouts.endorse, ENDORSE, &request);
        let (answer, peer) = ask.any(&shared.peers, peer).await?;
        let response: gateway::EndorseResponse = self.read(Step::Endorse, &answer)?;
        let envelope = response
            .prepared_transaction
            .ok_or_else(|| self.malformed(Step::Endorse, "a reply without a transaction", None))?;
        let (network, id) = (&self.network, &self.transaction_id);
        let transaction =
            Transaction::prepared(network, id, &self.header, envelope, self.timeouts)?;
        Ok(transaction.endorsed_through(peer))
    }

    fn ask(
        &self,
        step: Step,
        limit: Duration,
        path: &'static str,
        request: &impl prost::Message,
    ) -> Ask<'_> {
        Ask {
            step,
            transaction_id: &self.transaction_id,
            limit,
            path,
            message: request.encode_to_vec().into(),
            observer: self.network.shared().observer.as_deref(),
        }
    }

    fn read<M: prost::Message + Default>(&self, step: Step, answer: &Bytes) -> Result<M, Error> {
        decode("reply", answer).map_err(|source| self.malformed(step, "the reply", Some(source)))
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

    fn malformed(&self, step: Step, reason: &'static str, source: Option<BlockError>) -> Error {
        Error::Malformed {
            step,
            transaction_id: Some(self.transaction_id.clone()),
            reason,
            source,
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

fn channel_header(call: &Call, transaction_id: &TransactionId) -> common::ChannelHeader {
    common::ChannelHeader {
        r#type: common::HeaderType::EndorserTransaction.into(),
        timestamp: Some(call.contract.network().shared().now().into()),
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
