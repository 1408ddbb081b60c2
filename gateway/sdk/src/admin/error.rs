//! What can go wrong in administration, by what an operator can do about it.

use std::time::Duration;

use crate::block::BlockError;
use crate::error::Error;

/// An administrative call failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminError {
    /// A peer or the ordering service could not be asked, or a transaction went wrong.
    #[error(transparent)]
    Call(#[from] Error),
    /// A peer says no.
    #[error("{peer} refuses {operation} with status {status}: {message}")]
    Refused {
        /// The peer's address.
        peer: String,
        /// Fabric's name of the operation, such as `InstallChaincode`.
        operation: &'static str,
        /// The peer's status, 400 or above.
        status: i32,
        /// The peer's words.
        message: String,
        /// What they mean.
        refusal: Refusal,
    },
    /// Endorsers do not come to the same result, so no transaction can be made of them.
    #[error(
        "{first} and {other} come to different results of {operation}: one lags behind the other; try again when both have the same blocks"
    )]
    Disagreement {
        /// Fabric's name of the operation.
        operation: &'static str,
        /// Address of the first peer.
        first: String,
        /// Address of a peer whose result is another.
        other: String,
    },
    /// A peer's answer is not what the operation gives.
    #[error("{peer} answers {operation} with something that is not well-formed: {reason}")]
    Malformed {
        /// The peer's address.
        peer: String,
        /// Fabric's name of the operation.
        operation: &'static str,
        /// What is wrong with it.
        reason: &'static str,
        /// The decoder's words, if it was one that complained.
        #[source]
        source: Option<BlockError>,
    },
    /// The ordering service does not take a change of the configuration.
    #[error("the ordering service refuses the update with status {status}: {message}")]
    UpdateRefused {
        /// Its status, such as `BAD_REQUEST`.
        status: String,
        /// Its words.
        message: String,
        /// What they mean.
        refusal: UpdateRefusal,
    },
    /// The ordering service took a change of the configuration, and no block with it came in time.
    #[error(
        "the update was accepted and not in a block within {waited:?}; read the configuration anew: another update may have come first"
    )]
    NotInForce {
        /// How long was waited.
        waited: Duration,
    },
}

/// Why the ordering service does not take a change of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UpdateRefusal {
    /// Approvals of further administrators are missing: the message says for which change.
    NotApproved,
    /// The configuration has changed since: make the edit again on the present one.
    Outdated,
    /// The update changes nothing.
    NoChange,
    /// The sender may not write to the channel.
    Forbidden,
    /// What would come out of it is no configuration of a channel: the message says why.
    Invalid,
}

/// What a peer's refusal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The peer has this package already; there is nothing left to do.
    AlreadyInstalled,
    /// The peer has no such package.
    NotInstalled,
    /// The organisation approved this very definition already; there is nothing left to do.
    AlreadyApproved,
    /// The organisation has not approved the definition.
    NotApproved,
    /// The channel has a definition of this sequence that is another one.
    CommittedDiffers,
    /// The sequence is not the one that comes next.
    WrongSequence,
    /// The channel has no definition of this name.
    NotDefined,
    /// The identity may not do this.
    Forbidden,
    /// The peer has not joined such a channel.
    UnknownChannel,
    /// The peer has joined the channel already.
    AlreadyJoined,
    /// The ledger has no such block or transaction.
    NotFound,
    /// The peer lacks private data that it should have; it gets them from others in a while.
    PrivateDataMissing,
    /// The peer's version lacks the operation.
    Unsupported,
    /// Something else: read the message.
    Other,
}

impl AdminError {
    /// What a refusal means; `None` for failures of other kinds.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(*refusal),
            _ => None,
        }
    }

    /// Whether the same call may be made again and may then succeed.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Call(error) => error.is_retryable(),
            Self::Disagreement { .. } => true,
            Self::Refused { refusal, .. } => *refusal == Refusal::PrivateDataMissing,
            Self::Malformed { .. } | Self::UpdateRefused { .. } | Self::NotInForce { .. } => false,
        }
    }
}

/// Fabric tells refusals apart by their words. More telling ones come first.
const WORDS: &[(&str, Refusal)] = &[
    ("already successfully installed", Refusal::AlreadyInstalled),
    ("chaincode install package '", Refusal::NotInstalled),
    (
        "could not find chaincode with package id",
        Refusal::NotInstalled,
    ),
    ("with unchanged content", Refusal::AlreadyApproved),
    ("with different parameters", Refusal::CommittedDiffers),
    // Approved at the sequence that is committed, with the same package.
    (
        "attempted to redefine the current committed sequence",
        Refusal::AlreadyApproved,
    ),
    ("not agreed to by this org", Refusal::NotApproved),
    (
        "could not fetch approved chaincode definition",
        Refusal::NotApproved,
    ),
    (
        "but new definition must be sequence",
        Refusal::WrongSequence,
    ),
    ("is larger than requested sequence", Refusal::WrongSequence),
    (
        "is larger than the next available sequence",
        Refusal::WrongSequence,
    ),
    (
        "but first definable sequence number is 1",
        Refusal::WrongSequence,
    ),
    (
        "private data matching public hash version is not available",
        Refusal::PrivateDataMissing,
    ),
    ("is not defined", Refusal::NotDefined),
    // No rule says who may do it: peers of 2.5 have the operation and lack the rule.
    ("Unmapped policy for", Refusal::Unsupported),
    ("receiver *lifecycle.Invocation", Refusal::Unsupported),
    ("failed ACL check", Refusal::Forbidden),
    ("access denied", Refusal::Forbidden),
    (
        "could not get channelconfig for channel",
        Refusal::UnknownChannel,
    ),
    ("Invalid chain ID", Refusal::UnknownChannel),
    ("nknown channel ID", Refusal::UnknownChannel),
    ("already exists with state", Refusal::AlreadyJoined),
    // `channel 'name' not found`: no other refusal ends like this.
    ("' not found", Refusal::UnknownChannel),
    ("Failed to get block", Refusal::NotFound),
    ("Failed to get transaction with id", Refusal::NotFound),
];

impl Refusal {
    pub(super) fn of(message: &str) -> Self {
        let known = WORDS.iter().find(|(words, _)| message.contains(words));
        known.map_or(Self::Other, |(_, refusal)| *refusal)
    }
}

/// The same for changes of the configuration.
const UPDATE_WORDS: &[(&str, UpdateRefusal)] = &[
    ("permission denied", UpdateRefusal::Forbidden),
    ("error validating ReadSet", UpdateRefusal::Outdated),
    ("not satisfied", UpdateRefusal::NotApproved),
    ("delta set was empty", UpdateRefusal::NoChange),
    ("attempt to set key", UpdateRefusal::Outdated),
];

impl UpdateRefusal {
    pub(super) fn of(message: &str) -> Self {
        let known = UPDATE_WORDS
            .iter()
            .find(|(words, _)| message.contains(words));
        known.map_or(Self::Invalid, |(_, refusal)| *refusal)
    }
}
