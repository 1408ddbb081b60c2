//! The JSON of answers that have no type of their own in `asset-types`.

use asset_did::{Check, Verdict};
use asset_store::{Balance, Supply};
use asset_types::{AccountId, Amount, TokenId};
use serde::Serialize;

/// How far the mirror has come.
#[derive(Serialize)]
pub(crate) struct ReadyAnswer {
    pub(crate) block: u64,
}

/// What an account has of one token.
#[derive(Serialize)]
pub(crate) struct BalanceAnswer {
    token: TokenId,
    account: AccountId,
    amount: Amount,
    notes: u64,
}

impl From<Balance> for BalanceAnswer {
    fn from(balance: Balance) -> Self {
        let Balance {
            token,
            account,
            amount,
            notes,
        } = balance;
        Self {
            token,
            account,
            amount,
            notes,
        }
    }
}

/// What circulates of a token.
#[derive(Serialize)]
pub(crate) struct SupplyAnswer {
    token: TokenId,
    cap: Amount,
    supply: Amount,
}

impl From<Supply> for SupplyAnswer {
    fn from(supply: Supply) -> Self {
        Self {
            token: supply.token,
            cap: supply.cap,
            supply: supply.circulating,
        }
    }
}

/// Every check of a verification.
#[derive(Serialize)]
pub(crate) struct VerdictAnswer {
    verified: bool,
    checks: Vec<Check>,
}

impl From<Verdict> for VerdictAnswer {
    fn from(verdict: Verdict) -> Self {
        Self {
            verified: verdict.verified(),
            checks: verdict.checks().to_vec(),
        }
    }
}
