//! A failed gRPC call: what the status says, and what it means for the step.

use std::error::Error as _;
use std::fmt;

use fabric_protos::{gateway, rpc};
use prost::Message as _;
use tonic::{Status, TimeoutExpired};

pub use tonic::Code;

use super::{Error, Step};
use crate::transaction_id::TransactionId;

/// More nodes than this do not endorse one transaction; the rest of a hostile list is left out.
const DETAILS_MAX: usize = 256;
/// How peers say that they are at their limit for concurrent calls (code `UNKNOWN`).
const OVERLOADED: &str = "too many requests";
/// How peers say that endorsements differ (`internal/pkg/gateway/endorsement.go`, `protoutil/txutils.go`).
const MISMATCH: &str = "ProposalResponsePayloads do not match";
/// How peers introduce what a chaincode returned: this, the status, a comma, the message.
const CHAINCODE_RESPONSE: &str = "chaincode response ";

/// A failed call.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Failure {
    /// Where.
    pub step: Step,
    /// The transaction, if it is about one.
    pub transaction_id: Option<TransactionId>,
    /// The raw gRPC code; a limit that passed here counts as `DEADLINE_EXCEEDED`.
    pub code: Code,
    /// The peer's words.
    pub message: String,
    /// What each node said that failed.
    pub details: Vec<EndorserDetail>,
    /// Whether the failure arose on this side, so that the peer may never have seen the call.
    pub is_local: bool,
}

/// What one node said that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndorserDetail {
    /// The node's address.
    pub address: String,
    /// The node's organisation.
    pub msp_id: String,
    /// Its words.
    pub message: String,
}

impl Failure {
    fn from_status(step: Step, transaction_id: Option<&TransactionId>, status: &Status) -> Self {
        let is_timeout = status
            .source()
            .is_some_and(<dyn std::error::Error>::is::<TimeoutExpired>);
        // The transport reports its own limit as CANCELLED, and keeps no source of it.
        let is_timeout = is_timeout
            || (status.code() == Code::Cancelled && status.message() == "Timeout expired");
        Self {
            step,
            transaction_id: transaction_id.cloned(),
            code: if is_timeout {
                Code::DeadlineExceeded
            } else {
                status.code()
            },
            message: status.message().to_owned(),
            details: details(status),
            is_local: is_timeout || status.source().is_some(),
        }
    }

    /// Whether a repetition may succeed.
    pub(crate) fn is_transient(&self) -> bool {
        match self.code {
            Code::Unavailable
            | Code::DeadlineExceeded
            | Code::Cancelled
            | Code::ResourceExhausted => true,
            // The orderers' refusal when it comes from a submit, otherwise a peer's trouble.
            Code::Aborted => self.step != Step::Submit,
            Code::Unknown | Code::Internal => self.is_local,
            _ => false,
        }
    }

    /// Whether it says that endorsements differ.
    pub(super) fn tells_mismatch(&self) -> bool {
        let mut texts = self.details.iter().map(|detail| &detail.message);
        self.message.contains(MISMATCH) || texts.any(|text| text.contains(MISMATCH))
    }

    /// Whether the transaction may be on its way all the same.
    pub(super) fn outcome_unknown(&self) -> bool {
        match self.step {
            Step::CommitStatus => true,
            Step::Submit => matches!(
                self.code,
                Code::Unavailable
                    | Code::DeadlineExceeded
                    | Code::Cancelled
                    | Code::Unknown
                    | Code::Internal
            ),
            _ => false,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} failed with {:?}: {}",
            self.step, self.code, self.message
        )?;
        for detail in &self.details {
            write!(
                formatter,
                "; {} ({}): {}",
                detail.address, detail.msp_id, detail.message
            )?;
        }
        Ok(())
    }
}

impl Error {
    /// What a status means for a step.
    pub(crate) fn from_status(
        step: Step,
        transaction_id: Option<&TransactionId>,
        status: &Status,
    ) -> Self {
        let failure = Box::new(Failure::from_status(step, transaction_id, status));
        if failure.code == Code::Unknown
            && failure.message.contains(OVERLOADED)
            && failure.details.is_empty()
        {
            return Self::Overloaded { failure };
        }
        match chaincode_response(&failure) {
            Some((status, message)) => Self::Chaincode {
                status,
                message: message.to_owned(),
                failure,
            },
            None => Self::Call { failure },
        }
    }

    /// No slot became free for the call; nothing was sent.
    pub(crate) fn busy(step: Step, transaction_id: Option<&TransactionId>, limit: usize) -> Self {
        let failure = Failure {
            step,
            transaction_id: transaction_id.cloned(),
            code: Code::ResourceExhausted,
            message: format!("all {limit} calls that this gateway may have open on the peer are"),
            details: Vec::new(),
            is_local: true,
        };
        Self::Overloaded {
            failure: Box::new(failure),
        }
    }

    /// A limit passed on this side.
    pub(crate) fn deadline(step: Step, transaction_id: Option<&TransactionId>) -> Self {
        let message = "the time limit of the step passed on this side".to_owned();
        let transaction_id = transaction_id.cloned();
        let code = Code::DeadlineExceeded;
        let failure = Failure {
            step,
            transaction_id,
            code,
            message,
            details: Vec::new(),
            is_local: true,
        };
        Self::Call {
            failure: Box::new(failure),
        }
    }
}

/// Status and message that a chaincode returned, if it was the chaincode that refused.
fn chaincode_response(failure: &Failure) -> Option<(i32, &str)> {
    if !matches!(failure.step, Step::Evaluate | Step::Endorse) {
        return None;
    }
    let from_details = failure
        .details
        .iter()
        .find_map(|detail| parse_response(&detail.message));
    from_details.or_else(|| {
        let at = failure.message.find(CHAINCODE_RESPONSE)?;
        parse_response(&failure.message[at..])
    })
}

fn parse_response(text: &str) -> Option<(i32, &str)> {
    let (status, message) = text.strip_prefix(CHAINCODE_RESPONSE)?.split_once(", ")?;
    Some((status.parse().ok()?, message))
}

/// The details of `grpc-status-details-bin`. What cannot be read there is left out: the failure
/// itself matters more than its decoration.
fn details(status: &Status) -> Vec<EndorserDetail> {
    let Ok(decoded) = rpc::Status::decode(status.details()) else {
        return Vec::new();
    };
    let details = decoded.details.iter().take(DETAILS_MAX);
    details
        .filter_map(|any| any.to_msg::<gateway::ErrorDetail>().ok())
        .map(|detail| EndorserDetail {
            address: detail.address,
            msp_id: detail.msp_id,
            message: detail.message,
        })
        .collect()
}
