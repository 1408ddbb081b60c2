//! The mirror itself: takes the lead, follows the chain, begins again after what passes.

use std::time::Duration;

use asset_store::{Channel, Leadership, Store};
use futures::StreamExt as _;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::block::ChainCheck;
use crate::commit::Committer;
use crate::error::with_causes;
use crate::queue::{self, Room};
use crate::{BlockSource, MirrorError, Phase, Progress};

/// How often a mirror that stands by looks whether the lead is free.
const STANDBY_INTERVAL: Duration = Duration::from_millis(500);
/// The first wait after a failure that may pass; it doubles with each failure in a row.
const RETRY_WAIT_MIN: Duration = Duration::from_millis(100);
/// The longest wait: a database that comes back is noticed within it.
const RETRY_WAIT_MAX: Duration = Duration::from_secs(5);

/// What a mirror is told.
#[derive(Clone, Debug)]
pub struct Options {
    /// The name of the asset contract on the channel.
    pub chaincode: String,
    /// A batch ends with the block that reaches so many transactions: larger ones gain little and
    /// make readers wait.
    pub batch_transactions_max: usize,
    /// A batch ends with the block that reaches so many bytes.
    pub batch_bytes_max: usize,
    /// Bytes of blocks in memory before the peer is slowed down.
    pub queue_bytes_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            chaincode: "assets".to_owned(),
            batch_transactions_max: 5_000,
            batch_bytes_max: 8 << 20,
            queue_bytes_max: 64 << 20,
        }
    }
}

/// Copies one chain into one schema.
#[derive(Debug)]
pub struct Mirror<S> {
    source: S,
    store: Store,
    options: Options,
    progress: watch::Sender<Progress>,
}

impl<S: BlockSource> Mirror<S> {
    /// A mirror of `source` in `store`, whose tables exist.
    pub fn new(source: S, store: Store, options: Options) -> Self {
        Self {
            source,
            store,
            options,
            progress: watch::Sender::default(),
        }
    }

    /// What it does, as it changes.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Mirrors until the source's chain ends or `shutdown` is cancelled; a batch that is being
    /// written then is finished first.
    ///
    /// While another mirror writes to the same schema, this one waits. After failures that may
    /// pass (the database or the peer is away) it begins again at the checkpoint.
    ///
    /// # Errors
    /// What does not pass: another chain's schema, a block that cannot be proved, missing rights.
    /// Everything before that block is written, nothing of it is.
    pub async fn run(&self, shutdown: &CancellationToken) -> Result<(), MirrorError> {
        let mut wait = RETRY_WAIT_MIN;
        let ended = loop {
            let written = self.progress.borrow().batches;
            match self.lead(shutdown).await {
                Err(error) if error.is_transient() && !shutdown.is_cancelled() => {
                    self.note_failure(&error);
                    if self.progress.borrow().batches > written {
                        wait = RETRY_WAIT_MIN;
                    }
                    pause(wait, shutdown).await;
                    wait = (wait * 2).min(RETRY_WAIT_MAX);
                }
                ended => break ended,
            }
        };
        self.set_phase(Phase::Stopped);
        ended
    }

    /// From taking the lead to losing it.
    async fn lead(&self, shutdown: &CancellationToken) -> Result<(), MirrorError> {
        let Some(mut leadership) = self.wait_for_lead(shutdown).await? else {
            return Ok(());
        };
        self.set_phase(Phase::Connecting);
        let followed = tokio::select! {
            biased;
            () = shutdown.cancelled() => return Ok(()),
            claimed = self.claim() => claimed,
        };
        followed?;
        let after = self.store.checkpoint().await?;
        self.progress.send_modify(|progress| {
            progress.phase = Phase::Following;
            progress.block = after.as_ref().map(|after| after.block);
        });
        let (first, previous_hash) = match &after {
            Some(after) => (after.block + 1, after.header_hash.clone()),
            None => (0, Vec::new()),
        };
        let room = Room::new(self.options.queue_bytes_max);
        let (sender, mut receiver) = queue::channel();
        let check = ChainCheck::new(first, previous_hash);
        // The reader is a task of its own, so that it decodes while a batch is being written.
        let mut reader = JoinSet::new();
        reader.spawn(queue::fill(
            self.source.blocks(first),
            check,
            room.clone(),
            sender,
        ));
        let committer = Committer {
            store: &self.store,
            options: &self.options,
            progress: &self.progress,
            room,
        };
        let ended = committer
            .run(after, &mut receiver, &mut leadership, shutdown)
            .await;
        if let Err(error) = leadership.resign().await {
            tracing::debug!(
                error = with_causes(&error),
                "the lead's connection had gone"
            );
        }
        ended
    }

    async fn wait_for_lead(
        &self,
        shutdown: &CancellationToken,
    ) -> Result<Option<Leadership>, MirrorError> {
        while !shutdown.is_cancelled() {
            if let Some(leadership) = self.store.lead().await? {
                return Ok(Some(leadership));
            }
            self.set_phase(Phase::Standby);
            pause(STANDBY_INTERVAL, shutdown).await;
        }
        Ok(None)
    }

    /// Makes sure that the schema is this chain's, by its genesis block.
    async fn claim(&self) -> Result<(), MirrorError> {
        let bytes = self
            .source
            .blocks(0)
            .next()
            .await
            .ok_or(MirrorError::NoGenesis)??;
        let genesis = ChainCheck::new(0, Vec::new()).check(bytes)?;
        let channel = Channel {
            name: genesis.channel().unwrap_or_default().to_owned(),
            genesis_hash: genesis.decoded.header_hash.to_vec(),
            chaincode: self.options.chaincode.clone(),
        };
        Ok(self.store.claim(&channel).await?)
    }

    fn note_failure(&self, error: &MirrorError) {
        let text = with_causes(error);
        tracing::warn!(error = text, "the mirror begins again at its checkpoint");
        self.progress.send_modify(|progress| {
            progress.phase = Phase::Connecting;
            progress.last_failure = Some(text);
        });
    }

    fn set_phase(&self, phase: Phase) {
        self.progress.send_if_modified(|progress| {
            let has_changed = progress.phase != phase;
            progress.phase = phase;
            has_changed
        });
    }
}

async fn pause(duration: Duration, shutdown: &CancellationToken) {
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = tokio::time::sleep(duration) => {}
    }
}
