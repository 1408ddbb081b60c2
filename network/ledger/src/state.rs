//! World state: the committed keys that transactions read and write. Where it is kept is up to the
//! implementation; the rules only ask through [`State`].

mod batch;
mod memory;

use std::error::Error;

use bytes::Bytes;
use serde::Serialize;

use crate::version::Version;

pub use batch::{CollectionUpdates, NamespaceUpdates, Update, UpdateBatch};
pub use memory::MemoryState;

/// A committed value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VersionedValue {
    /// The value; for a private key the SHA-256 of the value.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub value: Bytes,
    /// The key's metadata as [`crate::rwset::metadata_bytes`] writes it; empty where it has none.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub metadata: Bytes,
    /// The transaction that wrote value or metadata last.
    pub version: Version,
}

/// A private key by its hash.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct HashedKey {
    /// The chaincode's name.
    pub namespace: String,
    /// The collection's name.
    pub collection: String,
    /// SHA-256 of the key.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub key_hash: Bytes,
}

/// A private key that leaves the state unless it is written again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ExpiringKey {
    /// The key.
    pub key: HashedKey,
    /// The block that wrote it: where the state holds a later version, the key stays.
    pub written_in: u64,
    /// The block whose commit removes it.
    pub expires_in: u64,
}

/// Read access to committed state. All of one simulation or validation sees one height.
pub trait State {
    /// What can go wrong below (a database's error). [`std::convert::Infallible`] in memory.
    type Error: Error + Send + Sync + 'static;

    /// The value of a public key.
    ///
    /// # Errors
    /// Where the store fails, as in every method here.
    fn get(&self, namespace: &str, key: &str) -> Result<Option<VersionedValue>, Self::Error>;

    /// Keys from `start` (included; empty for the first) to `end` (excluded; empty for open), in
    /// byte order, at most `limit` of them; none where `start` is not before `end`, which hostile
    /// transactions ask for too. A reader goes on after key `k` at `k` + U+0000.
    ///
    /// # Errors
    /// Where the store fails.
    fn range(
        &self,
        namespace: &str,
        start: &str,
        end: &str,
        limit: usize,
    ) -> Result<Vec<(String, VersionedValue)>, Self::Error>;

    /// The hash of a private key's value.
    ///
    /// # Errors
    /// Where the store fails.
    fn get_hashed(
        &self,
        namespace: &str,
        collection: &str,
        key_hash: &[u8],
    ) -> Result<Option<VersionedValue>, Self::Error>;

    /// Private keys whose [`ExpiringKey::expires_in`] is `block_number`.
    ///
    /// # Errors
    /// Where the store fails.
    fn expiring(&self, block_number: u64) -> Result<Vec<ExpiringKey>, Self::Error>;

    /// The version of a public key. Worth overriding where the value can be left unread.
    ///
    /// # Errors
    /// Where the store fails.
    fn version(&self, namespace: &str, key: &str) -> Result<Option<Version>, Self::Error> {
        Ok(self.get(namespace, key)?.map(|value| value.version))
    }

    /// The metadata of a public key; empty where it has none. Worth overriding where most keys are
    /// known to have none.
    ///
    /// # Errors
    /// Where the store fails.
    fn metadata(&self, namespace: &str, key: &str) -> Result<Bytes, Self::Error> {
        Ok(self
            .get(namespace, key)?
            .map_or_else(Bytes::new, |value| value.metadata))
    }

    /// The metadata of a private key; empty where it has none.
    ///
    /// # Errors
    /// Where the store fails.
    fn hashed_metadata(
        &self,
        namespace: &str,
        collection: &str,
        key_hash: &[u8],
    ) -> Result<Bytes, Self::Error> {
        Ok(self
            .get_hashed(namespace, collection, key_hash)?
            .map_or_else(Bytes::new, |value| value.metadata))
    }

    /// The plaintext of a private key. A state that keeps none returns `None`.
    ///
    /// # Errors
    /// Where the store fails.
    fn get_private(
        &self,
        _namespace: &str,
        _collection: &str,
        _key: &str,
    ) -> Result<Option<VersionedValue>, Self::Error> {
        Ok(None)
    }

    /// Private keys with their plaintext, as [`State::range`] has public ones. A state that keeps
    /// no plaintext returns none.
    ///
    /// # Errors
    /// Where the store fails.
    fn private_range(
        &self,
        _namespace: &str,
        _collection: &str,
        _start: &str,
        _end: &str,
        _limit: usize,
    ) -> Result<Vec<(String, VersionedValue)>, Self::Error> {
        Ok(Vec::new())
    }
}

impl<S: State + ?Sized> State for &S {
    type Error = S::Error;

    fn get(&self, namespace: &str, key: &str) -> Result<Option<VersionedValue>, Self::Error> {
        (**self).get(namespace, key)
    }

    fn range(
        &self,
        namespace: &str,
        start: &str,
        end: &str,
        limit: usize,
    ) -> Result<Vec<(String, VersionedValue)>, Self::Error> {
        (**self).range(namespace, start, end, limit)
    }

    fn get_hashed(
        &self,
        namespace: &str,
        collection: &str,
        key_hash: &[u8],
    ) -> Result<Option<VersionedValue>, Self::Error> {
        (**self).get_hashed(namespace, collection, key_hash)
    }

    fn expiring(&self, block_number: u64) -> Result<Vec<ExpiringKey>, Self::Error> {
        (**self).expiring(block_number)
    }

    fn version(&self, namespace: &str, key: &str) -> Result<Option<Version>, Self::Error> {
        (**self).version(namespace, key)
    }

    fn metadata(&self, namespace: &str, key: &str) -> Result<Bytes, Self::Error> {
        (**self).metadata(namespace, key)
    }

    fn hashed_metadata(
        &self,
        namespace: &str,
        collection: &str,
        key_hash: &[u8],
    ) -> Result<Bytes, Self::Error> {
        (**self).hashed_metadata(namespace, collection, key_hash)
    }

    fn get_private(
        &self,
        namespace: &str,
        collection: &str,
        key: &str,
    ) -> Result<Option<VersionedValue>, Self::Error> {
        (**self).get_private(namespace, collection, key)
    }

    fn private_range(
        &self,
        namespace: &str,
        collection: &str,
        start: &str,
        end: &str,
        limit: usize,
    ) -> Result<Vec<(String, VersionedValue)>, Self::Error> {
        (**self).private_range(namespace, collection, start, end, limit)
    }
}

/// Which transaction ids the ledger holds, whatever became of the transactions.
pub trait TransactionIds {
    /// What can go wrong below.
    type Error: Error + Send + Sync + 'static;

    /// Whether a transaction with this id is in an earlier block.
    ///
    /// # Errors
    /// Where the store fails.
    fn contains(&self, transaction_id: &str) -> Result<bool, Self::Error>;
}

impl TransactionIds for std::collections::HashSet<String> {
    type Error = std::convert::Infallible;

    fn contains(&self, transaction_id: &str) -> Result<bool, Self::Error> {
        Ok(std::collections::HashSet::contains(self, transaction_id))
    }
}

impl TransactionIds for std::collections::BTreeSet<String> {
    type Error = std::convert::Infallible;

    fn contains(&self, transaction_id: &str) -> Result<bool, Self::Error> {
        Ok(std::collections::BTreeSet::contains(self, transaction_id))
    }
}
