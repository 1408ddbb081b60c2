//! What a committed transaction announces: one envelope, as Fabric keeps one event per transaction.
//!
//! Fabric keeps the event of an invalid transaction too: look at the validation code first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AccountId, Amount, Memo, RequestId, TokenId};

/// The payload of a chaincode event: `{"v":1,"items":[{"type":"Transferred","data":{…}}, …]}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventEnvelope {
    /// The version of this form, 1.
    pub v: u32,
    /// What happened, in order.
    pub items: Vec<Event>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data")]
#[non_exhaustive]
pub enum Event {
    /// An account can be used from now on.
    AccountOpened(AccountOpened),
    /// A token exists from now on; all of it belongs to the reserved account.
    TokenCreated(TokenCreated),
    /// Units changed hands; a mint comes from the reserved account `unissued`.
    Transferred(Transferred),
}

/// The data of [`Event::AccountOpened`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountOpened {
    /// Which.
    pub account: AccountId,
    /// The request that asked for it.
    pub request_id: RequestId,
}

/// The data of [`Event::TokenCreated`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenCreated {
    /// Which.
    pub token: TokenId,
    /// Who may mint.
    pub issuer: AccountId,
    /// The most that can ever circulate.
    pub cap: Amount,
    /// The request that asked for it.
    pub request_id: RequestId,
}

/// The data of [`Event::Transferred`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Transferred {
    /// Of which token.
    pub token: TokenId,
    /// Who paid.
    pub from: AccountId,
    /// Who received.
    pub to: AccountId,
    /// How much.
    pub amount: Amount,
    /// A word to the payee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<Memo>,
    /// The request that asked for it.
    pub request_id: RequestId,
}

impl EventEnvelope {
    /// The version that this crate writes and reads.
    pub const VERSION: u32 = 1;
}
