//! Every refusal: a code that programs decide on, and what it is about. The codes are those of
//! [`asset_types::ErrorCode`].

use asset_types::{AccountId, Amount, NoteId, RequestId, Timestamp, TokenId};
use fabric_contract_api_rust::prelude::{ContractError, LedgerError};

/// Why an operation was refused.
#[derive(Debug, thiserror::Error, ContractError)]
#[non_exhaustive]
pub enum AssetError {
    /// Nobody opened the account.
    #[error("there is no account {account}; a registrar opens it with accounts:open")]
    #[code(404, "ACCOUNT_NOT_FOUND")]
    AccountNotFound {
        /// The account.
        account: AccountId,
    },
    /// Somebody opened the account before.
    #[error("account {account} is open already; choose another name")]
    #[code(409, "ACCOUNT_EXISTS")]
    AccountExists {
        /// The account.
        account: AccountId,
    },
    /// The name belongs to the ledger itself.
    #[error("{account} is a name of the ledger itself; choose another one")]
    #[code(400, "RESERVED_ACCOUNT")]
    ReservedAccount {
        /// The account.
        account: AccountId,
    },
    /// No controller, or too many.
    #[error("an account has {min} to {max} controllers, not {given}")]
    #[code(400, "CONTROLLER_COUNT")]
    ControllerCount {
        /// The least.
        min: usize,
        /// The most.
        max: usize,
        /// How many were given.
        given: usize,
    },
    /// Nobody created the token.
    #[error("there is no token {token}")]
    #[code(404, "TOKEN_NOT_FOUND")]
    TokenNotFound {
        /// The token.
        token: TokenId,
    },
    /// Somebody created the token before.
    #[error("token {token} exists already; choose another id")]
    #[code(409, "TOKEN_EXISTS")]
    TokenExists {
        /// The token.
        token: TokenId,
    },
    /// An amount of zero.
    #[error("an amount of zero moves nothing")]
    #[code(400, "ZERO_AMOUNT")]
    ZeroAmount,
    /// The account has less than is needed.
    #[error("{account} has {available} of {token}, {needed} are needed")]
    #[code(422, "INSUFFICIENT_FUNDS")]
    InsufficientFunds {
        /// The payer.
        account: AccountId,
        /// Of which token.
        token: TokenId,
        /// What its notes, or those named, add up to.
        available: Amount,
        /// What was asked for.
        needed: Amount,
    },
    /// More than the cap would circulate.
    #[error("{available} of {token} are not issued yet, {needed} are needed")]
    #[code(422, "CAP_EXCEEDED")]
    CapExceeded {
        /// Which token.
        token: TokenId,
        /// What can still be issued.
        available: Amount,
        /// What was asked for.
        needed: Amount,
    },
    /// The account has no such note, or no longer.
    #[error("{account} has no note {note} of {token}; read its notes again")]
    #[code(409, "NOTE_SPENT")]
    NoteSpent {
        /// The payer.
        account: AccountId,
        /// Of which token.
        token: TokenId,
        /// The note.
        note: NoteId,
    },
    /// A note is named twice.
    #[error("note {note} is named twice")]
    #[code(400, "DUPLICATE_NOTE")]
    DuplicateNote {
        /// The note.
        note: NoteId,
    },
    /// The debit would consume too many notes.
    #[error("a debit consumes at most {max} notes; merge some by a transfer to the account itself")]
    #[code(422, "TOO_MANY_NOTES")]
    TooManyNotes {
        /// The most.
        max: usize,
    },
    /// The caller is no controller of the account.
    #[error("the caller's certificate is none of {account}'s controllers")]
    #[code(403, "UNAUTHORIZED")]
    NotController {
        /// The account.
        account: AccountId,
    },
    /// The caller is no registrar.
    #[error("only a {role} of an organisation may do this")]
    #[code(403, "UNAUTHORIZED")]
    NotRegistrar {
        /// The NodeOU role that is asked for.
        role: String,
    },
    /// The caller signed something else, and other chaincode made this call of it.
    #[error("the caller did not sign this call; send it to this chaincode itself")]
    #[code(403, "UNAUTHORIZED")]
    IndirectCall,
    /// The account's KYC class is too low for the token.
    #[error("{token} asks for KYC class {needed}, {account} has {class}")]
    #[code(403, "KYC_REQUIRED")]
    KycRequired {
        /// The account.
        account: AccountId,
        /// The token.
        token: TokenId,
        /// What the account has.
        class: u8,
        /// What the token asks for.
        needed: u8,
    },
    /// The account's KYC has expired.
    #[error("the KYC of {account} expired at {expired_at}; it has to be renewed")]
    #[code(403, "KYC_EXPIRED")]
    KycExpired {
        /// The account.
        account: AccountId,
        /// When.
        expired_at: Timestamp,
    },
    /// This very request was executed before.
    #[error("request {request_id} was executed by transaction {transaction_id}")]
    #[code(409, "DUPLICATE_REQUEST")]
    DuplicateRequest {
        /// The request.
        request_id: RequestId,
        /// What executed it.
        transaction_id: String,
    },
    /// Another request of this name was executed before.
    #[error("transaction {transaction_id} executed another request under the id {request_id}")]
    #[code(409, "REQUEST_ID_REUSED")]
    RequestIdReused {
        /// The request.
        request_id: RequestId,
        /// What executed the other one.
        transaction_id: String,
    },
    /// The request is too old.
    #[error("the request expired at {expires_at}; send a new one")]
    #[code(410, "REQUEST_EXPIRED")]
    RequestExpired {
        /// When.
        expires_at: Timestamp,
    },
    /// The transaction's clock is not within the years 1970 to 9999.
    #[error("the transaction's time, {seconds} s since 1970, is none; set the client's clock")]
    #[code(400, "INVALID_TIMESTAMP")]
    InvalidTimestamp {
        /// Seconds since 1970-01-01.
        seconds: i64,
    },
    /// A bookmark that no page ended with.
    #[error("the bookmark is none of this list's; begin again without one")]
    #[code(400, "INVALID_BOOKMARK")]
    InvalidBookmark,
    /// The state holds what this contract cannot have written.
    #[error("the ledger holds what this contract cannot have written: {what}")]
    #[code(500, "INTERNAL")]
    Internal {
        /// Where.
        what: String,
    },
    /// The ledger did not do as asked.
    #[error(transparent)]
    #[code(transparent)]
    Ledger(#[from] LedgerError),
}
