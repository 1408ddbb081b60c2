//! Private data: what a peer says of a value that not every peer holds, and the handles to read and
//! write one collection.
//!
//! Three types, as with the public state: [`PrivateReader`] reads single values, [`PrivateTx`] also
//! writes, [`PrivateQuery`] also scans. A peer refuses scans of private data beside writes.

use std::{ops::Deref, rc::Rc};

use sha2::{Digest, Sha256};

use crate::{
    error::LedgerError,
    key::{Key, KeyRange, StateKey},
    overlay::Change,
    peer::PeerError,
    range::Rows,
    session::{Session, same_count},
    statebased::EndorsementPolicy,
};

/// How a peer says that the chain has a hash of a value and the peer does not have the value.
const UNAVAILABLE: &str = "private data matching public hash version is not available";

/// A private value, as far as the asked peer knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Private<T> {
    /// The value.
    Present(T),
    /// There is no such key: the chain has no hash of it.
    Absent,
    /// The chain has a hash of a value, and this peer does not hold the value: it is not of the
    /// collection's organisations, or has not received it yet. Another peer may answer otherwise.
    Unavailable,
}

impl<T> Private<T> {
    /// The value, if this peer has it.
    pub fn present(self) -> Option<T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Absent | Self::Unavailable => None,
        }
    }

    /// `Some` or `None` where this peer knows, an error where it does not.
    pub fn known(self) -> Result<Option<T>, LedgerError> {
        match self {
            Self::Present(value) => Ok(Some(value)),
            Self::Absent => Ok(None),
            Self::Unavailable => Err(LedgerError::PrivateDataUnavailable),
        }
    }

    /// The same answer about another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Private<U> {
        match self {
            Self::Present(value) => Private::Present(change(value)),
            Self::Absent => Private::Absent,
            Self::Unavailable => Private::Unavailable,
        }
    }
}

/// Reads of one private collection. [`PrivateTx`] and [`PrivateQuery`] dereference to it.
pub struct PrivateReader<'p> {
    session: Rc<Session<'p>>,
    collection: String,
}

