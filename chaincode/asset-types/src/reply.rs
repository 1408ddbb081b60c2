//! What an operation answers: one JSON object. Readers ignore members they do not know.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    AccountId, Amount, Controller, Decimals, Kyc, NoteId, TokenId, TokenName, TokenSymbol,
};

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountReply {
    /// Its name.
    pub account: AccountId,
    /// Who may act for it.
    pub controllers: Vec<Controller>,
    /// What is known about its owner.
    pub kyc: Kyc,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenReply {
    /// Its id.
    pub token: TokenId,
    /// Its full name.
    pub name: TokenName,
    /// Its short name.
    pub symbol: TokenSymbol,
    /// How many decimal places a user sees.
    pub decimals: Decimals,
    /// The most that can ever circulate.
    pub cap: Amount,
    /// Who may mint.
    pub issuer: AccountId,
    /// The KYC class that payer and payee need.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kyc_class: Option<u8>,
}

/// What a mint or transfer did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TransferReply {
    /// The transaction, once it is committed.
    pub transaction_id: String,
    /// The payee's new note.
    pub note: NoteId,
    /// The payer's note that keeps the rest; absent when nothing was left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<NoteReply>,
}

/// How much an account has of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BalanceReply {
    /// Of which token.
    pub token: TokenId,
    /// Whose.
    pub account: AccountId,
    /// The sum of its notes.
    pub amount: Amount,
    /// How many notes there are.
    pub notes: u64,
}

/// One note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NoteReply {
    /// Its name.
    pub note: NoteId,
    /// Its units.
    pub amount: Amount,
}

/// One page of an account's notes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotesReply {
    /// In the order of their names.
    pub notes: Vec<NoteReply>,
    /// Where to go on; absent after the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bookmark: Option<String>,
}

/// How much of a token circulates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SupplyReply {
    /// Which token.
    pub token: TokenId,
    /// The most that can ever circulate.
    pub cap: Amount,
    /// What circulates: the cap less what the reserved account holds.
    pub supply: Amount,
}
