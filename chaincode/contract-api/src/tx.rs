//! What a `#[transaction]` function does to the ledger.

use std::ops::Deref;

use crate::{
    contract::FunctionKind,
    dispatch,
    error::LedgerError,
    event::Event,
    failure::Failure,
    key::{PlainKey, StateKey},
    overlay::Change,
    peer::Response,
    private::{PrivateReader, PrivateTx},
    reader::Reader,
    statebased::EndorsementPolicy,
};

/// A transaction: the reads of [`Reader`], writes, events, calls.
///
/// A peer refuses pages and scans of private data beside writes, so these and the history are on
/// [`Query`](crate::Query) only:
///
/// ```compile_fail
/// # use fabric_contract_api_rust::prelude::*;
/// fn first_page(tx: &mut Tx, range: &KeyRange) {
///     let _ = tx.page(range, &Page::first(10));
/// }
/// ```
///
/// Nothing reaches the peer before the contract returned Ok; then all writes go in one flush, as
/// if by Go's `StartWriteBatch` and `FinishWriteBatch`.
pub struct Tx<'p> {
    pub(crate) reader: Reader<'p>,
}

impl<'p> Deref for Tx<'p> {
    type Target = Reader<'p>;

    fn deref(&self) -> &Reader<'p> {
        &self.reader
    }
}

impl<'p> Tx<'p> {
    /// Sets the value of a key (Go's `PutState`). Later reads of this transaction see it. Writing
    /// without reading conflicts with nothing.
    pub fn put<K: PlainKey + ?Sized>(
        &mut self,
        key: &K,
        value: &K::Written,
    ) -> Result<(), LedgerError> {
        let encoded = key.encode(value)?;
        let mut overlay = self.session.overlay.borrow_mut();
        overlay.put("", key.key()?, encoded)
    }

    /// Removes a key, whether it is there or not (Go's `DelState`).
    pub fn delete<K: PlainKey + ?Sized>(&mut self, key: &K) -> Result<(), LedgerError> {
        let mut overlay = self.session.overlay.borrow_mut();
        overlay.change("", key.key()?, Change::Delete)
    }

    /// Sets, or with `None` takes away, the endorsement policy of a key. It applies to the next
    /// transaction that writes the key.
    pub fn set_endorsement<K: StateKey + ?Sized>(
        &mut self,
        key: &K,
        policy: Option<&EndorsementPolicy>,
    ) -> Result<(), LedgerError> {
        let policy = policy.map(EndorsementPolicy::to_bytes).unwrap_or_default();
        self.set_validation_parameter(key, policy)
    }

    /// [`Tx::set_endorsement`] as bytes (Go's `SetStateValidationParameter`).
    pub fn set_validation_parameter<K: StateKey + ?Sized>(
        &mut self,
        key: &K,
        policy: impl Into<Vec<u8>>,
    ) -> Result<(), LedgerError> {
        let mut overlay = self.session.overlay.borrow_mut();
        overlay.put_policy("", key.key()?, policy.into())
    }

    /// A private collection, to read and write. Its name is letters, digits, `_` and `-`.
    pub fn private(&mut self, collection: &str) -> Result<PrivateTx<'p>, LedgerError> {
        let reader = PrivateReader::new(&self.session, collection)?;
        Ok(PrivateTx { reader })
    }

    /// Adds an event. All events of a transaction travel in one envelope, in this order.
    pub fn emit<E: Event>(&mut self, event: &E) -> Result<(), LedgerError> {
        self.session.events.borrow_mut().push(event)
    }

    /// Sets the transaction's one event as it is (Go's `SetEvent`), for clients that know its name;
    /// a later call replaces it. A transaction does this or [`Tx::emit`], not both.
    pub fn set_event(
        &mut self,
        name: &str,
        payload: impl Into<Vec<u8>>,
    ) -> Result<(), LedgerError> {
        let mut events = self.session.events.borrow_mut();
        events.set_raw(name, payload.into())
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

    /// [`Tx::invoke_chaincode`] that gives the callee's whole answer, whatever its status.
    pub fn invoke_chaincode_response(
        &mut self,
        name: &str,
        channel: &str,
        args: &[Vec<u8>],
    ) -> Result<Response, LedgerError> {
        self.call_response(name, channel, args)
    }

    /// Calls a `#[transaction]` function of a contract of this chaincode, such as
    /// `tokens:transfer`, with arguments as a client sends them; its result is read by [`read_reply`](crate::read_reply). It sees what this transaction wrote, and what it writes and emits becomes part of
    /// this transaction; where it fails, nothing of it stays and this transaction may go on.
    pub fn call_contract<A: AsRef<[u8]>>(
        &mut self,
        target: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Vec<u8>, Failure> {
        let arguments = owned(arguments);
        dispatch::nested(&self.session, target, arguments, FunctionKind::Transaction)
    }
}

/// Arguments as a call takes them.
pub(crate) fn owned<A: AsRef<[u8]>>(arguments: impl IntoIterator<Item = A>) -> Vec<Vec<u8>> {
    let arguments = arguments.into_iter();
    arguments.map(|each| each.as_ref().to_vec()).collect()
}
