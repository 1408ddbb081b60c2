//! State keys: simple and composite, in Fabric's exact form, checked before a peer sees them.

use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};

use crate::error::LedgerError;

/// Longest key. Fabric sets no bound; every range scan and every index carries keys whole.
pub const KEY_BYTES_MAX: usize = 32 * 1024;

/// Opens a composite key and ends each of its parts.
const SEPARATOR: char = '\u{0}';
/// Sorts after every other character: the end of a composite prefix.
const HIGHEST: char = '\u{10FFFF}';
/// Where simple keys begin: everything below is a composite key.
const SIMPLE_START: &str = "\u{1}";

/// A key that a peer takes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// A key of one part: not empty, not beginning with U+0000, at most [`KEY_BYTES_MAX`].
    pub fn simple(name: impl Into<String>) -> Result<Self, KeyError> {
        let name = name.into();
        if name.is_empty() {
            return Err(KeyError::Empty);
        }
        if name.starts_with(SEPARATOR) {
            return Err(KeyError::LeadingNull);
        }
        Self::bounded(name)
    }

    /// A key of an object type and attributes, in the form of Fabric's `CreateCompositeKey`.
    /// Attributes may be empty; no part may hold U+0000 or U+10FFFF.
    pub fn composite<A: AsRef<str>>(
        object_type: &str,
        attributes: impl IntoIterator<Item = A>,
    ) -> Result<Self, KeyError> {
        if object_type.is_empty() {
            return Err(KeyError::EmptyObjectType);
        }
        let mut joined = String::from(SEPARATOR);
        push_part(&mut joined, object_type)?;
        for attribute in attributes {
            push_part(&mut joined, attribute.as_ref())?;
        }
        Self::bounded(joined)
    }

    /// A key as a peer gave it.
    pub(crate) fn stored(key: String) -> Self {
        Self(key)
    }

    fn bounded(key: String) -> Result<Self, KeyError> {
        if key.len() > KEY_BYTES_MAX {
            return Err(KeyError::TooLong { bytes: key.len() });
        }
        Ok(Self(key))
    }

    /// The key as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }

    /// Object type and attributes of a composite key; `None` for a simple one.
    pub fn split(&self) -> Option<(&str, Vec<&str>)> {
        let parts = self.0.strip_prefix(SEPARATOR)?.strip_suffix(SEPARATOR)?;
        let mut parts = parts.split(SEPARATOR);
        Some((parts.next()?, parts.collect()))
    }

    /// The same key, whose value is the JSON of a `T`.
    pub fn json<T>(self) -> JsonKey<T> {
        JsonKey {
            key: self,
            value: PhantomData,
        }
    }
}

fn push_part(joined: &mut String, part: &str) -> Result<(), KeyError> {
    if let Some(character) = part.chars().find(|c| [SEPARATOR, HIGHEST].contains(c)) {
        return Err(KeyError::Reserved { character });
    }
    joined.push_str(part);
    joined.push(SEPARATOR);
    Ok(())
}

/// Why text is not a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// No text at all.
    #[error("a state key must not be empty")]
    Empty,
    /// A simple key in the form of a composite one.
    #[error("a simple state key must not begin with U+0000: use a composite key")]
    LeadingNull,
    /// A composite key without an object type.
    #[error("a composite key needs an object type")]
    EmptyObjectType,
    /// A character that Fabric keeps for itself.
    #[error("a part of a composite key must not hold U+{:04X}", u32::from(*character))]
    Reserved {
        /// U+0000 or U+10FFFF.
        character: char,
    },
    /// Longer than [`KEY_BYTES_MAX`].
    #[error("a state key of {bytes} bytes is longer than the {KEY_BYTES_MAX} allowed")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
}

/// What can be read and written under: a key, and how its value is kept.
///
/// Text and [`Key`] keep plain bytes, [`JsonKey`] keeps JSON.
pub trait StateKey {
    /// What a read gives.
    type Read;
    /// What a write takes.
    type Written: ?Sized;

    /// The checked key.
    fn key(&self) -> Result<Key, KeyError>;
    /// Makes a value of stored bytes.
    fn decode(&self, stored: Vec<u8>) -> Result<Self::Read, LedgerError>;
    /// Makes bytes of a value.
    fn encode(&self, value: &Self::Written) -> Result<Vec<u8>, LedgerError>;
}

/// A [`StateKey`] that may be written and deleted by itself: all but that of a
/// [`State`](crate::State), whose indexes have to follow.
pub trait PlainKey: StateKey {}

