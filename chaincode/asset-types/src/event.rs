//! What a committed transaction announces: one envelope, as Fabric keeps one event per transaction.
//!
//! Fabric keeps the event of an invalid transaction too: look at the validation code first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AccountId, Amount, Memo, RequestId, TokenId};

/// The payload of a chaincode event: `{"v":1,"items":[{"type":…}, …]}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventEnvelope {
    /// The version of this form, 1.
    pub v: u32,
    /// What happened, in order.
    pub items: Vec<Event>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// An account can be used from now on.
    AccountOpened {
        /// Which.
        account: AccountId,
        /// The request that asked for it.
        request_id: RequestId,
    },
    /// A token exists from now on; all of it belongs to the reserved account.
    TokenCreated {
        /// Which.
        token: TokenId,
        /// Who may mint.
        issuer: AccountId,
        /// The most that can ever circulate.
        cap: Amount,
        /// The request that asked for it.
        request_id: RequestId,
    },
    /// Units changed hands; a mint comes from the reserved account `unissued`.
    Transferred {
        /// Of which token.
        token: TokenId,
        /// Who paid.
        from: AccountId,
        /// Who received.
        to: AccountId,
        /// How much.
        amount: Amount,
        /// A word to the payee.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        memo: Option<Memo>,
        /// The request that asked for it.
        request_id: RequestId,
    },
}

impl EventEnvelope {
    /// The version that this crate writes and reads.
    pub const VERSION: u32 = 1;
}
