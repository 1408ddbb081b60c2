//! The second step: an endorsed transaction, to be signed and handed to the ordering service.

use bytes::Bytes;
use fabric_protos::{common, gateway};

use crate::block::{BlockError, chaincode_action, decode};
use crate::commit::Commit;
use crate::connection::{call, limited};
use crate::error::{Error, Step};
use crate::network::Network;
use crate::proposal::{sha256, sign};
use crate::timeouts::Timeouts;
use crate::transaction_id::TransactionId;

/// An endorsed transaction. Submitting it twice is safe: the ledger takes it once.
#[derive(Clone)]
pub struct Transaction {
    network: Network,
    transaction_id: TransactionId,
    payload: Bytes,
    signature: Option<Bytes>,
    result: Bytes,
    timeouts: Timeouts,
}

impl Transaction {
    /// Takes a peer's envelope, if it is for the very proposal that was made.
    pub(crate) fn prepared(
        network: &Network,
        transaction_id: &TransactionId,
        header: &common::Header,
        envelope: common::Envelope,
        timeouts: Timeouts,
    ) -> Result<Self, Error> {
        let malformed = |reason, source| Error::Malformed {
            step: Step::Endorse,
            transaction_id: Some(transaction_id.clone()),
            reason,
            source,
        };
        let payload: common::Payload = decode("payload", &envelope.payload)
            .map_err(|error| malformed("the transaction", Some(error)))?;
        if payload.header.as_ref() != Some(header) {
            return Err(malformed("a transaction of another proposal", None));
        }
        let result = result(&payload.data)
            .map_err(|error| malformed("the transaction's result", Some(error)))?;
        Ok(Self {
            network: network.clone(),
            transaction_id: transaction_id.clone(),
            payload: envelope.payload,
            signature: None,
            result,
            timeouts,
        })
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

    /// What is to be signed.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.payload
    }

    /// SHA-256 of what is to be signed, for keys that sign digests.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        sha256(&self.payload)
    }

    /// Sets a signature made elsewhere.
    #[must_use]
    pub fn with_signature(mut self, signature: impl Into<Bytes>) -> Self {
        self.signature = Some(signature.into());
        self
    }

    /// Hands it to the ordering service.
    ///
    /// # Errors
    ///
    /// Any [`Error`] of the step `Submit`; ask it for [`Error::outcome_unknown`].
    pub async fn submit(&self) -> Result<Commit, Error> {
        let (id, limit) = (&self.transaction_id, self.timeouts.submit);
        let signature = sign(
            &self.network,
            Step::Submit,
            id,
            self.signature.as_ref(),
            &self.payload,
        )
        .await?;
        let request = gateway::SubmitRequest {
            transaction_id: id.to_string(),
            channel_id: self.network.channel().to_owned(),
            prepared_transaction: Some(common::Envelope {
                payload: self.payload.clone(),
                signature,
            }),
        };
        let peers = &self.network.shared().peers;
        let peer = peers.pick();
        let commit = Commit::new(
            &self.network,
            &peer,
            id,
            self.result.clone(),
            self.timeouts.commit_status,
        );
        call(
            Step::Submit,
            id,
            limit,
            peer.gateway().submit(limited(request, limit)),
        )
        .await
        .inspect_err(|error| peers.note(&peer, error))?;
        Ok(commit)
    }
}

fn result(data: &Bytes) -> Result<Bytes, BlockError> {
    let action = chaincode_action(data)?.ok_or(BlockError::Missing {
        part: "chaincode action",
    })?;
    Ok(action.response.unwrap_or_default().payload)
}
