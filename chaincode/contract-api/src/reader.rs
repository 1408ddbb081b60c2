//! What both a transaction and a query may do: read, and ask about the invocation.

use std::{collections::BTreeMap, rc::Rc};

use crate::{
    cid::ClientIdentity,
    error::LedgerError,
    key::{KeyRange, StateKey},
    peer::{Invocation, Response, SignedProposal, Timestamp},
    private::{PrivateReader, policy_of},
    range::{Range, Rows},
    session::Session,
    statebased::EndorsementPolicy,
};

/// Reads of the public state. [`Tx`](crate::Tx) and [`Query`](crate::Query) dereference to it, so a
/// function that only reads can take `&Reader` and serve both.
pub struct Reader<'p> {
    pub(crate) session: Rc<Session<'p>>,
}

impl<'p> Reader<'p> {
    /// The value under a key, or `None` (Go's `GetState`). The same key again costs no request.
    pub fn get<K: StateKey + ?Sized>(&self, key: &K) -> Result<Option<K::Read>, LedgerError> {
        let values = self.session.read(&[key.key()?])?;
        values
            .into_iter()
            .next()
            .flatten()
            .map(|stored| key.decode(stored))
            .transpose()
    }

    /// Whether there is a value under a key. Costs and records the same as reading it.
    pub fn exists<K: StateKey + ?Sized>(&self, key: &K) -> Result<bool, LedgerError> {
        let values = self.session.read(&[key.key()?])?;
        Ok(values.into_iter().flatten().next().is_some())
    }

    /// The values under several keys, in their order, in one request where the peer offers it
    /// (Go's `GetMultipleStates`).
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
    /// makes the transaction invalid. (Go's `GetStateByRange`, `GetStateByPartialCompositeKey`.)
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

    /// The rows that a rich query finds (Go's `GetQueryResult`): CouchDB's selector language. A
    /// peer whose state is in LevelDB refuses. Own writes are not seen: the database does not have
    /// them. At commit each row read is checked again; a row that came since is not noticed.
    pub fn rich_query(&self, query: &str) -> Result<Rows<'_>, LedgerError> {
        let peer = &self.session.peer;
        let first = peer.borrow_mut().query("", query, None)?;
        Ok(Rows::new(peer, first))
    }

    /// A private collection, to read. Its name is letters, digits, `_` and `-`.
    pub fn private(&self, collection: &str) -> Result<PrivateReader<'p>, LedgerError> {
        PrivateReader::new(&self.session, collection)
    }

    /// The endorsement policy of a key, or `None`: then the chaincode's applies.
    pub fn endorsement<K: StateKey + ?Sized>(
        &self,
        key: &K,
    ) -> Result<Option<EndorsementPolicy>, LedgerError> {
        policy_of(&self.session, "", key)
    }

    /// [`Reader::endorsement`] as bytes (Go's `GetStateValidationParameter`).
    pub fn validation_parameter<K: StateKey + ?Sized>(
        &self,
        key: &K,
    ) -> Result<Option<Vec<u8>>, LedgerError> {
        let policy = self.session.policy("", &key.key()?)?;
        Ok(Some(policy).filter(|policy| !policy.is_empty()))
    }

    /// What `invoke_chaincode_response` of both does.
    pub(crate) fn call_response(
        &self,
        name: &str,
        channel: &str,
        args: &[Vec<u8>],
    ) -> Result<Response, LedgerError> {
        let mut peer = self.session.peer.borrow_mut();
        Ok(peer.invoke_chaincode(name, channel, args)?)
    }

    /// What `invoke_chaincode` of both does.
    pub(crate) fn call(
        &self,
        name: &str,
        channel: &str,
        args: &[Vec<u8>],
    ) -> Result<Vec<u8>, LedgerError> {
        match self.call_response(name, channel, args)? {
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

    /// The arguments as they came: the function's name first (Go's `GetArgs`).
    pub fn args(&self) -> &[Vec<u8>] {
        &self.session.invocation.args
    }

    /// What the peer's decorators added (Go's `GetDecorations`).
    pub fn decorations(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.session.invocation.decorations
    }

    /// SHA-256 of the proposal's nonce, creator and epoch (Go's `GetBinding`): ties data that was
    /// signed elsewhere to this proposal.
    pub fn binding(&self) -> &[u8] {
        &self.session.invocation.binding
    }

    /// What the creator signed (Go's `GetSignedProposal`, `GetCreator`). In a chaincode that other
    /// chaincode called it is the outermost call: see [`Invocation::is_direct`].
    pub fn signed_proposal(&self) -> Option<&SignedProposal> {
        self.session.invocation.signed_proposal.as_ref()
    }

    /// Data that came beside the arguments and is not recorded in the transaction (Go's `GetTransient`).
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
