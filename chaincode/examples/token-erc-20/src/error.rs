//! Why a call is refused.

use fabric_contract_api_rust::prelude::*;

/// Why a call is refused.
#[derive(Debug, thiserror::Error, ContractError)]
pub enum TokenError {
    /// `Initialize` comes first.
    #[error("contract options need to be set before calling any function: call Initialize")]
    #[code(409, "NOT_INITIALIZED")]
    NotInitialized,
    /// `Initialize` was called before.
    #[error("contract options are already set")]
    #[code(409, "INITIALIZED")]
    Initialized,
    /// Nothing to mint or burn.
    #[error("the amount must be positive")]
    #[code(400, "NOT_POSITIVE")]
    NotPositive,
    /// Payer and payee are one.
    #[error("cannot transfer to and from same client account")]
    #[code(400, "SAME_ACCOUNT")]
    SameAccount,
    /// Nobody ever paid to it.
    #[error("the account {account} does not exist")]
    #[code(404, "NO_ACCOUNT")]
    NoAccount {
        /// The account.
        account: String,
    },
    /// The payer has less.
    #[error("client account has insufficient funds: {balance}")]
    #[code(409, "INSUFFICIENT_FUNDS")]
    InsufficientFunds {
        /// What the payer has.
        balance: u64,
    },
    /// The spender may take less.
    #[error("spender does not have enough allowance for transfer: {allowed}")]
    #[code(409, "NOT_ALLOWED")]
    NotAllowed {
        /// What may be taken.
        allowed: u64,
    },
    /// More than a number holds.
    #[error("the sum is too large")]
    #[code(422, "OVERFLOW")]
    Overflow,
    /// The ledger did not do as asked.
    #[error(transparent)]
    #[code(transparent)]
    Ledger(#[from] LedgerError),
}
