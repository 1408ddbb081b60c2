//! Why `_lifecycle` refuses, in a real peer's words.

use crate::simulate::SimulateError;
use crate::state::State;

use super::collections::CollectionError;

/// A refusal.
#[derive(Debug, thiserror::Error)]
pub enum LifecycleError<E: std::error::Error + 'static> {
    /// No definition of this name is committed.
    #[error("namespace {0} is not defined")]
    NotDefined(String),
    /// Sequences begin at 1.
    #[error("requested sequence is 0, but first definable sequence number is 1")]
    SequenceZero,
    /// An approval of what has been replaced.
    #[error("currently defined sequence {current} is larger than requested sequence {requested}")]
    SequencePassed {
        /// In force.
        current: i64,
        /// Asked for.
        requested: i64,
    },
    /// An approval that leaves definitions out.
    #[error(
        "requested sequence {requested} is larger than the next available sequence number {next}"
    )]
    SequenceAhead {
        /// Asked for.
        requested: i64,
        /// The one that comes next.
        next: i64,
    },
    /// A commit of another definition than the next.
    #[error("requested sequence is {requested}, but new definition must be sequence {next}")]
    SequenceNotNext {
        /// Asked for.
        requested: i64,
        /// The one that comes next.
        next: i64,
    },
    /// The definition in force says otherwise.
    #[error(
        "attempted to redefine the current committed sequence ({sequence}) for namespace {name} with different parameters: {difference}"
    )]
    DiffersFromCommitted {
        /// In force.
        sequence: i64,
        /// The chaincode.
        name: String,
        /// The first difference.
        difference: String,
    },
    /// The organisation has approved exactly this, and it is in force.
    #[error(
        "attempted to redefine the current committed sequence ({sequence}) for namespace {name}"
    )]
    ApprovedCommitted {
        /// In force.
        sequence: i64,
        /// The chaincode.
        name: String,
    },
    /// The organisation has approved exactly this.
    #[error(
        "attempted to redefine uncommitted sequence ({sequence}) for namespace {name} with unchanged content"
    )]
    ApprovedUncommitted {
        /// The next one.
        sequence: i64,
        /// The chaincode.
        name: String,
    },
    /// The organisation whose peer is asked to endorse a commit has not approved it.
    #[error("chaincode definition not agreed to by this org ({0})")]
    NotAgreed(String),
    /// The organisation has approved no such definition.
    #[error(
        "could not fetch approved chaincode definition (name: '{name}', sequence: '{sequence}') on channel '{channel}'"
    )]
    NotApproved {
        /// The chaincode.
        name: String,
        /// Asked for.
        sequence: i64,
        /// The channel.
        channel: String,
    },
    /// The channel has no policy for chaincodes without one.
    #[error(
        "could not set defaults for chaincode definition in channel {channel}: policy '{policy}' must be defined for channel '{channel}' before chaincode operations can be attempted"
    )]
    NoDefaultPolicy {
        /// The channel.
        channel: String,
        /// Where the policy should be.
        policy: &'static str,
    },
    /// Not a chaincode's name.
    #[error(
        "error validating chaincode definition: invalid chaincode name '{0}'. Names can only consist of alphanumerics, '_', and '-' and can only begin with alphanumerics"
    )]
    Name(String),
    /// The peer's own name.
    #[error(
        "error validating chaincode definition: chaincode name '{0}' is the name of a system chaincode"
    )]
    SystemName(String),
    /// Not a version.
    #[error(
        "error validating chaincode definition: invalid chaincode version '{0}'. Versions can only consist of alphanumerics, '_', '-', '+', and '.'"
    )]
    Version(String),
    /// Collections that make no sense.
    #[error("error validating chaincode definition: {0}")]
    Collections(CollectionError),
    /// State holds what no peer writes.
    #[error("could not deserialize namespace {0} as chaincode")]
    Malformed(String),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] SimulateError<E>),
}

pub(super) type Outcome<T, S> = Result<T, LifecycleError<<S as State>::Error>>;
