//! What a test expects of a transaction, one sentence after the other.

use super::{CHAINCODE, Endorsed, TestingError};
use crate::{key::Key, peer::Response};

impl Endorsed {
    /// The keys of the chaincode under test that the transaction read one by one, in order.
    pub fn keys_read(&self) -> Vec<Key> {
        let set = self.rwset.namespace(CHAINCODE);
        let reads = set.map(|set| set.reads.iter()).into_iter().flatten();
        reads.map(|read| Key::stored(read.key.clone())).collect()
    }

    /// The keys of the chaincode under test that the transaction writes or deletes, in order.
    pub fn keys_written(&self) -> Vec<Key> {
        let set = self.rwset.namespace(CHAINCODE);
        let writes = set.map(|set| set.writes.iter()).into_iter().flatten();
        writes.map(|write| Key::stored(write.key.clone())).collect()
    }

    /// The private keys of the chaincode under test that the transaction writes or deletes, in order.
    pub fn keys_written_in(&self, collection: &str) -> Vec<Key> {
        let namespaces = self.private.namespaces.iter();
        let own = namespaces.filter(|set| set.namespace == CHAINCODE);
        let sets = own.flat_map(|set| &set.collections);
        sets.filter(|set| set.collection == collection)
            .flat_map(|set| &set.writes)
            .map(|write| Key::stored(write.key.clone()))
            .collect()
    }

    /// The transaction read exactly these keys; those of ranges do not count.
    ///
    /// # Panics
    /// Where it read others.
    #[track_caller]
    pub fn assert_reads<K: AsRef<str>>(&self, keys: impl IntoIterator<Item = K>) -> &Self {
        assert_keys("reads", &self.keys_read(), keys);
        self
    }

    /// The transaction writes or deletes exactly these keys.
    ///
    /// # Panics
    /// Where it writes others.
    #[track_caller]
    pub fn assert_writes<K: AsRef<str>>(&self, keys: impl IntoIterator<Item = K>) -> &Self {
        assert_keys("writes", &self.keys_written(), keys);
        self
    }

    /// The transaction writes or deletes exactly these private keys.
    ///
    /// # Panics
    /// Where it writes others.
    #[track_caller]
    pub fn assert_writes_in<K: AsRef<str>>(
        &self,
        collection: &str,
        keys: impl IntoIterator<Item = K>,
    ) -> &Self {
        assert_keys("writes", &self.keys_written_in(collection), keys);
        self
    }

    /// The transaction carries an event of this name.
    ///
    /// # Panics
    /// Where it carries none or another.
    #[track_caller]
    pub fn assert_event(&self, name: &str) -> &Self {
        let found = self.event().map(|event| event.name.as_str());
        assert_eq!(found, Some(name), "the transaction's event");
        self
    }

    /// The transaction made so many requests to its peer.
    ///
    /// # Panics
    /// Where it made more or fewer.
    #[track_caller]
    pub fn assert_requests(&self, requests: usize) -> &Self {
        assert_eq!(self.requests(), requests, "requests to the peer");
        self
    }
}

/// What a test expects of a call that must not succeed.
pub trait Refusal {
    /// The contract refused with this stable code; gives its answer.
    ///
    /// # Panics
    /// Where it did not.
    fn assert_refused(self, code: &str) -> Response;
}

impl<T: std::fmt::Debug> Refusal for Result<T, TestingError> {
    #[track_caller]
    fn assert_refused(self, code: &str) -> Response {
        let outcome = self;
        assert!(
            matches!(&outcome, Err(error) if error.code().as_deref() == Some(code)),
            "the contract should have refused with {code}: {outcome:?}"
        );
        match outcome {
            Err(TestingError::Refused { response }) => response,
            _ => Response::default(),
        }
    }
}

#[track_caller]
fn assert_keys<K: AsRef<str>>(verb: &str, found: &[Key], keys: impl IntoIterator<Item = K>) {
    let found: Vec<&str> = found.iter().map(Key::as_str).collect();
    let keys: Vec<K> = keys.into_iter().collect();
    let mut expected: Vec<&str> = keys.iter().map(AsRef::as_ref).collect();
    expected.sort_unstable();
    assert_eq!(found, expected, "the transaction {verb}");
}
