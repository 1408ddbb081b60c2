//! Cutting blocks: which of the transactions that wait make up the next one.

use std::time::Duration;

use bytes::Bytes;
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    builder::Cut,
    limits::{INSTANT_BYTES_MAX, INSTANT_COUNT_MAX},
};

/// A transaction that the orderer accepted: an encoded envelope.
#[derive(Debug)]
pub(crate) struct Accepted(pub(crate) Bytes);

/// The queue of one channel and its cutting rule.
#[derive(Debug)]
pub(crate) struct Cutter {
    queue: mpsc::Receiver<Accepted>,
    /// Taken off the queue, and too large for the block before.
    held: Option<Accepted>,
    count_max: usize,
    bytes_max: usize,
    /// How long a block waits to be filled; none cuts at once.
    wait: Option<Duration>,
    /// Closes the queue, of which the rest is still cut.
    shutdown: CancellationToken,
}

impl Cutter {
    pub(crate) fn new(
        queue: mpsc::Receiver<Accepted>,
        cut: &Cut,
        shutdown: CancellationToken,
    ) -> Self {
        let (count, bytes, wait) = match *cut {
            Cut::Instant => (INSTANT_COUNT_MAX, INSTANT_BYTES_MAX, None),
            Cut::Fabric {
                max_message_count,
                preferred_max_bytes,
                batch_timeout,
            } => (max_message_count, preferred_max_bytes, Some(batch_timeout)),
        };
        Self {
            queue,
            held: None,
            count_max: usize::try_from(count.max(1)).unwrap_or(usize::MAX),
            bytes_max: usize::try_from(bytes).unwrap_or(usize::MAX),
            wait,
            shutdown,
        }
    }

    /// The transactions of the next block, at least one; none once the queue is closed and empty.
    ///
    /// Called only when the block before is committed: what came meanwhile is the next block.
    pub(crate) async fn next(&mut self) -> Option<Vec<Bytes>> {
        let Accepted(first) = match self.held.take() {
            Some(held) => held,
            None => self.receive().await?,
        };
        let deadline = self.wait.map(|wait| Instant::now() + wait);
        let mut bytes = first.len();
        let mut batch = vec![first];
        while batch.len() < self.count_max && bytes < self.bytes_max {
            let Some(Accepted(next)) = self.another(deadline).await else {
                break;
            };
            if bytes + next.len() > self.bytes_max {
                self.held = Some(Accepted(next));
                break;
            }
            bytes += next.len();
            batch.push(next);
        }
        Some(batch)
    }

    async fn another(&mut self, deadline: Option<Instant>) -> Option<Accepted> {
        match deadline {
            None => self.queue.try_recv().ok(),
            Some(deadline) => tokio::time::timeout_at(deadline, self.receive())
                .await
                .ok()
                .flatten(),
        }
    }

    async fn receive(&mut self) -> Option<Accepted> {
        tokio::select! {
            biased;
            accepted = self.queue.recv() => accepted,
            () = self.shutdown.cancelled() => {
                self.queue.close();
                self.queue.recv().await
            }
        }
    }
}
