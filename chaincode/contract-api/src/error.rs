//! What can go wrong between a contract and its ledger.

use crate::{
    cid::IdentityError,
    failure::{ContractError, Failure},
    key::{Key, KeyError},
    overlay::{VALUE_BYTES_MAX, WRITES_BYTES_MAX, WRITES_MAX},
    peer::PeerError,
    statebased::PolicyError,
};

/// Why the ledger, an event or a call to other chaincode did not do as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The key is not one that a peer takes.
    #[error("the state key is not valid")]
    Key(#[from] KeyError),
    /// A peer takes an empty value for a deletion.
    #[error("the value of key {:?} is empty: delete the key instead", key.as_str())]
    EmptyValue {
        /// The key.
        key: Key,
    },
    /// Larger than [`VALUE_BYTES_MAX`].
    #[error("the value of key {:?} has {bytes} bytes, more than the {VALUE_BYTES_MAX} allowed", key.as_str())]
    ValueTooLarge {
        /// The key.
        key: Key,
        /// The value's size.
        bytes: usize,
    },
    /// More keys than [`WRITES_MAX`].
    #[error("a transaction writes at most {WRITES_MAX} keys: split it")]
    TooManyWrites,
    /// More bytes than [`WRITES_BYTES_MAX`].
    #[error("a transaction writes at most {WRITES_BYTES_MAX} bytes: split it")]
    WritesTooLarge,
    /// The stored bytes are not what the contract expects under this key.
    #[error("the stored value of key {:?} cannot be read", key.as_str())]
    Decode {
        /// The key.
        key: Key,
        /// What is wrong with the JSON.
        source: serde_json::Error,
    },
    /// A stored state is of a version that cannot be read.
    #[error("the state under key {:?} is of version {version}: {reason}", key.as_str())]
    Upgrade {
        /// The key.
        key: Key,
        /// The stored version.
        version: u32,
        /// Why it cannot be read.
        reason: String,
    },
    /// There is a state under this key already.
    #[error("there is a state under key {:?} already", key.as_str())]
    AlreadyExists {
        /// The key.
        key: Key,
    },
    /// An index has an entry for a state that is not there: something wrote past the index.
    #[error("the index entry {:?} leads to no state", key.as_str())]
    IndexEntry {
        /// The entry.
        key: Key,
    },
    /// The attributes of a key, or a counter's row, are not of their type.
    #[error("the key {:?} or its value is not of its type", key.as_str())]
    KeyParts {
        /// The key.
        key: Key,
    },
    /// A sum beyond the range of `i128`.
    #[error("the sum is too large")]
    Overflow,
    /// The value has no JSON form.
    #[error("the value for key {:?} has no JSON form", key.as_str())]
    Encode {
        /// The key.
        key: Key,
        /// Why not.
        source: serde_json::Error,
    },
    /// The event has no JSON form.
    #[error("the event {name} has no JSON form")]
    EncodeEvent {
        /// The event's type.
        name: &'static str,
        /// Why not.
        source: serde_json::Error,
    },
    /// More events, or more bytes of them, than one transaction carries.
    #[error(
        "a transaction carries at most {} events and {} bytes of them",
        crate::event::EVENTS_MAX,
        crate::event::EVENTS_BYTES_MAX
    )]
    TooManyEvents,
    /// [`Tx::set_event`](crate::Tx::set_event) and [`Tx::emit`](crate::Tx::emit) in one transaction.
    #[error("a transaction carries one event: either set_event or emit, not both")]
    MixedEvents,
    /// An event that no client could ask for.
    #[error("an event's name is not empty")]
    UnnamedEvent,
    /// Not a collection's name.
    #[error("{name:?} is no collection's name: letters, digits, `_` and `-`")]
    Collection {
        /// The name.
        name: String,
    },
    /// The chain has a hash of a private value that this peer does not hold.
    #[error("this peer does not hold the private data that the chain has a hash of: ask another")]
    PrivateDataUnavailable,
    /// A key's endorsement policy is not one.
    #[error("the endorsement policy of key {:?} cannot be read", key.as_str())]
    Policy {
        /// The key.
        key: Key,
        /// What is wrong with it.
        source: PolicyError,
    },
    /// A page of no rows, or of more than the bound.
    #[error("a page has 1 to {} rows, not {size}", crate::page::PAGE_ROWS_MAX)]
    PageSize {
        /// What was asked for.
        size: u32,
    },
    /// The creator's certificate cannot be read.
    #[error("the identity that signed the transaction cannot be read")]
    Identity(#[from] IdentityError),
    /// Other chaincode answered that it failed.
    #[error("chaincode {name} answered {status}: {message}")]
    Callee {
        /// The chaincode called.
        name: String,
        /// Its status, 400 or more.
        status: i32,
        /// Its text.
        message: String,
    },
    /// The peer did not answer as asked.
    #[error("the ledger could not be asked")]
    Peer(#[from] PeerError),
}

impl LedgerError {
    /// Status and stable code, as clients see them.
    fn classify(&self) -> (i32, &'static str) {
        match self {
            Self::Key(_) => (400, "INVALID_KEY"),
            Self::PageSize { .. } => (400, "INVALID_PAGE"),
            Self::Identity(IdentityError::Attribute { .. }) => (403, "ATTRIBUTE_REQUIRED"),
            Self::Identity(_) => (403, "IDENTITY_UNREADABLE"),
            Self::TooManyWrites | Self::WritesTooLarge | Self::ValueTooLarge { .. } => {
                (413, "TOO_MUCH_WRITTEN")
            }
            Self::TooManyEvents => (413, "TOO_MANY_EVENTS"),
            Self::MixedEvents | Self::UnnamedEvent => (500, "EVENT"),
            Self::Collection { .. } => (400, "INVALID_COLLECTION"),
            Self::PrivateDataUnavailable => (409, "PRIVATE_DATA_UNAVAILABLE"),
            Self::Policy { .. } => (500, "POLICY_UNREADABLE"),
            Self::EmptyValue { .. } => (500, "EMPTY_VALUE"),
            Self::AlreadyExists { .. } => (409, "ALREADY_EXISTS"),
            Self::Overflow => (422, "OVERFLOW"),
            Self::Decode { .. }
            | Self::Upgrade { .. }
            | Self::IndexEntry { .. }
            | Self::KeyParts { .. } => (500, "STATE_UNREADABLE"),
            Self::Encode { .. } | Self::EncodeEvent { .. } => (500, "NOT_JSON"),
            Self::Callee { .. } => (502, "CALLEE_FAILED"),
            Self::Peer(_) => (500, "PEER"),
        }
    }
}

impl ContractError for LedgerError {
    fn failure(&self) -> Failure {
        let (status, code) = self.classify();
        let mut failure = Failure::new(status, code, self.to_string());
        let mut source = std::error::Error::source(self);
        let mut causes = Vec::new();
        while let Some(cause) = source {
            causes.push(cause.to_string());
            source = cause.source();
        }
        if !causes.is_empty() {
            failure = failure.with("cause", causes.join(": "));
        }
        if let Self::Callee {
            name,
            status,
            message,
        } = self
        {
            failure = failure
                .with("chaincode", name)
                .with("callee_status", status)
                .with("callee_message", message);
        }
        failure
    }
}

impl ContractError for IdentityError {
    fn failure(&self) -> Failure {
        LedgerError::from(self.clone()).failure()
    }
}

impl ContractError for KeyError {
    fn failure(&self) -> Failure {
        Failure::new(400, "INVALID_KEY", self.to_string())
    }
}
