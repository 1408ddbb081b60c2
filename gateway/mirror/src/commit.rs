//! Takes what waits, proves it, writes it; again and again.

use std::time::Duration;

use asset_store::{Checkpoint, Leadership, Store};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::fold::{Folded, fold};
use crate::queue::{Next, Queued, Room};
use crate::{MirrorError, Options, Phase, Progress, prior};

/// How often an idle leader makes sure that it still is one.
const CONFIRM_INTERVAL: Duration = Duration::from_secs(5);

/// One leader's work between taking the lead and losing it.
pub(crate) struct Committer<'m> {
    pub(crate) store: &'m Store,
    pub(crate) options: &'m Options,
    pub(crate) progress: &'m watch::Sender<Progress>,
    pub(crate) room: Room,
}

impl Committer<'_> {
    /// Writes batches until the chain ends, `shutdown` asks to stop, or something fails.
    pub(crate) async fn run(
        &self,
        mut after: Option<Checkpoint>,
        queue: &mut mpsc::Receiver<Next>,
        leadership: &mut Leadership,
        shutdown: &CancellationToken,
    ) -> Result<(), MirrorError> {
        let mut confirm = tokio::time::interval(CONFIRM_INTERVAL);
        loop {
            let first = tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(()),
                first = queue.recv() => first,
                _ = confirm.tick() => {
                    leadership.confirm().await?;
                    continue;
                }
            };
            let Some(first) = first else { return Ok(()) };
            let (blocks, failure) = self.gather(first, queue);
            if !blocks.is_empty() {
                after = Some(self.write(after, blocks).await?);
            }
            if let Some(failure) = failure {
                return Err(failure);
            }
        }
    }

    /// What waits now, up to the size of a batch, and the failure that ends it, if one does.
    fn gather(
        &self,
        first: Next,
        queue: &mut mpsc::Receiver<Next>,
    ) -> (Vec<Queued>, Option<MirrorError>) {
        let mut blocks = Vec::new();
        let (mut bytes, mut transactions) = (0, 0);
        let mut next = Some(first);
        while let Some(found) = next {
            match found {
                Err(failure) => return (blocks, Some(failure)),
                Ok(queued) => {
                    bytes += queued.block.size_bytes;
                    transactions += queued.block.codes.len();
                    blocks.push(queued);
                }
            }
            let is_full = bytes >= self.options.batch_bytes_max
                || transactions >= self.options.batch_transactions_max;
            next = if is_full { None } else { queue.try_recv().ok() };
        }
        (blocks, None)
    }

    async fn write(
        &self,
        after: Option<Checkpoint>,
        queued: Vec<Queued>,
    ) -> Result<Checkpoint, MirrorError> {
        let (blocks, _room): (Vec<_>, Vec<_>) = queued.into_iter().map(Queued::split).unzip();
        let state = prior::fetch(self.store, &blocks).await?;
        let Folded { batch, refusal } =
            fold(after.clone(), &blocks, state, &self.options.chaincode);
        let mut reached = after;
        if !batch.blocks.is_empty() {
            let checkpoint = self.store.apply(&batch).await?;
            self.report(&checkpoint, batch.blocks.len(), batch.transactions.len());
            reached = Some(checkpoint);
        }
        match (refusal, reached) {
            (Some(refusal), _) => Err(refusal),
            (None, Some(reached)) => Ok(reached),
            // No blocks at all, which `run` does not ask for.
            (None, None) => Err(MirrorError::NoGenesis),
        }
    }

    fn report(&self, reached: &Checkpoint, blocks: usize, transactions: usize) {
        tracing::debug!(block = reached.block, blocks, transactions, "mirrored");
        self.progress.send_modify(|progress| {
            progress.phase = Phase::Following;
            progress.block = Some(reached.block);
            progress.blocks += blocks as u64;
            progress.transactions += transactions as u64;
            progress.batches += 1;
            progress.queue_bytes = self.room.used_bytes();
        });
    }
}
