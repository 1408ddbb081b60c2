//! What can go wrong with a transaction or a stream, by what a caller can do about it.

mod call;
mod step;

pub use call::{Code, EndorserDetail, Failure};
pub use step::Step;

use crate::block::BlockError;
use crate::identity::SignError;
use crate::transaction_id::TransactionId;
use crate::validation_code::ValidationCode;

/// A step failed.
///
/// Ask [`Error::outcome_unknown`] before [`Error::is_retryable`]: a transaction whose outcome is
/// unknown must be resent as it is or looked up by its id; a new proposal could do its work twice.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The chaincode refused; its message is for the caller.
    #[error("chaincode refused with status {status}: {message}")]
    Chaincode {
        /// What the chaincode returned, 400 or above.
        status: i32,
        /// What the chaincode said, without the words that peers put around it.
        message: String,
        /// Where, and what the peer said.
        failure: Box<Failure>,
    },
    /// The peer serves as many calls as it may, or this gateway has as many open as it may: nothing
    /// was done, and the same call may succeed a moment later.
    #[error("{step} was turned away: too many calls at once ({message}); slow down or spread the load", step = failure.step, message = failure.message)]
    Overloaded {
        /// Where, and what the peer said.
        failure: Box<Failure>,
    },
    /// A call failed.
    #[error("{failure}")]
    Call {
        /// Where, and what the peer said.
        failure: Box<Failure>,
    },
    /// The transaction is in a block and is invalid: it changed nothing.
    #[error("transaction {transaction_id} in block {block_number} is invalid: {code}")]
    NotValid {
        /// The transaction.
        transaction_id: TransactionId,
        /// The block that holds it.
        block_number: u64,
        /// The verdict.
        code: ValidationCode,
    },
    /// A peer ended a stream with a status.
    #[error("the peer ended the stream of {step} with {status}")]
    Delivery {
        /// Which stream.
        step: Step,
        /// The status.
        status: DeliverStatus,
    },
    /// A stream ended although it was asked to go on.
    #[error("the stream of {step} ended before its end; ask again from block {block_number_next}")]
    Interrupted {
        /// Which stream.
        step: Step,
        /// The first block that did not arrive.
        block_number_next: u64,
    },
    /// A peer left blocks out.
    #[error("block {received} arrived where block {expected} was due")]
    Gap {
        /// The block that was due.
        expected: u64,
        /// The block that came.
        received: u64,
    },
    /// A peer sent what this step cannot mean; another peer may do better.
    #[error("{step}: the peer sent something that is not well-formed: {reason}")]
    Malformed {
        /// Where.
        step: Step,
        /// The transaction, if it is about one.
        transaction_id: Option<TransactionId>,
        /// What is wrong with it.
        reason: &'static str,
        /// The decoder's words, if it was one that complained.
        #[source]
        source: Option<BlockError>,
    },
    /// Bytes that were kept for signing are not what they should be. Nothing was sent.
    #[error("the bytes are no {what} as `to_bytes` makes it: {reason}")]
    NotKept {
        /// What they should be.
        what: &'static str,
        /// What is wrong with them.
        reason: &'static str,
        /// The decoder's words, if it was one that complained.
        #[source]
        source: Option<BlockError>,
    },
    /// The identity has no key, and no signature was set.
    #[error(
        "{step} needs a signature; set one with `with_signature`, or use an identity with a key"
    )]
    Unsigned {
        /// Where.
        step: Step,
        /// The transaction, if it is about one.
        transaction_id: Option<TransactionId>,
    },
    /// The signer failed.
    #[error("{step} could not be signed")]
    Sign {
        /// Where.
        step: Step,
        /// The transaction, if it is about one.
        transaction_id: Option<TransactionId>,
        /// Why.
        #[source]
        source: SignError,
    },
    /// An argument could not be written as JSON. Nothing was sent.
    #[error("an argument cannot be written as JSON")]
    Argument(#[source] serde_json::Error),
    /// The result is not the JSON that was asked for. The call itself succeeded.
    #[error("the result of transaction {transaction_id} is not the JSON expected")]
    Result {
        /// The transaction.
        transaction_id: TransactionId,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

/// How a peer ends a stream of blocks; the names are Fabric's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliverStatus(i32);

impl DeliverStatus {
    /// All that was asked for has been sent.
    pub const SUCCESS: Self = Self(200);
    /// The request is malformed, or its time stamp is too far from the peer's clock.
    pub const BAD_REQUEST: Self = Self(400);
    /// The identity may not read the channel.
    pub const FORBIDDEN: Self = Self(403);
    /// The peer has no such channel, or not yet such a block.
    pub const NOT_FOUND: Self = Self(404);
    /// The peer cannot serve now.
    pub const SERVICE_UNAVAILABLE: Self = Self(503);

    /// The status of this number.
    #[must_use]
    pub const fn from_number(number: i32) -> Self {
        Self(number)
    }

    /// Fabric's number.
    #[must_use]
    pub fn number(self) -> i32 {
        self.0
    }
}

impl std::fmt::Display for DeliverStatus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match fabric_protos::common::Status::try_from(self.0) {
            Ok(status) => formatter.write_str(status.as_str_name()),
            Err(_) => write!(formatter, "status {}", self.0),
        }
    }
}

