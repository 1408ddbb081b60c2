//! The name of a note: which transaction made it, or which reusable lane it is.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

const LANE: &str = "lane";
/// A Fabric transaction id is a SHA-256 digest in hexadecimal.
const TRANSACTION_ID_BYTES: usize = 64;

/// `<transaction id>.<index>`, or `lane.<number>` for a reusable change note.
///
/// Unique within one token and account, because a transaction id is unique in a channel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NoteId(String);

/// Why a text is not a [`NoteId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a note id is <transaction id>.<index> or lane.<number>")]
pub struct ParseNoteIdError;

impl NoteId {
    /// The `index`th note that transaction `transaction_id` makes.
    ///
    /// # Errors
    /// Where the transaction id is not 64 lower-case hexadecimal digits.
    pub fn of_transaction(transaction_id: &str, index: u32) -> Result<Self, ParseNoteIdError> {
        if is_transaction_id(transaction_id) {
            Ok(Self(format!("{transaction_id}.{index}")))
        } else {
            Err(ParseNoteIdError)
        }
    }

    /// The reusable change note `number` of an account.
    #[must_use]
    pub fn lane(number: u32) -> Self {
        Self(format!("{LANE}.{number}"))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NoteId {
    type Err = ParseNoteIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (maker, index) = text.split_once('.').ok_or(ParseNoteIdError)?;
        let parsed: u32 = index.parse().map_err(|_| ParseNoteIdError)?;
        let one_text = parsed.to_string() == index;
        if one_text && (maker == LANE || is_transaction_id(maker)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseNoteIdError)
        }
    }
}

impl TryFrom<String> for NoteId {
    type Error = ParseNoteIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<NoteId> for String {
    fn from(note: NoteId) -> Self {
        note.0
    }
}

impl AsRef<str> for NoteId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NoteId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl JsonSchema for NoteId {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "NoteId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^([0-9a-f]{64}|lane)\\.(0|[1-9][0-9]*)$",
            "description": "a note: <transaction id>.<index> or lane.<number>",
        })
    }
}

fn is_transaction_id(text: &str) -> bool {
    text.len() == TRANSACTION_ID_BYTES
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
