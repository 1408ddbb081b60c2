//! What the payload of an envelope is.

use fabric_protos::common;

/// Kind of a payload, from its channel header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeaderType {
    /// A change of the channel's configuration.
    Config,
    /// An endorsed transaction.
    EndorserTransaction,
    /// Anything else, by Fabric's number.
    Other(i32),
}

impl HeaderType {
    /// The kind of this number.
    #[must_use]
    pub fn from_number(number: i32) -> Self {
        match common::HeaderType::try_from(number) {
            Ok(common::HeaderType::Config) => Self::Config,
            Ok(common::HeaderType::EndorserTransaction) => Self::EndorserTransaction,
            _ => Self::Other(number),
        }
    }

    /// Fabric's number.
    #[must_use]
    pub fn number(self) -> i32 {
        match self {
            Self::Config => common::HeaderType::Config as i32,
            Self::EndorserTransaction => common::HeaderType::EndorserTransaction as i32,
            Self::Other(number) => number,
        }
    }
}
