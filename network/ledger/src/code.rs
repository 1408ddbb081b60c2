//! Validation codes: what a peer decided about a transaction.

use fabric_protos::peer::TxValidationCode;
use serde::{Serialize, Serializer};

/// The outcome of a transaction's validation, one byte per transaction in a block's metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValidationCode(u8);

/// The codes that this crate gives, named as Fabric names them.
impl ValidationCode {
    /// Committed, its writes are in the state.
    pub const VALID: Self = Self(0);
    /// No envelope.
    pub const NIL_ENVELOPE: Self = Self(1);
    /// The envelope's payload does not decode.
    pub const BAD_PAYLOAD: Self = Self(2);
    /// Header absent, undecodable, or of an unknown type.
    pub const BAD_COMMON_HEADER: Self = Self(3);
    /// Creator unknown, or the signature is not the creator's.
    pub const BAD_CREATOR_SIGNATURE: Self = Self(4);
    /// The transaction's structure or its proposal hash is wrong.
    pub const INVALID_ENDORSER_TRANSACTION: Self = Self(5);
    /// A configuration that does not follow the channel's.
    pub const INVALID_CONFIG_TRANSACTION: Self = Self(6);
    /// A header type that blocks do not carry.
    pub const UNSUPPORTED_TX_PAYLOAD: Self = Self(7);
    /// The transaction id is not the hash of nonce and creator.
    pub const BAD_PROPOSAL_TXID: Self = Self(8);
    /// The transaction id is already in the ledger.
    pub const DUPLICATE_TXID: Self = Self(9);
    /// The endorsements do not satisfy a policy.
    pub const ENDORSEMENT_POLICY_FAILURE: Self = Self(10);
    /// A key that was read has been written since.
    pub const MVCC_READ_CONFLICT: Self = Self(11);
    /// A range that was read has changed since.
    pub const PHANTOM_READ_CONFLICT: Self = Self(12);
    /// The chaincode header extension does not decode.
    pub const BAD_HEADER_EXTENSION: Self = Self(19);
    /// The chaincode action does not decode.
    pub const BAD_RESPONSE_PAYLOAD: Self = Self(21);
    /// The read-write set does not decode.
    pub const BAD_RWSET: Self = Self(22);
    /// A namespace twice in one read-write set.
    pub const ILLEGAL_WRITESET: Self = Self(23);
    /// The chaincode is not defined on the channel, or named inconsistently.
    pub const INVALID_CHAINCODE: Self = Self(25);
    /// Not looked at yet.
    pub const NOT_VALIDATED: Self = Self(254);
    /// Anything else.
    pub const INVALID_OTHER_REASON: Self = Self(255);

    /// The code as its byte in block metadata.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        Self(byte)
    }

    /// The byte in block metadata.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self.0
    }

    /// Whether the transaction's writes took effect.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        self.0 == 0
    }

    /// Fabric's name, where it has one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        TxValidationCode::try_from(i32::from(self.0))
            .ok()
            .map(|code| code.as_str_name())
    }

    /// The code with one of Fabric's names, such as `MVCC_READ_CONFLICT`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let number = TxValidationCode::from_str_name(name)? as i32;
        u8::try_from(number).ok().map(Self)
    }
}

impl std::fmt::Display for ValidationCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "code {}", self.0),
        }
    }
}

impl Serialize for ValidationCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
