//! A transaction in preparation.

use std::future::IntoFuture;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use serde::de::DeserializeOwned;

use super::{Call, Invocation};
use crate::commit::{Commit, Status};
use crate::error::Error;
use crate::retry::Retry;
use crate::transaction::Transaction;
use crate::transaction_id::TransactionId;

/// A transaction in preparation; awaiting it takes it to its commit.
pub type Submit = Invocation<Submission>;

/// Mode of an [`Invocation`] that submits.
#[derive(Debug, Clone, Default)]
pub struct Submission {
    retry: Retry,
}

/// A transaction that is committed and valid.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Receipt {
    /// The transaction.
    pub transaction_id: TransactionId,
    /// The block that holds it.
    pub block_number: u64,
    /// What the chaincode returned.
    pub result: Bytes,
}

impl Receipt {
    /// Reads the result as JSON.
    ///
    /// # Errors
    ///
    /// [`Error::Result`] if it is not the JSON expected. The transaction is committed all the same.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.result).map_err(|source| Error::Result {
            transaction_id: self.transaction_id.clone(),
            source,
        })
    }
}

impl Invocation<Submission> {
    /// Sets what is tried again; see [`Retry`].
    pub fn retry(mut self, retry: Retry) -> Self {
        self.mode.retry = retry;
        self
    }

    /// Limits how long the collection of endorsements may take.
    pub fn endorse_timeout(mut self, limit: Duration) -> Self {
        self.call.timeouts.endorse = limit;
        self
    }

    /// Limits how long one hand-over to the ordering service may take.
    pub fn submit_timeout(mut self, limit: Duration) -> Self {
        self.call.timeouts.submit = limit;
        self
    }

    /// Limits how long to wait for the commit.
    pub fn commit_timeout(mut self, limit: Duration) -> Self {
        self.call.timeouts.commit_status = limit;
        self
    }

    /// Endorses and submits. The result is known then; the commit is not.
    ///
    /// # Errors
    ///
    /// Any [`Error`] of the steps `Endorse` and `Submit`.
    pub async fn send(mut self) -> Result<Commit, Error> {
        self.call.check()?;
        self.mode.retry.send(&self.call).await
    }

    async fn run(mut self) -> Result<Receipt, Error> {
        self.call.check()?;
        let mut conflicts = 0;
        loop {
            match committed(&self.mode.retry, &self.call).await {
                Err(error) if self.mode.retry.again_after_conflict(&error, conflicts) => {
                    self.mode.retry.pause(conflicts).await;
                    conflicts += 1;
                }
                outcome => return outcome,
            }
        }
    }
}

impl IntoFuture for Invocation<Submission> {
    type Output = Result<Receipt, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// One proposal, from its making to its commit.
async fn committed(retry: &Retry, call: &Call) -> Result<Receipt, Error> {
    let commit = retry.send(call).await?;
    let status = retry.status(&commit).await?;
    let (transaction_id, block_number) = (status.transaction_id, status.block_number);
    if !status.code.is_valid() {
        return Err(Error::NotValid {
            transaction_id,
            block_number,
            code: status.code,
        });
    }
    Ok(Receipt {
        transaction_id,
        block_number,
        result: commit.result().clone(),
    })
}

impl Retry {
    /// Endorses, and submits until the outcome is known or resends are used up.
    async fn send(&self, call: &Call) -> Result<Commit, Error> {
        let (mut troubles, mut mismatches) = (0, 0);
        loop {
            match call.proposal()?.endorse().await {
                Ok(transaction) => return self.submit(&transaction).await,
                Err(error) if self.again_after_mismatch(&error, mismatches) => mismatches += 1,
                Err(error) if self.again_after_trouble(&error, troubles) => troubles += 1,
                Err(error) => return Err(error),
            }
            self.pause(troubles + mismatches - 1).await;
        }
    }

    /// Sends the same envelope again while nobody can say whether it arrived: of two copies the
    /// ledger takes one. Once the outcome is unknown, no later refusal makes it known.
    pub(crate) async fn submit(&self, transaction: &Transaction) -> Result<Commit, Error> {
        let mut unknown = None;
        let mut attempt = 0;
        loop {
            let error = match transaction.submit().await {
                Ok(commit) => return Ok(commit),
                Err(error) => error,
            };
            let again = if unknown.is_some() || error.outcome_unknown() {
                self.again_after_unknown(attempt)
            } else {
                self.again_after_trouble(&error, attempt)
            };
            let first = unknown.take().unwrap_or(error);
            if !again {
                return Err(first);
            }
            unknown = Some(first).filter(Error::outcome_unknown);
            self.pause(attempt).await;
            attempt += 1;
        }
    }

    /// Asks again when the peer could not answer, which is always safe. A limit that passed is not
    /// extended.
    pub(crate) async fn status(&self, commit: &Commit) -> Result<Status, Error> {
        let mut attempt = 0;
        loop {
            match commit.status().await {
                Err(error) if self.again_after_silence(&error, attempt) => {
                    self.pause(attempt).await;
                }
                outcome => return outcome,
            }
            attempt += 1;
        }
    }
}
