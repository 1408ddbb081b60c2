//! Writes of typed state, with the entries of its indexes in step.

use super::{State, StateId, index_type, record};
use crate::{
    error::LedgerError,
    key::{Key, KeyError, StateKey},
    overlay::Change,
    tx::Tx,
};

/// What stands under an index's key: a peer takes an empty value for a deletion.
const ENTRY: [u8; 1] = [0];

impl Tx<'_> {
    /// Writes a state, whether there was one before or not. A type without indexes is written
    /// blindly, and conflicts with nothing; for one with indexes the state before is read.
    pub fn save<T: State>(&mut self, state: &T) -> Result<(), LedgerError> {
        let id = StateId::of(state);
        let key = id.key()?;
        let value = record::encode(&key, state)?;
        if T::INDEXED {
            let before = self.before::<T>(&key)?;
            let entries = index_keys(state)?;
            let (mut stale, mut known) = (Vec::new(), false);
            if let Some(before) = &before {
                stale = index_keys(&before.value)?;
                // An older version may have had other indexes: then all entries are written.
                known = before.version == T::VERSION;
            }
            for entry in &entries {
                if !(known && stale.contains(entry)) {
                    self.write(entry.clone(), Change::Put(ENTRY.to_vec()))?;
                }
            }
            for entry in stale.into_iter().filter(|entry| !entries.contains(entry)) {
                self.write(entry, Change::Delete)?;
            }
        }
        self.session.overlay.borrow_mut().put("", key, value)
    }

    /// Writes a state that is not there yet, or fails with [`LedgerError::AlreadyExists`].
    pub fn create<T: State>(&mut self, state: &T) -> Result<(), LedgerError> {
        let id = StateId::of(state);
        if self.exists(&id)? {
            return Err(LedgerError::AlreadyExists { key: id.key()? });
        }
        self.save(state)
    }

    /// Removes a state with its index entries, and gives it; `None` where there was none.
    pub fn remove<T: State>(&mut self, id: &StateId<T>) -> Result<Option<T>, LedgerError> {
        let key = id.key()?;
        let Some(before) = self.before::<T>(&key)? else {
            return Ok(None);
        };
        for entry in index_keys(&before.value)? {
            self.write(entry, Change::Delete)?;
        }
        self.write(key, Change::Delete)?;
        Ok(Some(before.value))
    }

    fn before<T: State>(&self, key: &Key) -> Result<Option<record::Record<T>>, LedgerError> {
        let stored = self.get(key)?;
        stored
            .map(|stored| record::decode(key, &stored))
            .transpose()
    }

    fn write(&self, key: Key, change: Change) -> Result<(), LedgerError> {
        let mut overlay = self.session.overlay.borrow_mut();
        overlay.change("", key, change)
    }
}

/// The keys of a state's index entries: the index's attributes, then the state's own.
fn index_keys<T: State>(state: &T) -> Result<Vec<Key>, KeyError> {
    let own = state.key_parts();
    let entries = state.index_entries().into_iter();
    let keys = entries.map(|entry| {
        Key::composite(
            &index_type::<T>(entry.index),
            entry.parts.iter().chain(&own),
        )
    });
    keys.collect()
}
