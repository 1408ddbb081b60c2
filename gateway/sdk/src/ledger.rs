//! What is in a block, decoded as far as it goes, and the proof of a chain. The rules are those of
//! `fabric-ledger`, which Fabric's recorded chains hold to account.

use fabric_protos::common;

pub use fabric_ledger::block::{
    ChaincodeCall, Content, DecodedBlock, DecodedTransaction, EndorsedTransaction, Endorsement,
    Malformation, TransactionHeader,
};
pub use fabric_ledger::chain::{
    BlockReport, ChainError, CommitHashCheck, Evidence, HashCheck, Problem, SignatureCheck,
    TransactionReport,
};
pub use fabric_ledger::rwset;

use crate::block::{Block, BlockError, decode};

/// Verifies a chain block by block from block 0: hashes of data and headers, the ordering service's
/// signatures, every verdict, and the peer's commit hash. It keeps the world state that follows, so
/// its memory grows with the state.
#[derive(Debug, Clone, Default)]
pub struct ChainVerifier(fabric_ledger::chain::ChainVerifier);

/// A chain cannot be verified any further. What is merely wrong in a block is in its [`BlockReport`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The bytes are no block.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// Not the next block, or not one that the rules can take in.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

impl ChainVerifier {
    /// A verifier that expects block 0 of a peer's chain.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A verifier that expects block 0 of a chain that carries this evidence.
    #[must_use]
    pub fn of(evidence: Evidence) -> Self {
        Self(fabric_ledger::chain::ChainVerifier::of(evidence))
    }

    /// Verifies the next block; see [`BlockReport::problems`].
    ///
    /// # Errors
    ///
    /// [`VerifyError`] if it is unreadable or not the next.
    pub fn verify(&mut self, block: &Block) -> Result<BlockReport, VerifyError> {
        let block: common::Block = decode("block", block.bytes())?;
        Ok(self.0.feed(&block)?)
    }

    /// The commit hash after the last block, computed; empty where the chain has none.
    #[must_use]
    pub fn commit_hash(&self) -> &[u8] {
        self.0.commit_hash()
    }
}
