//! The steps of a transaction's way, and the streams.

use std::fmt;

/// Where something failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// A query on one peer.
    Evaluate,
    /// The collection of endorsements.
    Endorse,
    /// The hand-over to the ordering service.
    Submit,
    /// The wait until the transaction is in a block.
    CommitStatus,
    /// The stream of a chaincode's events.
    ChaincodeEvents,
    /// The stream of blocks.
    Blocks,
    /// The stream of blocks without payloads.
    FilteredBlocks,
    /// The stream of blocks with the private data that the peer keeps.
    BlocksWithPrivateData,
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Evaluate => "evaluate",
            Self::Endorse => "endorse",
            Self::Submit => "submit",
            Self::CommitStatus => "commit status",
            Self::ChaincodeEvents => "chaincode events",
            Self::Blocks => "blocks",
            Self::FilteredBlocks => "filtered blocks",
            Self::BlocksWithPrivateData => "blocks with private data",
        })
    }
}
