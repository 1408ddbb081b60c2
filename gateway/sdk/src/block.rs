//! A block as a peer sent it: the bytes, the header, the verdicts, and the transactions on demand.

mod header_type;
mod private;
mod transaction;

use bytes::Bytes;
use fabric_ledger::block::DecodedBlock;
use fabric_protos::common;
use prost::Message as _;

pub use header_type::HeaderType;
pub use private::BlockWithPrivateData;
pub use transaction::{BlockTransaction, Creator, TransactionSummary};
pub(crate) use transaction::{chaincode_action, decode};

use crate::validation_code::ValidationCode;

/// Position of the verdicts among the metadata.
const TRANSACTIONS_FILTER: usize = common::BlockMetadataIndex::TransactionsFilter as usize;
/// Position of the commit hash among the metadata.
const COMMIT_HASH: usize = common::BlockMetadataIndex::CommitHash as usize;

/// A block of a channel. Cheap to clone; all parts share the memory of its bytes.
///
/// Nothing in it is verified here: hashes and signatures are as the peer claims.
#[derive(Debug, Clone)]
pub struct Block {
    bytes: Bytes,
    header: common::BlockHeader,
    envelopes: Vec<Bytes>,
    metadata: Vec<Bytes>,
}

/// Bytes are not the message that they should be.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum BlockError {
    /// A part does not follow the protobuf encoding.
    #[error("the {part} cannot be decoded")]
    Undecodable {
        /// Which part.
        part: &'static str,
        /// The decoder's words.
        #[source]
        source: prost::DecodeError,
    },
    /// The block is beyond the bounds that Fabric sets, or is none.
    #[error("the block is refused")]
    Refused {
        /// Why.
        #[source]
        source: fabric_ledger::block::BlockError,
    },
    /// A part that must be there is not.
    #[error("the {part} is missing")]
    Missing {
        /// Which part.
        part: &'static str,
    },
}

impl Block {
    /// Reads a block from the bytes of Fabric's `common.Block`.
    ///
    /// # Errors
    ///
    /// [`BlockError`] if they are not a block, or one without a header. Transactions are not looked at.
    pub fn from_bytes(bytes: Bytes) -> Result<Self, BlockError> {
        let block =
            common::Block::decode(bytes.clone()).map_err(|source| BlockError::Undecodable {
                part: "block",
                source,
            })?;
        let header = block.header.ok_or(BlockError::Missing {
            part: "block header",
        })?;
        let envelopes = block.data.unwrap_or_default().data;
        let metadata = block.metadata.unwrap_or_default().metadata;
        Ok(Self {
            bytes,
            header,
            envelopes,
            metadata,
        })
    }

    /// The whole block, byte for byte as it came.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The number, from 0.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.header.number
    }

    /// Hash of the header of the block before; empty in block 0.
    #[must_use]
    pub fn previous_hash(&self) -> &Bytes {
        &self.header.previous_hash
    }

    /// Hash of the data, as the header claims it.
    #[must_use]
    pub fn data_hash(&self) -> &Bytes {
        &self.header.data_hash
    }

    /// The verdicts as the peer keeps them: one byte per transaction; empty from an orderer.
    #[must_use]
    pub fn validation_flags(&self) -> &[u8] {
        self.metadata
            .get(TRANSACTIONS_FILTER)
            .map_or(&[], Bytes::as_ref)
    }

    /// The metadata entry with the peer's commit hash, a protobuf `Metadata`; `None` where the peer
    /// keeps none.
    #[must_use]
    pub fn commit_hash_metadata(&self) -> Option<&Bytes> {
        self.metadata
            .get(COMMIT_HASH)
            .filter(|entry| !entry.is_empty())
    }

    /// The peer's commit hash; `None` where it keeps none or the entry cannot be read.
    #[must_use]
    pub fn commit_hash(&self) -> Option<Bytes> {
        let metadata = common::Metadata::decode(self.commit_hash_metadata()?.clone()).ok()?;
        Some(metadata.value).filter(|hash| !hash.is_empty())
    }

    /// Decodes everything in it: headers, signatures, arguments, read-write sets with the hashes of
    /// private data, endorsements, events; hashes of header and data are computed. Transactions that
    /// are malformed are kept, with the reason. To prove a chain, see
    /// [`ledger::ChainVerifier`](crate::ledger::ChainVerifier).
    ///
    /// # Errors
    ///
    /// [`BlockError::Refused`] if the bytes are beyond Fabric's bounds for a block.
    pub fn decode(&self) -> Result<DecodedBlock, BlockError> {
        fabric_ledger::block::decode_bytes(self.bytes.clone())
            .map_err(|source| BlockError::Refused { source })
    }

    /// How many transactions it holds.
    #[must_use]
    pub fn transaction_count(&self) -> usize {
        self.envelopes.len()
    }

    /// The transactions in order, each decoded only when asked to.
    pub fn transactions(&self) -> impl ExactSizeIterator<Item = BlockTransaction<'_>> {
        let flags = self.validation_flags();
        self.envelopes
            .iter()
            .enumerate()
            .map(move |(position, envelope)| {
                let code = flags
                    .get(position)
                    .map_or(ValidationCode::NOT_VALIDATED, |flag| {
                        ValidationCode::from_number(i32::from(*flag))
                    });
                BlockTransaction::new(self.header.number, position, code, envelope)
            })
    }
}
