//! Where each record lives: composite keys whose parts cannot be confused with each other.

use crate::{AccountId, NoteId, RequestId, TokenId};

/// The key of one record: an object type and its attributes, joined by the ledger as a composite
/// key (`U+0000 type U+0000 attribute U+0000 …`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StateKey {
    /// A [`Token`](crate::Token).
    Token(TokenId),
    /// An [`Account`](crate::Account).
    Account(AccountId),
    /// A [`Note`](crate::Note).
    Note {
        /// Of which token.
        token: TokenId,
        /// Who owns it.
        account: AccountId,
        /// Its name.
        note: NoteId,
    },
    /// A [`Request`](crate::Request) that was executed.
    Request {
        /// For whom.
        account: AccountId,
        /// Its name.
        request: RequestId,
    },
}

/// Why a composite key is none of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseStateKeyError {
    /// An object type that no record has.
    #[error("no record has the object type {object_type:?}")]
    ObjectType {
        /// The type that was given.
        object_type: String,
    },
    /// Too few or too many attributes, or one that is not an identifier.
    #[error("the attributes do not name a record of type {object_type:?}")]
    Attributes {
        /// The type that was given.
        object_type: String,
    },
}

impl StateKey {
    /// Object type of [`StateKey::Token`].
    pub const TOKEN: &'static str = "token";
    /// Object type of [`StateKey::Account`].
    pub const ACCOUNT: &'static str = "account";
    /// Object type of [`StateKey::Note`].
    pub const NOTE: &'static str = "note";
    /// Object type of [`StateKey::Request`].
    pub const REQUEST: &'static str = "request";

    /// The first part of the composite key.
    #[must_use]
    pub const fn object_type(&self) -> &'static str {
        match self {
            Self::Token(_) => Self::TOKEN,
            Self::Account(_) => Self::ACCOUNT,
            Self::Note { .. } => Self::NOTE,
            Self::Request { .. } => Self::REQUEST,
        }
    }

    /// The other parts, in order.
    #[must_use]
    pub fn attributes(&self) -> Vec<&str> {
        match self {
            Self::Token(token) => vec![token.as_str()],
            Self::Account(account) => vec![account.as_str()],
            Self::Note {
                token,
                account,
                note,
            } => {
                vec![token.as_str(), account.as_str(), note.as_str()]
            }
            Self::Request { account, request } => vec![account.as_str(), request.as_str()],
        }
    }

    /// The key that has these parts.
    ///
    /// # Errors
    /// Where they are not the parts of any record's key.
    pub fn parse<T: AsRef<str>>(
        object_type: &str,
        attributes: &[T],
    ) -> Result<Self, ParseStateKeyError> {
        let attributes: Vec<&str> = attributes.iter().map(AsRef::as_ref).collect();
        let key = match object_type {
            Self::TOKEN => token(&attributes),
            Self::ACCOUNT => account(&attributes),
            Self::NOTE => note(&attributes),
            Self::REQUEST => request(&attributes),
            other => {
                return Err(ParseStateKeyError::ObjectType {
                    object_type: other.to_owned(),
                });
            }
        };
        key.ok_or_else(|| ParseStateKeyError::Attributes {
            object_type: object_type.to_owned(),
        })
    }
}

fn token(attributes: &[&str]) -> Option<StateKey> {
    let [token] = attributes else { return None };
    Some(StateKey::Token(token.parse().ok()?))
}

fn account(attributes: &[&str]) -> Option<StateKey> {
    let [account] = attributes else { return None };
    Some(StateKey::Account(account.parse().ok()?))
}

fn note(attributes: &[&str]) -> Option<StateKey> {
    let [token, account, note] = attributes else {
        return None;
    };
    Some(StateKey::Note {
        token: token.parse().ok()?,
        account: account.parse().ok()?,
        note: note.parse().ok()?,
    })
}

fn request(attributes: &[&str]) -> Option<StateKey> {
    let [account, request] = attributes else {
        return None;
    };
    Some(StateKey::Request {
        account: account.parse().ok()?,
        request: request.parse().ok()?,
    })
}
