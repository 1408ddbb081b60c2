//! Why the mirror stopped.

use asset_store::StoreError;
use fabric_ledger::block::BlockError;

use crate::SourceError;

/// A reason to stop. What passes by itself is tried again and never gets here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MirrorError {
    /// The database failed, or refused this chain.
    #[error("the mirror's database refused")]
    Store(#[from] StoreError),
    /// No blocks can be had.
    #[error("the blocks cannot be read from the peer")]
    Source(#[from] SourceError),
    /// The source has no block 0.
    #[error("the peer has no block 0: follow a peer that joined the channel from its beginning")]
    NoGenesis,
    /// Bytes that are no block.
    #[error("what came as block {expected} is not a block; nothing of it was written")]
    Undecodable {
        /// The block that was due.
        expected: u64,
        /// What is wrong with it.
        #[source]
        source: BlockError,
    },
    /// A block out of turn.
    #[error("block {found} came where block {expected} was due; nothing of it was written")]
    OutOfOrder {
        /// The block that was due.
        expected: u64,
        /// The block that came.
        found: u64,
    },
    /// The transactions are not those of the header.
    #[error(
        "block {block}: the data does not have the hash that the header claims; nothing of it was written: follow another peer"
    )]
    DataHash {
        /// The block.
        block: u64,
    },
    /// The block does not follow the one before.
    #[error(
        "block {block}: its previous hash is {found}, the mirrored block before it has {expected}; nothing of it was written: follow another peer, or another schema if the network was made anew"
    )]
    PreviousHash {
        /// The block.
        block: u64,
        /// The hash of the block before.
        expected: String,
        /// What the header claims.
        found: String,
    },
    /// No peer has validated the block.
    #[error("block {block} carries no validation codes: follow a peer, not an orderer")]
    NotValidated {
        /// The block.
        block: u64,
    },
    /// The peer keeps no commit hashes, so that nothing can be proved.
    #[error("block {block} carries no commit hash: follow a peer of Fabric 2.0 or later")]
    NoCommitHash {
        /// The block.
        block: u64,
    },
    /// The peer that a mirror is held against does not have all its blocks.
    #[error(
        "the peer did not give block {block} in time, which the mirror has: hold the mirror against a peer that is not behind"
    )]
    PeerBehind {
        /// The block that was due.
        block: u64,
    },
    /// The peer's state is not what follows from its blocks.
    #[error(
        "block {block}: the state changes have commit hash {computed}, the peer claims {claimed}; nothing of it was written: compare with another peer"
    )]
    CommitHash {
        /// The block.
        block: u64,
        /// What follows from the blocks.
        computed: String,
        /// What the peer says.
        claimed: String,
    },
}

impl MirrorError {
    /// Whether beginning again at the checkpoint can help.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::Source(error) => error.is_transient(),
            _ => false,
        }
    }
}

/// An error with all its causes, for one line of a log.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