impl<'p> PrivateReader<'p> {
    /// A collection's name is letters, digits, `_` and `-`, as a peer asks for in its definition.
    pub(crate) fn new(session: &Rc<Session<'p>>, collection: &str) -> Result<Self, LedgerError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if collection.is_empty() || !collection.bytes().all(allowed) {
            return Err(LedgerError::Collection {
                name: crate::call::echoed(collection),
            });
        }
        Ok(Self {
            session: Rc::clone(session),
            collection: collection.to_owned(),
        })
    }

    /// The collection's name.
    pub fn collection(&self) -> &str {
        &self.collection
    }

    /// The value under a key (Go's `GetPrivateData`). Own writes are seen.
    pub fn get<K: StateKey + ?Sized>(&self, key: &K) -> Result<Private<K::Read>, LedgerError> {
        Ok(match self.read(&key.key()?)? {
            Private::Present(stored) => Private::Present(key.decode(stored)?),
            Private::Absent => Private::Absent,
            Private::Unavailable => Private::Unavailable,
        })
    }

    /// The values under several keys, one request each: a peer's combined read does not tell
    /// missing data from absent keys.
    pub fn get_many<K: StateKey>(&self, keys: &[K]) -> Result<Vec<Private<K::Read>>, LedgerError> {
        keys.iter().map(|key| self.get(key)).collect()
    }

    /// The values under several keys in one request (Go's `GetMultiplePrivateData`). `None` may be
    /// data that the peer should hold and does not, and a value may be one that the chain has
    /// replaced: a transaction that read either is invalid at commit. Own writes are seen.
    pub fn get_many_unchecked<K: StateKey>(
        &self,
        keys: &[K],
    ) -> Result<Vec<Option<K::Read>>, LedgerError> {
        let names = keys
            .iter()
            .map(|key| key.key().map(Key::into_string))
            .collect::<Result<Vec<_>, _>>()?;
        let mut peer = self.session.peer.borrow_mut();
        let values = peer.get_private_unchecked(&self.collection, &names)?;
        same_count(&names, &values)?;
        let overlay = self.session.overlay.borrow();
        let rows = keys.iter().zip(&names).zip(values);
        rows.map(|((key, name), value)| {
            let own = overlay.written(&self.collection, name);
            let value = own.map_or(value, |own| own.value().cloned());
            value.map(|stored| key.decode(stored)).transpose()
        })
        .collect()
    }

    fn read(&self, key: &Key) -> Result<Private<Vec<u8>>, LedgerError> {
        let known = |value: Option<&Vec<u8>>| match value {
            Some(value) => Private::Present(value.clone()),
            None => Private::Absent,
        };
        let collection = self.collection.as_str();
        if let Some(value) = self
            .session
            .overlay
            .borrow()
            .known(collection, key.as_str())
        {
            return Ok(known(value));
        }
        let keys = [key.as_str().to_owned()];
        let answer = self.session.peer.borrow_mut().get(collection, &keys);
        let values = match answer {
            Err(PeerError::Refused { message }) if message.contains(UNAVAILABLE) => {
                return Ok(Private::Unavailable);
            }
            answer => answer?,
        };
        same_count(&keys, &values)?;
        let value = values.into_iter().next().flatten();
        let mut overlay = self.session.overlay.borrow_mut();
        overlay.remember(collection, key.as_str(), &value);
        Ok(known(value.as_ref()))
    }

    /// SHA-256 of the value under a key, or `None` (Go's `GetPrivateDataHash`): every peer of the
    /// channel has it.
    pub fn hash<K: StateKey + ?Sized>(&self, key: &K) -> Result<Option<Vec<u8>>, LedgerError> {
        let key = key.key()?;
        if let Some(own) = self
            .session
            .overlay
            .borrow()
            .written(&self.collection, key.as_str())
        {
            return Ok(own.value().map(|value| Sha256::digest(value).to_vec()));
        }
        let mut peer = self.session.peer.borrow_mut();
        Ok(peer.private_hash(&self.collection, key.as_str())?)
    }

    /// The endorsement policy of a private key, or `None`: then the collection's or the
    /// chaincode's applies.
    pub fn endorsement<K: StateKey + ?Sized>(
        &self,
        key: &K,
    ) -> Result<Option<EndorsementPolicy>, LedgerError> {
        policy_of(&self.session, &self.collection, key)
    }

    /// [`PrivateReader::endorsement`] as bytes (Go's `GetPrivateDataValidationParameter`).
    pub fn validation_parameter<K: StateKey + ?Sized>(
        &self,
        key: &K,
    ) -> Result<Option<Vec<u8>>, LedgerError> {
        let policy = self.session.policy(&self.collection, &key.key()?)?;
        Ok(Some(policy).filter(|policy| !policy.is_empty()))
    }
}

/// Reads a key's policy, public where the collection is empty.
pub(crate) fn policy_of<K: StateKey + ?Sized>(
    session: &Session<'_>,
    collection: &str,
    key: &K,
) -> Result<Option<EndorsementPolicy>, LedgerError> {
    let key = key.key()?;
    let policy = session.policy(collection, &key)?;
    if policy.is_empty() {
        return Ok(None);
    }
    match EndorsementPolicy::from_bytes(&policy) {
        Ok(policy) => Ok(Some(policy)),
        Err(source) => Err(LedgerError::Policy { key, source }),
    }
}

/// One private collection in a transaction. Made by [`Tx::private`](crate::Tx::private).
///
/// A peer refuses scans of private data beside writes, so they are on [`PrivateQuery`] only:
///
/// ```compile_fail
/// # use fabric_contract_api_rust::prelude::*;
/// fn scan(tx: &mut Tx, range: &KeyRange) -> Result<(), LedgerError> {
///     tx.private("secrets")?.range(range)?;
///     Ok(())
/// }
/// ```
pub struct PrivateTx<'p> {
    pub(crate) reader: PrivateReader<'p>,
}

