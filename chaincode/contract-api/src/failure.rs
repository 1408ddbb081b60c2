//! A refusal as a client sees it: status, stable code, text and data.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::peer::Response;

/// What a contract function's error becomes: the response's status, and the JSON
/// `{"code":…,"message":…,"data":{…}}` in the response's message (a gateway drops the payload of a
/// failed call and hands on the message).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    #[serde(skip)]
    status: i32,
    code: String,
    message: String,
    data: Map<String, Value>,
}

impl Failure {
    /// A failure without data. `status` is taken into 400 to 599: anything else would be endorsed
    /// or is no status of Fabric's.
    pub fn new(status: i32, code: impl Into<String>, message: impl Into<String>) -> Self {
        let status = if (Response::STATUS_ERROR..600).contains(&status) {
            status
        } else {
            500
        };
        Self {
            status,
            code: code.into(),
            message: message.into(),
            data: Map::new(),
        }
    }

    /// Adds an entry to the data. A value without a JSON form becomes `null`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.data.insert(name.to_owned(), value);
        self
    }

    /// 400 to 499 for the caller's fault, 500 to 599 for the contract's.
    pub fn status(&self) -> i32 {
        self.status
    }

    /// The stable code that programs decide by.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The text for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The entries that explain this one case.
    pub fn data(&self) -> &Map<String, Value> {
        &self.data
    }

    /// The response that carries it.
    pub fn to_response(&self) -> Response {
        let message = serde_json::to_string(self).unwrap_or_else(|_| self.message.clone());
        Response::error(self.status, message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} ({} {})",
            self.message, self.status, self.code
        )
    }
}

impl std::error::Error for Failure {}

/// An error type of a contract. Derive it beside `thiserror::Error`:
///
/// ```
/// use fabric_contract_api_rust::prelude::*;
///
/// #[derive(Debug, thiserror::Error, ContractError)]
/// enum BondError {
///     #[error("there is no bond {id}")]
///     #[code(404, "BOND_NOT_FOUND")]
///     NotFound { id: String },
///     #[error(transparent)]
///     #[code(transparent)]
///     Ledger(#[from] LedgerError),
/// }
///
/// let failure = BondError::NotFound { id: "7".into() }.failure();
/// assert_eq!((failure.status(), failure.code()), (404, "BOND_NOT_FOUND"));
/// assert_eq!(failure.data()["id"], "7");
/// ```
pub trait ContractError: fmt::Display {
    /// Status, code, text and data of this error.
    fn failure(&self) -> Failure;
}

impl<E: ContractError> From<E> for Failure {
    fn from(error: E) -> Self {
        error.failure()
    }
}
