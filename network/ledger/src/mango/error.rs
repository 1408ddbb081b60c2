//! Why a query is refused: in CouchDB's words, as a peer passes them on, or in the peer's own.
//! (CouchDB: src/mango/src/mango_error.erl; Fabric: statecouchdb/couchdb.go, handleRequest)

use super::erlang;
use super::json::Json;
use super::query::QUERY_BYTES_MAX;

/// A query that is not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// CouchDB refuses it.
    #[error("error handling CouchDB request. Error:{error},  Status Code:400,  Reason:{reason}")]
    Refused {
        /// CouchDB's name of the error, such as `invalid_operator`.
        error: &'static str,
        /// What is wrong with the query.
        reason: String,
    },
    /// It is no JSON object; as far as Go's words go.
    #[error("{0}")]
    Unreadable(String),
    /// `fields` must be an array.
    #[error("fields definition must be an array")]
    FieldsNotAnArray,
    /// The query is larger than any honest one.
    #[error("a query of {length} bytes is too long; give at most {QUERY_BYTES_MAX}")]
    TooLong {
        /// Its size.
        length: usize,
    },
    /// A key that CouchDB cannot hold.
    #[error("invalid key [{0}], cannot begin with \"_\"")]
    ReservedKey(String),
    /// CouchDB has no empty keys.
    #[error("invalid key. Empty string is not supported as a key by couchdb")]
    EmptyKey,
    /// A field that CouchDB keeps for itself.
    #[error("field [{0}] is not valid for the CouchDB state database")]
    ReservedField(String),
}

impl QueryError {
    pub(super) fn refused(error: &'static str, reason: impl Into<String>) -> Self {
        Self::Refused {
            error,
            reason: reason.into(),
        }
    }

    pub(super) fn bad_argument(operator: &str, argument: &Json) -> Self {
        let argument = erlang::term(argument);
        let reason = format!("Bad argument for operator {operator}: {argument}");
        Self::refused("bad_arg", reason)
    }

    pub(super) fn invalid_bookmark(bookmark: &str) -> Self {
        let quoted = Json::String(bookmark.to_owned()).to_text();
        let reason = format!("Invalid bookmark value: {quoted}");
        Self::refused("invalid_bookmark", reason)
    }

    /// What Go says of text that is no JSON object.
    pub(super) fn unreadable(error: &serde_json::Error, text: &str) -> Self {
        let words = if text.trim().is_empty() {
            "EOF".to_owned()
        } else if error.is_eof() {
            "unexpected EOF".to_owned()
        } else {
            let line = text.lines().nth(error.line().saturating_sub(1));
            let column = error.column().saturating_sub(1);
            let byte = line.and_then(|line| line.as_bytes().get(column));
            let character = byte.copied().map_or(' ', char::from);
            format!("invalid character {character:?} looking for beginning of value")
        };
        Self::Unreadable(words)
    }

    /// What Go says of JSON that is no object.
    pub(super) fn not_an_object(value: &Json) -> Self {
        let kind = match value.type_name() {
            "boolean" => "bool",
            other => other,
        };
        Self::Unreadable(format!(
            "json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
        ))
    }
}
