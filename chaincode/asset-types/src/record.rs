//! What the ledger stores under each key, as JSON.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AccountId, Amount, Digest, MspId, Timestamp, TokenName, TokenSymbol};

/// A token; written when it is created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    /// Its full name.
    pub name: TokenName,
    /// Its short name.
    pub symbol: TokenSymbol,
    /// How many decimal places a user sees.
    pub decimals: Decimals,
    /// The sum of all its notes, always.
    pub cap: Amount,
    /// Who may mint.
    pub issuer: AccountId,
    /// The KYC class that payer and payee need, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kyc_class: Option<u8>,
}

/// An account; written when it is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// Who may act for it.
    pub controllers: Vec<Controller>,
    /// What is known about its owner.
    pub kyc: Kyc,
}

/// One X.509 identity that acts for an account, whatever certificate its key has at the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Controller {
    /// The organisation that vouches for the certificate.
    pub msp_id: MspId,
    /// SHA-256 of the certificate's `SubjectPublicKeyInfo` (DER).
    pub key_hash: Digest,
}

/// The outcome of an identity check, made off the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kyc {
    /// How thorough the check was; a higher class includes the lower ones.
    pub class: u8,
    /// When it has to be made again.
    pub expires_at: Timestamp,
    /// SHA-256 of the credential that was shown.
    pub credential_hash: Digest,
}

/// Units of one token that belong to one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// Never zero.
    pub amount: Amount,
}

/// The trace of an executed request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Request {
    /// SHA-256 of the function's name and the canonical request.
    pub hash: Digest,
    /// The transaction that executed it.
    pub transaction_id: String,
}

/// A number of decimal places, 0 to 38: 10^38 is the largest power of ten that fits an amount.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "u8", into = "u8")]
pub struct Decimals(#[schemars(range(max = 38))] u8);

impl Decimals {
    /// The largest accepted number of places.
    pub const MAX: u8 = 38;

    /// The number of places.
    #[must_use]
    pub const fn places(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Decimals {
    type Error = String;

    fn try_from(places: u8) -> Result<Self, Self::Error> {
        if places <= Self::MAX {
            Ok(Self(places))
        } else {
            Err(format!("decimals must be 0 to {}, not {places}", Self::MAX))
        }
    }
}

impl From<Decimals> for u8 {
    fn from(decimals: Decimals) -> Self {
        decimals.0
    }
}
