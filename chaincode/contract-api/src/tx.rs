//! What a `#[transaction]` function does to the ledger.

use std::ops::Deref;

use crate::{error::LedgerError, event::Event, key::StateKey, reader::Reader};

/// A transaction: the reads of [`Reader`], writes, events, calls.
///
/// A peer refuses pages and history beside writes, so they are on [`Query`](crate::Query) only:
///
/// ```compile_fail
/// # use fabric_contract_api_rust::prelude::*;
/// fn first_page(tx: &mut Tx, range: &KeyRange) {
///     let _ = tx.page(range, &Page::first(10));
/// }
/// ```
///
/// Nothing reaches the peer before the contract returned Ok; then all writes go in one flush.
pub struct Tx<'p> {
    pub(crate) reader: Reader<'p>,
}

impl<'p> Deref for Tx<'p> {
    type Target = Reader<'p>;

    fn deref(&self) -> &Reader<'p> {
        &self.reader
    }
}

impl Tx<'_> {
    /// Sets the value of a key. Later reads of this transaction see it. Writing without reading
    /// conflicts with nothing.
    pub fn put<K: StateKey + ?Sized>(
        &mut self,
        key: &K,
        value: &K::Written,
    ) -> Result<(), LedgerError> {
        let encoded = key.encode(value)?;
        self.session.overlay.borrow_mut().put(key.key()?, encoded)
    }

    /// Removes a key, whether it is there or not.
    pub fn delete<K: StateKey + ?Sized>(&mut self, key: &K) -> Result<(), LedgerError> {
        self.session.overlay.borrow_mut().delete(key.key()?)
    }

    /// Adds an event. All events of a transaction travel in one envelope, in this order.
    pub fn emit<E: Event>(&mut self, event: &E) -> Result<(), LedgerError> {
        self.session.events.borrow_mut().push(event)
    }

    /// Calls other chaincode; an empty `channel` is this one. Gives its result on success.
    ///
    /// On this channel the callee's writes become part of this transaction and its event is lost;
    /// on another channel it can only read. A callee that failed is [`LedgerError::Callee`]: hand
    /// it on, for a callee that does not buffer its writes leaves them in this transaction.
    pub fn invoke_chaincode(
        &mut self,
        name: &str,
        channel: &str,
        args: &[Vec<u8>],
    ) -> Result<Vec<u8>, LedgerError> {
        self.call(name, channel, args)
    }
}
