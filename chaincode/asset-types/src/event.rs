//! What a committed transaction announces: one envelope, as Fabric keeps one event per transaction.
//!
//! Fabric keeps the event of an invalid transaction too: look at the validation code first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{AccountId, Amount, Memo, RequestId, TokenId};

/// The payload of a chaincode event: `{"v":1,"items":[{"type":…,"data":{…}}, …]}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventEnvelope {
    /// The version of this form; refuse one that is not [`EventEnvelope::VERSION`].
    pub v: u32,
    /// What happened, in order.
    pub items: Vec<Event>,
}

impl EventEnvelope {
    /// The version that this crate reads.
    pub const VERSION: u32 = 1;
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Item", tag = "type", content = "data")]
#[non_exhaustive]
pub enum Event {
    /// See [`AccountOpened`].
    AccountOpened(AccountOpened),
    /// See [`TokenCreated`].
    TokenCreated(TokenCreated),
    /// See [`Transferred`].
    Transferred(Transferred),
    /// A kind that this version does not know.
    #[serde(untagged)]
    Other(Item),
}

/// An event of any kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What kind it is.
    pub r#type: String,
    /// What there is to say about it.
    #[serde(default)]
    pub data: Value,
}

/// An account can be used from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountOpened {
    /// Which.
    pub account: AccountId,
    /// The request that asked for it.
    pub request_id: RequestId,
}

/// A token exists from now on; all of it belongs to the reserved account.
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

/// Units changed hands; a mint comes from the reserved account `unissued`.
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

impl TryFrom<Item> for Event {
    type Error = serde_json::Error;

    fn try_from(item: Item) -> Result<Self, Self::Error> {
        Ok(match item.r#type.as_str() {
            "AccountOpened" => Self::AccountOpened(serde_json::from_value(item.data)?),
            "TokenCreated" => Self::TokenCreated(serde_json::from_value(item.data)?),
            "Transferred" => Self::Transferred(serde_json::from_value(item.data)?),
            _ => Self::Other(item),
        })
    }
}