impl<'p> Deref for PrivateTx<'p> {
    type Target = PrivateReader<'p>;

    fn deref(&self) -> &PrivateReader<'p> {
        &self.reader
    }
}

impl PrivateTx<'_> {
    /// Sets a private value (Go's `PutPrivateData`). The transaction carries its hash only; take
    /// the value from [transient data](crate::Reader::transient), for arguments are on the chain.
    pub fn put<K: StateKey + ?Sized>(
        &mut self,
        key: &K,
        value: &K::Written,
    ) -> Result<(), LedgerError> {
        let encoded = key.encode(value)?;
        let mut overlay = self.session.overlay.borrow_mut();
        overlay.put(&self.collection, key.key()?, encoded)
    }

    /// Removes a private key (Go's `DelPrivateData`). Peers keep its history.
    pub fn delete<K: StateKey + ?Sized>(&mut self, key: &K) -> Result<(), LedgerError> {
        self.change(key, Change::Delete)
    }

    /// Removes a private key and all its former values from the peers that hold them (Go's
    /// `PurgePrivateData`); the hashes stay on the chain.
    pub fn purge<K: StateKey + ?Sized>(&mut self, key: &K) -> Result<(), LedgerError> {
        self.change(key, Change::Purge)
    }

    fn change<K: StateKey + ?Sized>(&self, key: &K, change: Change) -> Result<(), LedgerError> {
        let mut overlay = self.session.overlay.borrow_mut();
        overlay.change(&self.collection, key.key()?, change)
    }

    /// Sets, or with `None` takes away, the endorsement policy of a private key.
    pub fn set_endorsement<K: StateKey + ?Sized>(
        &mut self,
        key: &K,
        policy: Option<&EndorsementPolicy>,
    ) -> Result<(), LedgerError> {
        let policy = policy.map(EndorsementPolicy::to_bytes).unwrap_or_default();
        self.set_validation_parameter(key, policy)
    }

    /// [`PrivateTx::set_endorsement`] as bytes (Go's `SetPrivateDataValidationParameter`).
    pub fn set_validation_parameter<K: StateKey + ?Sized>(
        &mut self,
        key: &K,
        policy: impl Into<Vec<u8>>,
    ) -> Result<(), LedgerError> {
        let mut overlay = self.session.overlay.borrow_mut();
        overlay.put_policy(&self.collection, key.key()?, policy.into())
    }
}

/// One private collection in a query. Made by [`Query::private`](crate::Query::private).
pub struct PrivateQuery<'p> {
    pub(crate) reader: PrivateReader<'p>,
}

impl<'p> Deref for PrivateQuery<'p> {
    type Target = PrivateReader<'p>;

    fn deref(&self) -> &PrivateReader<'p> {
        &self.reader
    }
}

impl PrivateQuery<'_> {
    /// The rows of a run of keys that this peer holds (Go's `GetPrivateDataByRange` and
    /// `GetPrivateDataByPartialCompositeKey`). Not checked at commit.
    pub fn range(&self, range: &KeyRange) -> Result<Rows<'_>, LedgerError> {
        let peer = &self.session.peer;
        let first = peer
            .borrow_mut()
            .range(&self.collection, range.start(), range.end(), None)?;
        Ok(Rows::new(peer, first))
    }

    /// The rows that a rich query finds (Go's `GetPrivateDataQueryResult`): CouchDB's selector
    /// language. A peer whose state is in LevelDB refuses. Not checked at commit.
    pub fn rich_query(&self, query: &str) -> Result<Rows<'_>, LedgerError> {
        let peer = &self.session.peer;
        let first = peer.borrow_mut().query(&self.collection, query, None)?;
        Ok(Rows::new(peer, first))
    }
}