impl Error {
    /// Which step failed; `None` if nothing was sent, or if the call itself succeeded.
    #[must_use]
    pub fn step(&self) -> Option<Step> {
        match self {
            Self::Chaincode { failure, .. }
            | Self::Overloaded { failure }
            | Self::Call { failure } => Some(failure.step),
            Self::Delivery { step, .. }
            | Self::Interrupted { step, .. }
            | Self::Malformed { step, .. }
            | Self::Unsigned { step, .. }
            | Self::Sign { step, .. } => Some(*step),
            Self::NotValid { .. } => Some(Step::CommitStatus),
            Self::Gap { .. } => Some(Step::Blocks),
            Self::Argument(_) | Self::Result { .. } | Self::NotKept { .. } => None,
        }
    }

    /// The transaction that it is about.
    #[must_use]
    pub fn transaction_id(&self) -> Option<&TransactionId> {
        match self {
            Self::Chaincode { failure, .. }
            | Self::Overloaded { failure }
            | Self::Call { failure } => failure.transaction_id.as_ref(),
            Self::Malformed { transaction_id, .. }
            | Self::Unsigned { transaction_id, .. }
            | Self::Sign { transaction_id, .. } => transaction_id.as_ref(),
            Self::NotValid { transaction_id, .. } | Self::Result { transaction_id, .. } => {
                Some(transaction_id)
            }
            _ => None,
        }
    }

    /// The gRPC side of the failure: raw code, the peer's words, the endorsers' details.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Chaincode { failure, .. }
            | Self::Overloaded { failure }
            | Self::Call { failure } => Some(failure),
            _ => None,
        }
    }

    /// The raw gRPC code; a limit that passed here counts as `DEADLINE_EXCEEDED`.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        self.failure().map(|failure| failure.code)
    }

    /// What each node said that failed.
    #[must_use]
    pub fn details(&self) -> &[EndorserDetail] {
        self.failure().map_or(&[], |failure| &failure.details)
    }

    /// Whether the transaction may or may not be ordered, now or later. Resend the same
    /// [`Transaction`](crate::Transaction), or ask [`Network::commit_status`](crate::Network::commit_status).
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::Call { failure } => failure.outcome_unknown(),
            Self::NotValid { .. } => false,
            _ => self.step() == Some(Step::CommitStatus),
        }
    }

    /// Whether the endorsers came to different results, so that nothing could be assembled.
    #[must_use]
    pub fn is_mismatch(&self) -> bool {
        self.step() == Some(Step::Endorse) && self.failure().is_some_and(Failure::tells_mismatch)
    }

    /// Whether the whole call may be made again, with a new proposal, and may then succeed.
    /// Never true while [`Error::outcome_unknown`].
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        if self.outcome_unknown() {
            return false;
        }
        match self {
            Self::Overloaded { .. } | Self::Interrupted { .. } => true,
            Self::Call { failure } => failure.is_transient(),
            Self::NotValid { code, .. } => code.is_conflict(),
            Self::Delivery { status, .. } => *status == DeliverStatus::SERVICE_UNAVAILABLE,
            _ => false,
        }
    }
}
