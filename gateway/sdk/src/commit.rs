//! The third step: the wait until a submitted transaction is in a block.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use fabric_protos::gateway;
use prost::Message as _;
use tokio::time::{Instant, timeout};

use crate::block::decode;
use crate::connection::{Ask, Peer};
use crate::error::{Error, Step};
use crate::network::Network;
use crate::observer::Committed;
use crate::proposal::{sha256, sign};
use crate::tracker::{Answer, Registration};
use crate::transaction_id::TransactionId;
use crate::validation_code::ValidationCode;

const COMMIT_STATUS: &str = "/gateway.Gateway/CommitStatus";

/// A transaction that was handed to the ordering service.
#[derive(Clone)]
pub struct Commit {
    network: Network,
    peer: Arc<Peer>,
    transaction_id: TransactionId,
    result: Bytes,
    /// Made only where it is needed.
    request: OnceLock<Bytes>,
    signature: Option<Bytes>,
    wait: Option<Arc<Registration>>,
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

impl fmt::Debug for Commit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Commit")
            .field("transaction_id", &self.transaction_id)
            .finish_non_exhaustive()
    }
}

impl Commit {
    pub(crate) fn new(
        network: &Network,
        peer: &Arc<Peer>,
        transaction_id: &TransactionId,
        result: &[u8],
        timeout: Duration,
    ) -> Self {
        Self {
            network: network.clone(),
            peer: Arc::clone(peer),
            transaction_id: transaction_id.clone(),
            // A copy of its own: the result of the peer's reply keeps all of the reply in memory.
            result: Bytes::copy_from_slice(result),
            request: OnceLock::new(),
            signature: None,
            wait: None,
            timeout,
        }
    }

    /// With a wait that began before the submit.
    pub(crate) fn with_wait(mut self, wait: Option<Registration>) -> Self {
        self.wait = wait.map(Arc::new);
        self
    }

    /// The commit of a transaction that somebody submitted.
    pub(crate) fn of(network: &Network, transaction_id: &TransactionId) -> Self {
        let shared = network.shared();
        Self::new(
            network,
            &network.pick(),
            transaction_id,
            &[],
            shared.timeouts.commit_status,
        )
    }

    /// The very question that was kept as bytes, perhaps signed.
    pub(crate) fn kept(mut self, request: Bytes, signature: Bytes) -> Self {
        self.request = OnceLock::from(request);
        self.signature = Some(signature).filter(|signature| !signature.is_empty());
        self
    }

    /// The question for the status, to be kept while it is signed elsewhere; see
    /// [`Gateway::commit_from_bytes`](crate::Gateway::commit_from_bytes). Fabric's
    /// `gateway.SignedCommitStatusRequest`, as the official clients keep it.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let kept = gateway::SignedCommitStatusRequest {
            request: self.bytes().clone(),
            signature: self.signature.clone().unwrap_or_default(),
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

    /// What is to be signed to ask for the status.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        self.request.get_or_init(|| {
            let request = gateway::CommitStatusRequest {
                transaction_id: self.transaction_id.to_string(),
                channel_id: self.network.channel().to_owned(),
                identity: self.network.shared().identity.creator().clone(),
            };
            request.encode_to_vec().into()
        })
    }

    /// SHA-256 of what is to be signed, for keys that sign digests.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        sha256(self.bytes())
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
        let begun = Instant::now();
        let (status, from_stream) = match &self.wait {
            Some(wait) if self.signature.is_none() => {
                self.watched(wait, begun + self.timeout).await?
            }
            _ => (Box::pin(self.asked(self.timeout)).await?, false),
        };
        self.network.state().wrote(status.block_number);
        if let Some(observer) = &self.network.shared().observer {
            observer.committed(&Committed {
                code: status.code,
                waited: begun.elapsed(),
                from_stream,
            });
        }
        Ok(status)
    }

    /// The answer of the tracker; of the peer where the tracker cannot say, or says nothing for
    /// half of the time. Also whether it was the tracker.
    async fn watched(
        &self,
        wait: &Registration,
        deadline: Instant,
    ) -> Result<(Status, bool), Error> {
        let mut is_lost = false;
        if let Ok(answer) = timeout(self.timeout / 2, wait.answer()).await {
            match self.told(answer) {
                Some(status) => return Ok((status, true)),
                None => is_lost = true,
            }
        }
        let limit = deadline.saturating_duration_since(Instant::now());
        // On the heap: thousands may wait, and few of them ask.
        let mut asked = Box::pin(self.asked(limit));
        if is_lost {
            return Ok((asked.await?, false));
        }
        tracing::debug!(transaction_id = %self.transaction_id, "no block for long; asking the peer too");
        tokio::select! {
            asked = &mut asked => Ok((asked?, false)),
            answer = wait.answer() => match self.told(answer) {
                Some(status) => Ok((status, true)),
                None => Ok((asked.await?, false)),
            },
        }
    }

    fn told(&self, answer: Answer) -> Option<Status> {
        match answer {
            Answer::Committed { block_number, code } => Some(Status {
                transaction_id: self.transaction_id.clone(),
                block_number,
                code,
            }),
            Answer::Lost => None,
        }
    }

    /// Asks the peer that took the transaction, or another one if that is out of reach.
    async fn asked(&self, limit: Duration) -> Result<Status, Error> {
        let (step, id, network) = (Step::CommitStatus, &self.transaction_id, &self.network);
        let request = self.bytes().clone();
        let signature = sign(network, step, id, self.signature.as_ref(), &request).await?;
        let request = gateway::SignedCommitStatusRequest { request, signature };
        let ask = Ask {
            step,
            transaction_id: id,
            limit,
            path: COMMIT_STATUS,
            message: request.encode_to_vec().into(),
            observer: network.shared().observer.as_deref(),
        };
        let peers = &network.shared().peers;
        let peer = match self.peer.is_down() {
            true => network.pick(),
            false => Arc::clone(&self.peer),
        };
        let (answer, peer) = ask.any(peers, peer).await?;
        let malformed = |reason, source| Error::Malformed {
            step,
            transaction_id: Some(id.clone()),
            reason,
            source,
        };
        let response: gateway::CommitStatusResponse =
            decode("reply", &answer).map_err(|source| malformed("the reply", Some(source)))?;
        if response.block_number == 0 {
            // An empty message would read so: valid, in the genesis block.
            return Err(malformed("a verdict without a block", None));
        }
        network.state().has(&peer, response.block_number);
        Ok(Status {
            transaction_id: id.clone(),
            block_number: response.block_number,
            code: ValidationCode::from_number(response.result),
        })
    }
}
