//! A peer's verdict on a transaction of a block.

use std::fmt;

use fabric_protos::peer::TxValidationCode;

/// A verdict by Fabric's number. Numbers that this version does not know stay what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValidationCode(i32);

impl ValidationCode {
    /// Valid: its writes are in the state.
    pub const VALID: Self = Self(0);
    /// A transaction of the same id came first.
    pub const DUPLICATE_TXID: Self = Self(9);
    /// The endorsements do not meet the policy.
    pub const ENDORSEMENT_POLICY_FAILURE: Self = Self(10);
    /// A key that it read has changed since it was endorsed.
    pub const MVCC_READ_CONFLICT: Self = Self(11);
    /// A range that it read has changed since it was endorsed.
    pub const PHANTOM_READ_CONFLICT: Self = Self(12);
    /// The block carries no verdict, as a block from an orderer.
    pub const NOT_VALIDATED: Self = Self(254);

    /// The code of this number.
    #[must_use]
    pub fn from_number(number: i32) -> Self {
        Self(number)
    }

    /// Fabric's number.
    #[must_use]
    pub fn number(self) -> i32 {
        self.0
    }

    /// Whether the writes of the transaction are in the state.
    #[must_use]
    pub fn is_valid(self) -> bool {
        self == Self::VALID
    }

    /// Whether somebody else's change came between endorsement and commit, so that a new proposal
    /// may succeed.
    #[must_use]
    pub fn is_conflict(self) -> bool {
        self == Self::MVCC_READ_CONFLICT || self == Self::PHANTOM_READ_CONFLICT
    }
}

impl fmt::Display for ValidationCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match TxValidationCode::try_from(self.0) {
            Ok(code) => formatter.write_str(code.as_str_name()),
            Err(_) => write!(formatter, "UNKNOWN_VALIDATION_CODE_{}", self.0),
        }
    }
}
