//! Why an operation was refused: a code that programs decide on, and data.
//!
//! It travels as JSON in the message of the chaincode's response, because a peer's gateway drops
//! the payload of a failed call:
//! `{"code":"INSUFFICIENT_FUNDS","message":"…","data":{"needed":"5", …}}`.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A refusal, as read from the message of a failed call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Why.
    pub code: ErrorCode,
    /// The same for people.
    #[serde(default)]
    pub message: String,
    /// About what; which members there are depends on the code.
    #[serde(default)]
    pub data: Map<String, Value>,
}

impl Refusal {
    /// Finds the refusal in the text of an error, which may have words of a peer before and after.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        text.match_indices(r#"{"code""#).find_map(|(start, _)| {
            let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter();
            values.next()?.ok()
        })
    }

    /// The member `name` of the data, where it is a string.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.data.get(name)?.as_str()
    }
}

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// The codes of the asset contracts.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)*
            /// A code of the contract framework, or of a newer contract.
            Other(String),
        }

        impl ErrorCode {
            /// The code as it travels.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(text) => text,
                }
            }
        }

        impl From<String> for ErrorCode {
            fn from(text: String) -> Self {
                match text.as_str() {
                    $($text => Self::$variant,)*
                    _ => Self::Other(text),
                }
            }
        }
    };
}

error_codes! {
    /// `{account}`: nobody opened it.
    AccountNotFound = "ACCOUNT_NOT_FOUND",
    /// `{account}`: somebody opened it before.
    AccountExists = "ACCOUNT_EXISTS",
    /// `{account}`: the name belongs to the ledger itself.
    ReservedAccount = "RESERVED_ACCOUNT",
    /// `{min, max, given}`: an account needs at least one controller and has a limited number.
    ControllerCount = "CONTROLLER_COUNT",
    /// `{token}`: nobody created it.
    TokenNotFound = "TOKEN_NOT_FOUND",
    /// `{token}`: somebody created it before.
    TokenExists = "TOKEN_EXISTS",
    /// An amount of zero.
    ZeroAmount = "ZERO_AMOUNT",
    /// `{account, token, available, needed}`.
    InsufficientFunds = "INSUFFICIENT_FUNDS",
    /// `{token, available, needed}`: more than the cap would circulate.
    CapExceeded = "CAP_EXCEEDED",
    /// `{account, token, note}`: the account has no such note (any more).
    NoteSpent = "NOTE_SPENT",
    /// `{note}`: named twice.
    DuplicateNote = "DUPLICATE_NOTE",
    /// `{max}`: the debit would consume more notes than one transaction may; merge some first by a
    /// transfer to oneself that names them.
    TooManyNotes = "TOO_MANY_NOTES",
    /// `{account}` or `{role}`: the caller's certificate does not allow it.
    Unauthorized = "UNAUTHORIZED",
    /// `{account, token, class, needed}`.
    KycRequired = "KYC_REQUIRED",
    /// `{account, expired_at}`.
    KycExpired = "KYC_EXPIRED",
    /// `{request_id, transaction_id}`: that transaction executed this very request.
    DuplicateRequest = "DUPLICATE_REQUEST",
    /// `{request_id, transaction_id}`: that transaction executed another request of this name.
    RequestIdReused = "REQUEST_ID_REUSED",
    /// `{expires_at}`.
    RequestExpired = "REQUEST_EXPIRED",
    /// An argument that cannot be read.
    InvalidArgument = "INVALID_ARGUMENT",
    /// `{seconds}`: the transaction's time is no time of the years 1970 to 9999.
    InvalidTimestamp = "INVALID_TIMESTAMP",
    /// A bookmark that no page ended with.
    InvalidBookmark = "INVALID_BOOKMARK",
    /// A fault of the ledger or of the contract.
    Internal = "INTERNAL",
}

impl From<ErrorCode> for String {
    fn from(code: ErrorCode) -> Self {
        code.as_str().to_owned()
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
