//! One invocation in progress: the peer, the overlay, the events and the caller's identity.

use std::cell::{Cell, OnceCell, RefCell};

use crate::{
    cid::{ClientIdentity, IdentityError},
    contract::Contract,
    event::Envelope,
    key::Key,
    overlay::{Overlay, VALIDATION_PARAMETER},
    peer::{ChaincodeEvent, Invocation, Peer, PeerError},
};

/// Shared by the [`Tx`](crate::Tx) or [`Query`](crate::Query) of one invocation and its dispatch.
pub(crate) struct Session<'p> {
    pub(crate) invocation: &'p Invocation,
    pub(crate) peer: RefCell<&'p mut dyn Peer>,
    pub(crate) overlay: RefCell<Overlay>,
    pub(crate) events: RefCell<Envelope>,
    /// The chaincode's contracts, for calls among them.
    pub(crate) contracts: &'p [&'p dyn Contract],
    /// How many contracts are calling one another right now.
    pub(crate) depth: Cell<usize>,
    caller: OnceCell<Result<ClientIdentity, IdentityError>>,
}

impl<'p> Session<'p> {
    pub(crate) fn new(
        contracts: &'p [&'p dyn Contract],
        invocation: &'p Invocation,
        peer: &'p mut dyn Peer,
    ) -> Self {
        Self {
            contracts,
            depth: Cell::new(0),
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

    /// Values of public keys: own writes and remembered reads first, one request for the rest.
    pub(crate) fn read(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, PeerError> {
        let unknown = self.unknown(keys);
        let mut fetched = Vec::new();
        if !unknown.is_empty() {
            fetched = self.peer.borrow_mut().get("", &unknown)?;
            same_count(&unknown, &fetched)?;
        }
        let mut overlay = self.overlay.borrow_mut();
        for (key, value) in unknown.iter().zip(&fetched) {
            overlay.remember("", key, value);
        }
        let value_of = |key: &Key| match overlay.known("", key.as_str()) {
            Some(value) => value.cloned(),
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
            .filter(|key| overlay.known("", key.as_str()).is_none())
            .map(|key| key.as_str().to_owned())
            .collect();
        unknown.sort_unstable();
        unknown.dedup();
        unknown
    }

    /// A key's endorsement policy; empty where it has none.
    pub(crate) fn policy(&self, collection: &str, key: &Key) -> Result<Vec<u8>, PeerError> {
        let key = key.as_str();
        if let Some(policy) = self.overlay.borrow().known_policy(collection, key) {
            return Ok(policy.clone());
        }
        let mut metadata = self.peer.borrow_mut().metadata(collection, key)?;
        let policy = metadata.remove(VALIDATION_PARAMETER).unwrap_or_default();
        let mut overlay = self.overlay.borrow_mut();
        overlay.remember_policy(collection, key, &policy);
        Ok(policy)
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

/// A peer answers each key.
pub(crate) fn same_count<T>(keys: &[String], values: &[T]) -> Result<(), PeerError> {
    if keys.len() == values.len() {
        return Ok(());
    }
    let message = format!("{} values for {} keys", values.len(), keys.len());
    Err(PeerError::Malformed { message })
}
