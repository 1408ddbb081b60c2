//! What a caller asks: one JSON object, the only argument of an operation.
//!
//! Writes carry a `request_id` (executed at most once for an account) and may carry `expires_at`.
//! Unknown members are refused: a misspelt option must not be ignored.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    AccountId, Amount, Controller, Decimals, Kyc, Memo, NoteId, RequestId, Timestamp, TokenId,
    TokenName, TokenSymbol,
};

/// How many notes one debit may consume: keeps a transaction's read set within what endorsers and
/// validators handle without delay.
pub const NOTES_PER_DEBIT_MAX: usize = 256;

/// Opens an account. The caller has to be a registrar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenAccount {
    /// Names this request.
    pub request_id: RequestId,
    /// The account to open.
    pub account: AccountId,
    /// Who will act for it; at least one.
    pub controllers: Vec<Controller>,
    /// What is known about its owner.
    pub kyc: Kyc,
    /// Refused from this time on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// Creates a token. The caller has to control the issuer's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateToken {
    /// Names this request, for the issuer's account.
    pub request_id: RequestId,
    /// The token to create.
    pub token: TokenId,
    /// Its full name.
    pub name: TokenName,
    /// Its short name.
    pub symbol: TokenSymbol,
    /// How many decimal places a user sees.
    pub decimals: Decimals,
    /// The most that can ever circulate; 2^128-1 if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Amount>,
    /// Who may mint.
    pub issuer: AccountId,
    /// The KYC class that payer and payee need.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kyc_class: Option<u8>,
    /// Refused from this time on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// Brings units into circulation. The caller has to control the issuer's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mint {
    /// Names this request, for the issuer's account.
    pub request_id: RequestId,
    /// Of which token.
    pub token: TokenId,
    /// Who receives them.
    pub to: AccountId,
    /// How many.
    pub amount: Amount,
    /// Which notes of the reserved account to take them from; chosen by a scan if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Vec<NoteId>>,
    /// Refused from this time on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// Pays. The caller has to control the payer's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// Names this request, for the payer's account.
    pub request_id: RequestId,
    /// Of which token.
    pub token: TokenId,
    /// Who pays.
    pub from: AccountId,
    /// Who receives.
    pub to: AccountId,
    /// How much.
    pub amount: Amount,
    /// Which of the payer's notes to use, all of them: point reads, so that payments which arrive
    /// meanwhile cannot conflict. Chosen by a scan if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Vec<NoteId>>,
    /// A word to the payee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<Memo>,
    /// Refused from this time on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// Asks for an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadAccount {
    /// Which.
    pub account: AccountId,
}

/// Asks for a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadToken {
    /// Which.
    pub token: TokenId,
}

/// Asks how much an account has of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadBalance {
    /// Of which token.
    pub token: TokenId,
    /// Whose.
    pub account: AccountId,
}

/// Asks for one page of an account's notes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadNotes {
    /// Of which token.
    pub token: TokenId,
    /// Whose.
    pub account: AccountId,
    /// At most so many; 100 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_size: Option<u32>,
    /// Where the previous page ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bookmark: Option<String>,
}

/// Asks how much of a token circulates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadSupply {
    /// Of which token.
    pub token: TokenId,
}
