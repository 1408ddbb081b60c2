//! The third step: the wait until a submitted transaction is in a block.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fabric_protos::gateway;
use prost::Message as _;

use crate::connection::{Peer, call, limited};
use crate::error::{Error, Step};
use crate::network::Network;
use crate::proposal::{sha256, sign};
use crate::transaction_id::TransactionId;
use crate::validation_code::ValidationCode;

/// A transaction that was handed to the ordering service.
#[derive(Clone)]
pub struct Commit {
    network: Network,
    peer: Arc<Peer>,
    transaction_id: TransactionId,
    result: Bytes,
    request: Bytes,
    signature: Option<Bytes>,
    timeout: Duration,
}

/// Where a transaction stands in the ledger, and the verdict on it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// The transaction.
    pub transaction_id: TransactionId,
    /// The block that holds it.
    pub block_number: u64,
    /// The verdict.
    pub code: ValidationCode,
}

impl Status {
    /// Whether the writes of the transaction are in the state.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.code.is_valid()
    }
}

impl Commit {
    pub(crate) fn new(
        network: &Network,
        peer: &Arc<Peer>,
        transaction_id: &TransactionId,
        result: Bytes,
        timeout: Duration,
    ) -> Self {
        let request = gateway::CommitStatusRequest {
            transaction_id: transaction_id.to_string(),
            channel_id: network.channel().to_owned(),
            identity: network.shared().identity.creator().clone(),
        };
        Self {
            network: network.clone(),
            peer: Arc::clone(peer),
            transaction_id: transaction_id.clone(),
            result,
            request: request.encode_to_vec().into(),
            signature: None,
            timeout,
        }
    }

    /// The commit of a transaction that somebody submitted.
    pub(crate) fn of(network: &Network, transaction_id: &TransactionId) -> Self {
        let shared = network.shared();
        Self::new(
            network,
            &shared.peers.pick(),
            transaction_id,
            Bytes::new(),
            shared.timeouts.commit_status,
        )
    }

    /// The id.
    #[must_use]
    pub fn transaction_id(&self) -> &TransactionId {
        &self.transaction_id
    }

    /// What the chaincode returned. It holds only if the transaction is committed as valid.
    #[must_use]
    pub fn result(&self) -> &Bytes {
        &self.result
    }

    /// What is to be signed to ask for the status.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.request
    }

    /// SHA-256 of what is to be signed, for keys that sign digests.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        sha256(&self.request)
    }

    /// Sets a signature made elsewhere.
    #[must_use]
    pub fn with_signature(mut self, signature: impl Into<Bytes>) -> Self {
        self.signature = Some(signature.into());
        self
    }

    /// Waits until the transaction is in a block, and gives the verdict, good or bad.
    ///
    /// # Errors
    ///
    /// Any [`Error`] of the step `CommitStatus`; the outcome is then still unknown, and it may be
    /// asked for again.
    pub async fn status(&self) -> Result<Status, Error> {
        let (step, id, limit) = (Step::CommitStatus, &self.transaction_id, self.timeout);
        let signature = sign(
            &self.network,
            step,
            id,
            self.signature.as_ref(),
            &self.request,
        )
        .await?;
        let request = gateway::SignedCommitStatusRequest {
            request: self.request.clone(),
            signature,
        };
        let response = call(
            step,
            id,
            limit,
            self.peer.gateway().commit_status(limited(request, limit)),
        )
        .await
        .inspect_err(|error| self.network.shared().peers.note(&self.peer, error))?;
        let code = ValidationCode::from_number(response.result);
        Ok(Status {
            transaction_id: id.clone(),
            block_number: response.block_number,
            code,
        })
    }
}