/// Implements [`StateKey`] with plain bytes.
macro_rules! plain_bytes {
    ($type:ty, $self:ident => $key:expr) => {
        impl PlainKey for $type {}

        impl StateKey for $type {
            type Read = Vec<u8>;
            type Written = [u8];

            fn key(&$self) -> Result<Key, KeyError> {
                $key
            }

            fn decode(&self, stored: Vec<u8>) -> Result<Vec<u8>, LedgerError> {
                Ok(stored)
            }

            fn encode(&self, value: &[u8]) -> Result<Vec<u8>, LedgerError> {
                Ok(value.to_vec())
            }
        }
    };
}

plain_bytes!(str, self => Key::simple(self));
plain_bytes!(&str, self => Key::simple(*self));
plain_bytes!(String, self => Key::simple(self.as_str()));
plain_bytes!(Key, self => Ok(self.clone()));

/// A key whose value is the JSON of a `T`. Made by [`Key::json`].
#[derive(Debug)]
pub struct JsonKey<T> {
    key: Key,
    value: PhantomData<fn() -> T>,
}

impl<T> Clone for JsonKey<T> {
    fn clone(&self) -> Self {
        self.key.clone().json()
    }
}

impl<T: Serialize + DeserializeOwned> StateKey for JsonKey<T> {
    type Read = T;
    type Written = T;

    fn key(&self) -> Result<Key, KeyError> {
        Ok(self.key.clone())
    }

    fn decode(&self, stored: Vec<u8>) -> Result<T, LedgerError> {
        decode_json(&self.key, &stored)
    }

    fn encode(&self, value: &T) -> Result<Vec<u8>, LedgerError> {
        serde_json::to_vec(value).map_err(|source| LedgerError::Encode {
            key: self.key.clone(),
            source,
        })
    }
}

impl<T: Serialize + DeserializeOwned> PlainKey for JsonKey<T> {}

/// Reads a stored value as JSON.
pub(crate) fn decode_json<T: DeserializeOwned>(key: &Key, stored: &[u8]) -> Result<T, LedgerError> {
    serde_json::from_slice(stored).map_err(|source| LedgerError::Decode {
        key: key.clone(),
        source,
    })
}

/// A run of keys: simple ones between two bounds, or composite ones under a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    start: String,
    end: String,
}

impl KeyRange {
    /// Simple keys from `start` (inclusive) to `end` (exclusive); an empty bound is open.
    pub fn simple(start: &str, end: &str) -> Result<Self, KeyError> {
        for bound in [start, end].into_iter().filter(|bound| !bound.is_empty()) {
            Key::simple(bound)?;
        }
        let start = if start.is_empty() {
            SIMPLE_START
        } else {
            start
        };
        Ok(Self {
            start: start.to_owned(),
            end: end.to_owned(),
        })
    }

    /// Composite keys of an object type whose first attributes are these.
    pub fn composite<A: AsRef<str>>(
        object_type: &str,
        attributes: impl IntoIterator<Item = A>,
    ) -> Result<Self, KeyError> {
        let Key(start) = Key::composite(object_type, attributes)?;
        let end = format!("{start}{HIGHEST}");
        Ok(Self { start, end })
    }

    /// Composite keys of an object type whose first attributes are these and whose next one is from
    /// `from` (inclusive) to `to` (exclusive); an empty bound is open. Attributes sort by their
    /// bytes: a number needs a fixed width.
    pub fn composite_between<A: AsRef<str>>(
        object_type: &str,
        attributes: impl IntoIterator<Item = A>,
        from: &str,
        to: &str,
    ) -> Result<Self, KeyError> {
        let Key(prefix) = Key::composite(object_type, attributes)?;
        let bound = |text: &str, open: char| match text {
            "" if open == SEPARATOR => Ok(prefix.clone()),
            "" => Ok(format!("{prefix}{open}")),
            text => {
                let mut bound = prefix.clone();
                push_part(&mut bound, text)?;
                Ok::<_, KeyError>(bound)
            }
        };
        Ok(Self {
            start: bound(from, SEPARATOR)?,
            end: bound(to, HIGHEST)?,
        })
    }

    /// All composite keys of the chaincode.
    pub fn all_composite() -> Self {
        Self {
            start: SEPARATOR.to_string(),
            end: format!("{SEPARATOR}{HIGHEST}"),
        }
    }

    /// All simple keys of the chaincode.
    pub fn all_simple() -> Self {
        Self {
            start: SIMPLE_START.to_owned(),
            end: String::new(),
        }
    }

    /// The first key that may be in it.
    pub fn start(&self) -> &str {
        &self.start
    }

    /// The first key after it; empty where it is open.
    pub fn end(&self) -> &str {
        &self.end
    }
}
