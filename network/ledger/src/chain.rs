//! Verification of a whole chain: every hash, signature and code of every block, from block 0.

mod orderer;
mod report;

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;

use fabric_protos::common::Block;

use crate::block::{BlockError, Content, DecodedBlock, decode};
use crate::channel::{ChannelConfig, ChannelError};
use crate::code::ValidationCode;
use crate::commit;
use crate::state::MemoryState;
use crate::validate::{Validated, validate_block};

pub use report::{
    BlockReport, CommitHashCheck, Evidence, HashCheck, Problem, SignatureCheck, TransactionReport,
};

/// Why verification cannot go on. What is merely wrong in a block is in its [`BlockReport`].
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// Not a block.
    #[error("block {expected} cannot be read")]
    Block {
        /// The block that was expected.
        expected: u64,
        /// What is wrong with it.
        #[source]
        source: BlockError,
    },
    /// Another block than the next.
    #[error(
        "block {found} follows where block {expected} should: give all blocks from 0, in order"
    )]
    OutOfOrder {
        /// The number that was expected.
        expected: u64,
        /// The number found.
        found: u64,
    },
    /// The channel's first configuration is unusable.
    #[error("block 0 does not hold a usable channel configuration")]
    Genesis(#[source] ChannelError),
}

/// Verifies a chain block by block, keeping the world state that follows from it.
#[derive(Clone, Debug, Default)]
pub struct ChainVerifier {
    channel: Option<Arc<ChannelConfig>>,
    state: MemoryState,
    ids: HashSet<String>,
    next_number: u64,
    previous_hash: Vec<u8>,
    /// Empty before the first block that has one.
    commit_hash: Vec<u8>,
    evidence: Evidence,
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
        Self {
            evidence,
            ..Self::default()
        }
    }

    /// The state after the last block.
    #[must_use]
    pub fn state(&self) -> &MemoryState {
        &self.state
    }

    /// The configuration after the last block; `None` before block 0.
    #[must_use]
    pub fn channel(&self) -> Option<&ChannelConfig> {
        self.channel.as_deref()
    }

    /// The commit hash after the last block, computed; empty where the chain has none.
    #[must_use]
    pub fn commit_hash(&self) -> &[u8] {
        &self.commit_hash
    }

    /// Verifies the next block and takes it into the state: with the peer's codes, where it has
    /// any, so that one wrong code does not make everything after it wrong.
    ///
    /// # Errors
    /// Where the block is unreadable or not the next.
    pub fn feed(&mut self, block: &Block) -> Result<BlockReport, ChainError> {
        let expected = self.next_number;
        let decoded = decode(block).map_err(|source| ChainError::Block { expected, source })?;
        if decoded.number != expected {
            return Err(ChainError::OutOfOrder {
                expected,
                found: decoded.number,
            });
        }
        let channel = match self.channel.take() {
            Some(channel) => channel,
            None => ChannelConfig::from_block(block)
                .map_err(ChainError::Genesis)?
                .into(),
        };
        let Ok(validated) = validate_block(&channel, &self.state, &self.ids, &decoded);
        let signatures = orderer::check(block, &channel);
        let (codes, updates) = self.decide(&decoded, &validated);
        let commit_hash = commit::commit_hash(&codes, &updates, &self.commit_hash);
        let report = BlockReport::new(
            &decoded,
            &validated.codes,
            signatures,
            HashCheck::new(*decoded.previous_hash == self.previous_hash),
            CommitHashCheck::new(decoded.commit_hash.as_ref(), commit_hash),
            self.evidence,
        );

        self.state.apply(&updates);
        let ids = decoded.transactions.iter();
        self.ids.extend(
            ids.map(|transaction| transaction.transaction_id().to_owned())
                .filter(|id| !id.is_empty()),
        );
        if decoded.commit_hash.is_some() {
            self.commit_hash = commit_hash.to_vec();
        }
        self.channel = Some(following(channel, &decoded, &codes));
        self.previous_hash = decoded.header_hash.to_vec();
        self.next_number = expected.saturating_add(1);
        Ok(report)
    }

    fn decide(
        &self,
        block: &DecodedBlock,
        validated: &Validated,
    ) -> (Vec<ValidationCode>, commit::UpdateBatch) {
        match block.codes() {
            Some(codes) if codes != validated.codes => {
                let updates: Result<_, Infallible> = commit::fold(block, &codes, &self.state);
                let Ok(updates) = updates;
                (codes, updates)
            }
            _ => (validated.codes.clone(), validated.updates.clone()),
        }
    }
}

/// The configuration after a block: the block's own, if it has one that is valid and usable.
fn following(
    channel: Arc<ChannelConfig>,
    block: &DecodedBlock,
    codes: &[ValidationCode],
) -> Arc<ChannelConfig> {
    if block.number == 0 {
        return channel;
    }
    let mut transactions = block.transactions.iter().zip(codes);
    let next = transactions.find_map(|(transaction, code)| match &transaction.content {
        Content::Config(envelope) if code.is_valid() => channel.next(envelope).ok(),
        _ => None,
    });
    next.map_or(channel, Arc::new)
}
