//! Checked blocks that wait while a batch is being written, bounded in bytes.

use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::block::{ChainCheck, CheckedBlock};
use crate::{MirrorError, SourceError};

/// Blocks may be tiny: this bounds their number, the semaphore their bytes.
const BLOCKS_MAX: usize = 4_096;

/// A block with the room that it takes; dropping it makes room.
pub(crate) struct Queued {
    pub(crate) block: CheckedBlock,
    room: OwnedSemaphorePermit,
}

impl Queued {
    /// The block, and the room that is to be kept until it is written.
    pub(crate) fn split(self) -> (CheckedBlock, OwnedSemaphorePermit) {
        (self.block, self.room)
    }
}

/// What the reader found next.
pub(crate) type Next = Result<Queued, MirrorError>;

/// How full the queue may become.
#[derive(Clone)]
pub(crate) struct Room {
    bytes: Arc<Semaphore>,
    bytes_max: usize,
}

impl Room {
    pub(crate) fn new(bytes_max: usize) -> Self {
        let bytes_max = bytes_max.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            bytes: Arc::new(Semaphore::new(bytes_max)),
            bytes_max,
        }
    }

    /// Bytes of the blocks that are waiting or being written.
    pub(crate) fn used_bytes(&self) -> usize {
        self.bytes_max
            .saturating_sub(self.bytes.available_permits())
    }

    /// Waits until a block of this size has room. One that is larger than all the room takes it
    /// all, or it could never pass.
    async fn take(&self, size_bytes: usize) -> Option<OwnedSemaphorePermit> {
        let permits = u32::try_from(size_bytes.clamp(1, self.bytes_max)).unwrap_or(u32::MAX);
        Arc::clone(&self.bytes)
            .acquire_many_owned(permits)
            .await
            .ok()
    }
}

pub(crate) fn channel() -> (mpsc::Sender<Next>, mpsc::Receiver<Next>) {
    mpsc::channel(BLOCKS_MAX)
}

/// Reads and checks blocks until the stream ends, something is wrong, or nobody listens. While
/// there is no room it does not read on, so that HTTP/2 slows the peer down.
pub(crate) async fn fill(
    mut blocks: BoxStream<'static, Result<Bytes, SourceError>>,
    mut chain: ChainCheck,
    room: Room,
    queue: mpsc::Sender<Next>,
) {
    while let Some(bytes) = blocks.next().await {
        let checked = bytes
            .map_err(MirrorError::from)
            .and_then(|bytes| chain.check(bytes));
        let next = match checked {
            Ok(block) => match room.take(block.size_bytes).await {
                Some(room) => Ok(Queued { block, room }),
                None => return,
            },
            Err(error) => Err(error),
        };
        let is_last = next.is_err();
        if queue.send(next).await.is_err() || is_last {
            return;
        }
    }
}
