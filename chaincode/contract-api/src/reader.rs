//! What both a transaction and a query may do: read, and ask about the invocation.

use std::rc::Rc;

use crate::{
    cid::ClientIdentity,
    error::LedgerError,
    key::{KeyRange, StateKey},
    peer::{Invocation, Response, Timestamp},
    range::Range,
    session::Session,
};

/// Reads of the public state. [`Tx`](crate::Tx) and [`Query`](crate::Query) dereference to it, so a
/// function that only reads can take `&Reader` and serve both.
pub struct Reader<'p> {
    pub(crate) session: Rc<Session<'p>>,
}

impl Reader<'_> {
    /// The value under a key, or `None`. The same key again costs no request.
    pub fn get<K: StateKey + ?Sized>(&self, key: &K) -> Result<Option<K::Read>, LedgerError> {
        let values = self.session.read(&[key.key()?])?;
        values
            .into_iter()
            .next()
            .flatten()
            .map(|stored| key.decode(stored))
            .transpose()
    }

    /// The values under several keys, in their order, in one request where the peer offers it.
    pub fn get_many<K: StateKey>(&self, keys: &[K]) -> Result<Vec<Option<K::Read>>, LedgerError> {
        let checked = keys
            .iter()
            .map(StateKey::key)
            .collect::<Result<Vec<_>, _>>()?;
        let values = self.session.read(&checked)?;
        keys.iter()
            .zip(values)
            .map(|(key, value)| value.map(|stored| key.decode(stored)).transpose())
            .collect()
    }

    /// The rows of a run of keys in key order, own writes among them, fetched as they are asked
    /// for. In a transaction the run is checked again at commit: a row that came or went since
    /// makes the transaction invalid.
    pub fn range(&self, range: &KeyRange) -> Result<Range<'_>, LedgerError> {
        let own = self
            .session
            .overlay
            .borrow()
            .written_between(range.start(), range.end());
        let peer = &self.session.peer;
        let first = peer
            .borrow_mut()
            .range("", range.start(), range.end(), None)?;
        Ok(Range::new(peer, first, own))
    }

    /// What `invoke_chaincode` of both does.
    pub(crate) fn call(
        &self,
        name: &str,
        channel: &str,
        args: &[Vec<u8>],
    ) -> Result<Vec<u8>, LedgerError> {
        let answer = self
            .session
            .peer
            .borrow_mut()
            .invoke_chaincode(name, channel, args)?;
        match answer {
            Response {
                payload, status, ..
            } if status < Response::STATUS_ERROR => Ok(payload),
            Response {
                status, message, ..
            } => Err(LedgerError::Callee {
                name: name.to_owned(),
                status,
                message,
            }),
        }
    }

    /// Who signed the transaction. Read from the certificate once.
    pub fn caller(&self) -> Result<&ClientIdentity, LedgerError> {
        Ok(self.session.caller()?)
    }

    /// The channel.
    pub fn channel(&self) -> &str {
        &self.session.invocation.channel
    }

    /// The transaction id: unique, the same on every peer, known to the client beforehand.
    pub fn transaction_id(&self) -> &str {
        &self.session.invocation.transaction_id
    }

    /// The client's clock, as it stands in the proposal: the same on every peer.
    pub fn timestamp(&self) -> Timestamp {
        self.session.invocation.timestamp
    }

    /// Data that came beside the arguments and is not recorded in the transaction.
    pub fn transient(&self, name: &str) -> Option<&[u8]> {
        self.session
            .invocation
            .transient
            .get(name)
            .map(Vec::as_slice)
    }

    /// Everything the peer said about the transaction.
    pub fn invocation(&self) -> &Invocation {
        self.session.invocation
    }
}
