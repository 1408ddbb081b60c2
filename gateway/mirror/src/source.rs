//! Where blocks come from.

use std::error::Error;

use bytes::Bytes;
use futures::stream::BoxStream;

/// A chain to follow: a peer, or blocks that were recorded.
pub trait BlockSource: Send + Sync + 'static {
    /// The blocks from number `first` on, in order, as the bytes of Fabric's `common.Block` with a
    /// peer's metadata. A stream that ends without an error is the end of the chain.
    fn blocks(&self, first: u64) -> BoxStream<'static, Result<Bytes, SourceError>>;
}

/// Why blocks do not come.
#[derive(Debug, thiserror::Error)]
#[error("the block stream failed")]
pub struct SourceError {
    #[source]
    cause: Box<dyn Error + Send + Sync>,
    is_transient: bool,
}

impl SourceError {
    /// A failure that may pass: the mirror asks again from its checkpoint.
    pub fn transient(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            cause: cause.into(),
            is_transient: true,
        }
    }

    /// A failure that stays, such as missing permission.
    pub fn permanent(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            cause: cause.into(),
            is_transient: false,
        }
    }

    /// Whether asking again can help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.is_transient
    }
}
