//! One invocation in progress: the peer, the overlay, the events and the caller's identity.

use std::cell::{OnceCell, RefCell};

use crate::{
    cid::{ClientIdentity, IdentityError},
    event::Envelope,
    key::Key,
    overlay::Overlay,
    peer::{ChaincodeEvent, Invocation, Peer, PeerError},
};

/// Shared by the [`Tx`](crate::Tx) or [`Query`](crate::Query) of one invocation and its dispatch.
pub(crate) struct Session<'p> {
    pub(crate) invocation: &'p Invocation,
    pub(crate) peer: RefCell<&'p mut dyn Peer>,
    pub(crate) overlay: RefCell<Overlay>,
    pub(crate) events: RefCell<Envelope>,
    caller: OnceCell<Result<ClientIdentity, IdentityError>>,
}

impl<'p> Session<'p> {
    pub(crate) fn new(invocation: &'p Invocation, peer: &'p mut dyn Peer) -> Self {
        Self {
            invocation,
            peer: RefCell::new(peer),
            overlay: RefCell::default(),
            events: RefCell::default(),
            caller: OnceCell::new(),
        }
    }

    /// The creator's certificate, read once.
    pub(crate) fn caller(&self) -> Result<&ClientIdentity, IdentityError> {
        self.caller
            .get_or_init(|| ClientIdentity::of(&self.invocation.creator))
            .as_ref()
            .map_err(Clone::clone)
    }

    /// Values of keys: own writes and remembered reads first, one request for the rest.
    pub(crate) fn read(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, PeerError> {
        let unknown = self.unknown(keys);
        let mut fetched = Vec::new();
        if !unknown.is_empty() {
            fetched = self.peer.borrow_mut().get("", &unknown)?;
            if fetched.len() != unknown.len() {
                let message = format!("{} values for {} keys", fetched.len(), unknown.len());
                return Err(PeerError::Malformed { message });
            }
        }
        let mut overlay = self.overlay.borrow_mut();
        for (key, value) in unknown.iter().zip(&fetched) {
            overlay.remember(&Key::stored(key.clone()), value);
        }
        let value_of = |key: &Key| match overlay.known(key) {
            Some(value) => value.clone(),
            None => unknown
                .binary_search_by(|unknown| unknown.as_str().cmp(key.as_str()))
                .ok()
                .and_then(|index| fetched.get(index).cloned().flatten()),
        };
        Ok(keys.iter().map(value_of).collect())
    }

    /// Which keys a peer has to be asked for: sorted, each once.
    fn unknown(&self, keys: &[Key]) -> Vec<String> {
        let overlay = self.overlay.borrow();
        let mut unknown: Vec<String> = keys
            .iter()
            .filter(|key| overlay.known(key).is_none())
            .map(|key| key.as_str().to_owned())
            .collect();
        unknown.sort_unstable();
        unknown.dedup();
        unknown
    }

    /// Sends the writes, once, after success, and gives the transaction's event.
    pub(crate) fn commit(&self) -> Result<Option<ChaincodeEvent>, PeerError> {
        let writes = self.overlay.borrow_mut().take_writes();
        if !writes.is_empty() {
            self.peer.borrow_mut().flush(writes)?;
        }
        Ok(self.events.borrow_mut().take())
    }
}
