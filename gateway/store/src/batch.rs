//! Consecutive blocks as rows: what one database transaction writes.

use crate::{
    AccountChange, Block, Checkpoint, Event, NoteChange, StateChange, StoreError, TokenChange,
    Transaction, Transfer, WriteFact,
};

/// A place on the chain: which transaction of which block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The block's number.
    pub block: u64,
    /// The transaction's index in it.
    pub index: u32,
}

/// Consecutive blocks and everything that follows from them.
///
/// Facts (blocks, transactions, writes, events, transfers) are appended. State and projections are
/// net changes: at most one per key, the last one of the batch.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The checkpoint that the first block continues; `None` where it is block 0.
    pub after: Option<Checkpoint>,
    /// The blocks, in order; at least one.
    pub blocks: Vec<Block>,
    /// All their transactions, valid or not.
    pub transactions: Vec<Transaction>,
    /// What the valid ones wrote.
    pub writes: Vec<WriteFact>,
    /// What the valid ones announced.
    pub events: Vec<Event>,
    /// The world state's net changes.
    pub states: Vec<StateChange>,
    /// Tokens created, changed or gone.
    pub tokens: Vec<TokenChange>,
    /// Accounts opened, changed or gone.
    pub accounts: Vec<AccountChange>,
    /// Notes made, changed or spent.
    pub notes: Vec<NoteChange>,
    /// Payments.
    pub transfers: Vec<Transfer>,
}

impl Batch {
    /// The checkpoint that holds once the batch is written.
    ///
    /// # Errors
    /// [`StoreError::OutOfOrder`] where the blocks do not continue [`Batch::after`].
    pub fn checkpoint(&self) -> Result<Checkpoint, StoreError> {
        let mut expected = self
            .after
            .as_ref()
            .map_or(0, |checkpoint| checkpoint.block + 1);
        for block in &self.blocks {
            if block.number != expected {
                return Err(StoreError::OutOfOrder {
                    expected,
                    found: Some(block.number),
                });
            }
            expected += 1;
        }
        let last = self.blocks.last().ok_or(StoreError::OutOfOrder {
            expected,
            found: None,
        })?;
        Ok(Checkpoint {
            block: last.number,
            header_hash: last.header_hash.clone(),
            commit_hash: last.commit_hash.clone(),
            seal: last.seal.clone(),
        })
    }
}
