//! The second step: an endorsed transaction, to be signed and handed to the ordering service.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use fabric_protos::{common, gateway};
use prost::Message as _;

use crate::block::{BlockError, chaincode_action, decode};
use crate::commit::Commit;
use crate::connection::{Ask, Peer};
use crate::error::{Error, Step};
use crate::network::Network;
use crate::proposal::{sha256, sign};
use crate::timeouts::Timeouts;
use crate::tracker::Registration;
use crate::transaction_id::TransactionId;

const SUBMIT: &str = "/gateway.Gateway/Submit";

/// An endorsed transaction. Submitting it twice is safe: the ledger takes it once.
#[derive(Clone)]
pub struct Transaction {
    network: Network,
    transaction_id: TransactionId,
    payload: Bytes,
    signature: Option<Bytes>,
    result: Bytes,
    timeouts: Timeouts,
    /// Through which peer it was endorsed.
    peer: Option<Arc<Peer>>,
    /// Whether it may have been handed over before, by whichever clone.
    is_sent: Arc<AtomicBool>,
}

impl fmt::Debug for Transaction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Transaction")
            .field("transaction_id", &self.transaction_id)
            .finish_non_exhaustive()
    }
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
            peer: None,
            is_sent: Arc::default(),
        })
    }

    /// Notes the peer, which takes the transaction too while it can be reached.
    pub(crate) fn endorsed_through(mut self, peer: Arc<Peer>) -> Self {
        self.peer = Some(peer);
        self
    }

    /// Notes that it was kept as bytes, perhaps signed, perhaps handed over by somebody already.
    pub(crate) fn kept(mut self, signature: Bytes) -> Self {
        self.signature = Some(signature).filter(|signature| !signature.is_empty());
        self.is_sent = Arc::new(AtomicBool::new(true));
        self
    }

    /// The transaction to be kept while it is signed elsewhere, or until its outcome is known; see
    /// [`Gateway::transaction_from_bytes`](crate::Gateway::transaction_from_bytes). Fabric's
    /// `gateway.PreparedTransaction`, as the official clients keep it.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let kept = gateway::PreparedTransaction {
            transaction_id: self.transaction_id.to_string(),
            envelope: Some(common::Envelope {
                payload: self.payload.clone(),
                signature: self.signature.clone().unwrap_or_default(),
            }),
        };
        kept.encode_to_vec().into()
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
        let id = &self.transaction_id;
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
        let (shared, peer) = (self.network.shared(), self.peer());
        let ask = Ask {
            step: Step::Submit,
            transaction_id: id,
            limit: self.timeouts.submit,
            path: SUBMIT,
            message: request.encode_to_vec().into(),
            observer: shared.observer.as_deref(),
        };
        let wait = self.begin_wait(&peer).await;
        let commit = Commit::new(
            &self.network,
            &peer,
            id,
            &self.result,
            self.timeouts.commit_status,
        );
        let commit = commit.with_wait(wait);
        // The reply says nothing: that there is one is all.
        ask.one(&shared.peers, &peer).await?;
        Ok(commit)
    }

    /// The peer through which it was endorsed, while that can be reached.
    fn peer(&self) -> Arc<Peer> {
        match &self.peer {
            Some(peer) if !peer.is_down() && !self.is_sent.load(Ordering::Relaxed) => {
                Arc::clone(peer)
            }
            _ => self.network.pick(),
        }
    }

    /// Begins to wait for the commit before anything can commit. An envelope that was handed over
    /// before may be in a block already: then the peer is to be asked.
    async fn begin_wait(&self, peer: &Arc<Peer>) -> Option<Registration> {
        let (shared, channel) = (self.network.shared(), self.network.state());
        let was_sent = self.is_sent.swap(true, Ordering::Relaxed);
        if was_sent || !shared.tracks_commits {
            return None;
        }
        let tracker = channel.tracker(peer);
        tracker
            .register(shared, channel, &self.transaction_id)
            .await
    }
}

fn result(data: &Bytes) -> Result<Bytes, BlockError> {
    let action = chaincode_action(data)?.ok_or(BlockError::Missing {
        part: "chaincode action",
    })?;
    Ok(action.response.unwrap_or_default().payload)
}
