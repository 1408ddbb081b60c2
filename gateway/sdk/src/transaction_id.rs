//! The name of a transaction, which its creator fixes with the proposal.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;

/// Lower-case hex SHA-256 of nonce and creator. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransactionId(Arc<str>);

impl TransactionId {
    /// The id that Fabric demands of this nonce and this creator.
    pub(crate) fn derive(nonce: &[u8], creator: &[u8]) -> Self {
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(nonce);
        hash.update(creator);
        Self(hex::encode(hash.finish()).into())
    }

    /// The text of the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for TransactionId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for TransactionId {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl std::borrow::Borrow<str> for TransactionId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for TransactionId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for TransactionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}
