//! Typed state: a type that knows its key, its indexes and its version.
//!
//! ```
//! use fabric_contract_api_rust::prelude::*;
//!
//! #[derive(State, Serialize, Deserialize, JsonSchema)]
//! #[state(kind = "bond", key(id), index(by_owner(owner)))]
//! pub struct Bond { id: String, owner: String, face: u64 }
//!
//! fn transfer(tx: &mut Tx, id: &str, to: String) -> Result<(), LedgerError> {
//!     if let Some(mut bond) = tx.get(&Bond::key(id))? {
//!         bond.owner = to;
//!         tx.save(&bond)?; // the entry of `by_owner` follows
//!     }
//!     Ok(())
//! }
//!
//! fn of(query: &Query, owner: &str, page: &Page) -> Result<Paged<Bond>, LedgerError> {
//!     query.select_page(&Bond::by_owner(owner), page)
//! }
//! ```
//!
//! The value is the type's JSON under the composite key of its kind and key. A type of a version
//! above 1 has the field `stateVersion` beside its own; values without it are of version 1.

mod record;
mod selection;
mod write;

use std::{fmt, marker::PhantomData};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    error::LedgerError,
    key::{Key, KeyError, StateKey},
};

pub use selection::{Selected, Selection};
/// A value of JSON, as an upgrade gets it.
pub use serde_json::Value;

/// Joins a kind and an index's name in the object type of the index's keys.
const INDEX_SEPARATOR: char = '~';

/// What is kept under a key of its own. Derive it; see the [module](self).
pub trait State: Serialize + DeserializeOwned {
    /// The object type of its keys: stable, and not that of another type of the chaincode.
    const KIND: &'static str;
    /// The version that is written. Raise it with every change that older values do not fit.
    const VERSION: u32 = 1;
    /// Whether it has indexes: then [`Tx::save`](crate::Tx::save) reads what was there before.
    const INDEXED: bool = false;

    /// The attributes of its key.
    fn key_parts(&self) -> Vec<String>;

    /// Its entry in each index.
    fn index_entries(&self) -> Vec<IndexEntry> {
        Vec::new()
    }

    /// Makes this of a value of an older version.
    ///
    /// # Errors
    /// A text: why not. Without an upgrade of its own, a type reads no other version.
    fn upgrade(version: u32, value: Value) -> Result<Self, String> {
        let _ = value;
        Err(format!(
            "there is no upgrade from version {version} to {}",
            Self::VERSION
        ))
    }
}

/// Where a state stands in one index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexEntry {
    /// The index.
    pub index: &'static str,
    /// The attributes before those of the state's own key.
    pub parts: Vec<String>,
}

/// The key of a state. It reads a `T`; only [`Tx::save`](crate::Tx::save),
/// [`Tx::create`](crate::Tx::create) and [`Tx::remove`](crate::Tx::remove) write under it, for they
/// keep the indexes in step.
///
/// ```compile_fail
/// # use fabric_contract_api_rust::{StateId, prelude::*};
/// fn past_the_indexes<T: State>(tx: &mut Tx, id: &StateId<T>) {
///     let _ = tx.delete(id);
/// }
/// ```
pub struct StateId<T> {
    parts: Vec<String>,
    state: PhantomData<fn() -> T>,
}

impl<T: State> StateId<T> {
    /// The key of these attributes. `derive(State)` makes a function `key` with the types of the
    /// fields.
    pub fn of_parts(parts: Vec<String>) -> Self {
        Self {
            parts,
            state: PhantomData,
        }
    }

    /// The key of a state.
    pub fn of(state: &T) -> Self {
        Self::of_parts(state.key_parts())
    }
}

impl<T> Clone for StateId<T> {
    fn clone(&self) -> Self {
        Self {
            parts: self.parts.clone(),
            state: PhantomData,
        }
    }
}

impl<T: State> fmt::Debug for StateId<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{:?}", T::KIND, self.parts)
    }
}

impl<T: State> StateKey for StateId<T> {
    type Read = T;
    type Written = T;

    fn key(&self) -> Result<Key, KeyError> {
        Key::composite(T::KIND, &self.parts)
    }

    fn decode(&self, stored: Vec<u8>) -> Result<T, LedgerError> {
        let key = StateKey::key(self)?;
        Ok(record::decode(&key, &stored)?.value)
    }

    fn encode(&self, value: &T) -> Result<Vec<u8>, LedgerError> {
        record::encode(&StateKey::key(self)?, value)
    }
}

/// The object type of an index's keys.
fn index_type<T: State>(index: &str) -> String {
    format!("{}{INDEX_SEPARATOR}{index}", T::KIND)
}
