//! The channel's chain as it is served: blocks by number, how far each node has come in it, and who
//! waits for which transaction.

mod block;
mod progress;
mod waiting;

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError, RwLock},
};

use fabric_ledger::ValidationCode;
use fabric_protos::common::Block;
use prost::Message as _;
use tokio_util::sync::CancellationToken;

use crate::{
    limits::{RECENT_BLOCKS, RECENT_BYTES},
    storage::{Commit, Storage, StorageError, View},
};

pub(crate) use block::ServedBlock;
pub(crate) use progress::{Pace, Progress};
use waiting::Waiting;

/// Blocks, state and those who wait for more of them.
#[derive(Debug)]
pub(crate) struct Chain {
    storage: Storage,
    /// Nodes that have joined the channel.
    nodes: RwLock<Vec<Arc<Progress>>>,
    recent: RwLock<Recent>,
    waiting: Waiting,
    closed: CancellationToken,
    /// Cancelled when the chain is reverted, and replaced by another.
    life: RwLock<CancellationToken>,
}

/// The newest blocks, decoded.
#[derive(Debug, Default)]
struct Recent {
    blocks: VecDeque<Arc<ServedBlock>>,
    bytes: usize,
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TransactionStatus {
    pub(crate) code: ValidationCode,
    pub(crate) block: u64,
}

impl TransactionStatus {
    /// What became of a transaction by the time of a view; none where it was not committed yet.
    pub(crate) fn find(view: &View, id: &str) -> Result<Option<Self>, StorageError> {
        let position = view.transaction(id)?;
        Ok(position.map(|position| Self {
            code: ValidationCode::from_byte(position.code),
            block: position.block,
        }))
    }
}

impl Chain {
    pub(crate) fn new(storage: Storage) -> Self {
        Self {
            storage,
            nodes: RwLock::default(),
            recent: RwLock::default(),
            waiting: Waiting::default(),
            closed: CancellationToken::new(),
            life: RwLock::default(),
        }
    }

    /// State and indexes as of the last block.
    pub(crate) fn view(&self) -> View {
        self.storage.view()
    }

    /// Number of blocks.
    pub(crate) fn height(&self) -> u64 {
        self.view().head().height
    }

    /// One more node that follows the chain.
    pub(crate) fn follow(&self) -> Arc<Progress> {
        let mut nodes = self.nodes.write().unwrap_or_else(PoisonError::into_inner);
        let node = Arc::new(Progress::new(self.view().head().height));
        nodes.push(Arc::clone(&node));
        node
    }

    /// Makes a block durable; [`Chain::publish`] then shows it. Blocks the thread.
    pub(crate) fn store(&self, commit: &Commit) -> Result<(), StorageError> {
        self.storage.commit(commit)
    }

    /// Shows a stored block to streams and to those who wait for its transactions.
    pub(crate) fn publish(&self, block: ServedBlock, commit: &Commit) {
        let number = block.number();
        self.remember(Arc::new(block));
        // Before transactions are reported, so that whoever hears of one finds its block.
        self.advance();
        for (id, _, code) in &commit.transactions {
            let code = ValidationCode::from_byte(*code);
            self.waiting.notify(
                id,
                TransactionStatus {
                    code,
                    block: number,
                },
            );
        }
    }

    fn advance(&self) {
        let tip = self.view();
        let nodes = self.nodes.read().unwrap_or_else(PoisonError::into_inner);
        for node in nodes.iter() {
            node.advance(&tip);
        }
    }

    fn remember(&self, block: Arc<ServedBlock>) {
        let mut recent = self.recent.write().unwrap_or_else(PoisonError::into_inner);
        recent.bytes += block.size();
        recent.blocks.push_back(block);
        while recent.blocks.len() > RECENT_BLOCKS
            || (recent.bytes > RECENT_BYTES && recent.blocks.len() > 1)
        {
            let Some(oldest) = recent.blocks.pop_front() else {
                break;
            };
            recent.bytes -= oldest.size();
        }
    }

    /// A block; none where the chain is shorter.
    pub(crate) fn block(&self, number: u64) -> Result<Option<Arc<ServedBlock>>, StorageError> {
        {
            let recent = self.recent.read().unwrap_or_else(PoisonError::into_inner);
            let first = recent.blocks.front().map(|block| block.number());
            let offset = first.and_then(|first| number.checked_sub(first));
            let offset = offset.and_then(|offset| usize::try_from(offset).ok());
            if let Some(block) = offset.and_then(|offset| recent.blocks.get(offset)) {
                return Ok(Some(Arc::clone(block)));
            }
        }
        let Some(bytes) = self.view().block(number)? else {
            return Ok(None);
        };
        let size = bytes.len();
        let block = Block::decode(bytes).map_err(|_| StorageError::Malformed("block"))?;
        Ok(Some(Arc::new(ServedBlock::new(block, size))))
    }

    /// What becomes of a transaction, as soon as it is committed; none when the network stops.
    pub(crate) async fn wait_for(
        &self,
        id: &str,
    ) -> Result<Option<TransactionStatus>, StorageError> {
        // Waiting begins before looking, so that no commit falls between the two.
        let waiter = self.waiting.join(id);
        if let Some(status) = TransactionStatus::find(&self.view(), id)? {
            return Ok(Some(status));
        }
        Ok(waiter.status().await)
    }

    /// Keeps the present state; gives the number to revert to it by. Blocks the thread.
    pub(crate) fn save(&self) -> Result<u64, StorageError> {
        self.storage.save()
    }

    /// Forgets a state that was kept. Blocks the thread.
    pub(crate) fn forget(&self, savepoint: u64) -> Result<(), StorageError> {
        self.storage.forget(savepoint)
    }

    /// All states that are kept. Blocks the thread.
    pub(crate) fn savepoints(&self) -> Result<Vec<u64>, StorageError> {
        self.storage.savepoints()
    }

    /// Takes the chain back to a state that was kept, every node with it. Those who wait for a
    /// transaction or follow the chain are let go. Nothing may be committed meanwhile. Blocks the
    /// thread.
    pub(crate) fn revert(&self, savepoint: u64) -> Result<(), StorageError> {
        self.storage.restore(savepoint)?;
        *self.recent.write().unwrap_or_else(PoisonError::into_inner) = Recent::default();
        let tip = self.view();
        let nodes = self.nodes.read().unwrap_or_else(PoisonError::into_inner);
        for node in nodes.iter() {
            node.release(&tip);
        }
        let mut life = self.life.write().unwrap_or_else(PoisonError::into_inner);
        life.cancel();
        *life = CancellationToken::new();
        self.waiting.close();
        Ok(())
    }

    /// Cancelled when the chain as it is now is reverted.
    pub(crate) fn life(&self) -> CancellationToken {
        let life = self.life.read().unwrap_or_else(PoisonError::into_inner);
        life.clone()
    }

    /// Lets everyone who waits go.
    pub(crate) fn close(&self) {
        self.closed.cancel();
        self.waiting.close();
    }

    /// Cancelled when no further block will come.
    pub(crate) fn closed(&self) -> &CancellationToken {
        &self.closed
    }
}
