//! A channel as one node has it: everything up to the node's own height.

use std::{collections::BTreeMap, sync::Arc};

use fabric_ledger::channel::ChannelConfig;
use tokio::sync::watch;
use tonic::Status;

use crate::{
    chain::{Pace, Progress, ServedBlock, TransactionStatus},
    channel::Channel,
    storage::{StorageError, View},
};

/// A node's copy of a channel: a peer's, or the orderer's. Whatever a node answers about a channel,
/// it answers from here, so that a peer that lags answers as of its own height.
#[derive(Debug)]
pub(crate) struct PeerLedger {
    channel: Arc<Channel>,
    progress: Arc<Progress>,
}

/// The channels that a node has joined, by name.
#[derive(Clone, Debug)]
pub(crate) struct Ledgers(Arc<BTreeMap<String, Arc<PeerLedger>>>);

impl Ledgers {
    /// Joins channels.
    pub(crate) fn join<'c>(channels: impl IntoIterator<Item = &'c Arc<Channel>>) -> Self {
        let ledgers = channels.into_iter().map(|channel| {
            let ledger = Arc::new(PeerLedger::join(channel));
            (channel.name().to_owned(), ledger)
        });
        Self(Arc::new(ledgers.collect()))
    }

    /// A channel's ledger; none where the node has not joined one of this name.
    pub(crate) fn get(&self, channel: &str) -> Option<&Arc<PeerLedger>> {
        self.0.get(channel)
    }

    /// All ledgers, in the order of the channels' names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<PeerLedger>> {
        self.0.values()
    }
}

impl PeerLedger {
    /// Joins a channel.
    fn join(channel: &Arc<Channel>) -> Self {
        Self {
            channel: Arc::clone(channel),
            progress: channel.chain().follow(),
        }
    }

    pub(crate) fn channel(&self) -> &Arc<Channel> {
        &self.channel
    }

    /// State and indexes as of the node's last block.
    pub(crate) fn view(&self) -> View {
        let behind = self.progress.view();
        behind.unwrap_or_else(|| self.channel.chain().view())
    }

    /// The channel's configuration as the node has it.
    pub(crate) fn config(&self) -> Arc<ChannelConfig> {
        let Some(behind) = self.progress.view() else {
            return self.channel.config();
        };
        self.channel.config_of(&behind).unwrap_or_else(|error| {
            tracing::error!(%error, "a former configuration cannot be read");
            self.channel.config()
        })
    }

    /// Number of blocks that the node has.
    pub(crate) fn height(&self) -> u64 {
        self.progress.height()
    }

    /// The height, and every change of it.
    pub(crate) fn heights(&self) -> watch::Receiver<u64> {
        self.progress.heights()
    }

    /// A block; none where the node does not have it yet.
    pub(crate) fn block(&self, number: u64) -> Result<Option<Arc<ServedBlock>>, StorageError> {
        if number >= self.height() {
            return Ok(None);
        }
        self.channel.chain().block(number)
    }

    /// What became of a transaction that the node has committed.
    pub(crate) fn status(&self, id: &str) -> Result<Option<TransactionStatus>, StorageError> {
        TransactionStatus::find(&self.view(), id)
    }

    /// What becomes of a transaction, as soon as the node has committed it; none when the network
    /// stops or the chain is reverted.
    pub(crate) async fn wait_for(
        &self,
        id: &str,
    ) -> Result<Option<TransactionStatus>, StorageError> {
        let chain = self.channel.chain();
        let life = chain.life();
        let arriving = async {
            let Some(status) = chain.wait_for(id).await? else {
                return Ok(None);
            };
            let arrived = self
                .heights()
                .wait_for(|height| status.block < *height)
                .await
                .is_ok();
            Ok(arrived.then_some(status))
        };
        // Who begins to wait when the chain is closed already is let go by nobody else.
        tokio::select! {
            biased;
            status = arriving => status,
            () = chain.closed().cancelled() => Ok(None),
            () = life.cancelled() => Ok(None),
        }
    }

    /// Does something with the chain as it is now. Where that is reverted meanwhile, it ends with a
    /// status that says so.
    pub(crate) async fn in_this_life<T, E: From<Status>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let life = self.channel.chain().life();
        tokio::select! {
            biased;
            () = life.cancelled() => Err(Status::aborted(format!(
                "the ledger of channel {} was reverted; begin again from its present height",
                self.channel.name()
            ))
            .into()),
            done = work => done,
        }
    }

    /// How the node follows the chain.
    pub(crate) fn pace(&self) -> Pace {
        self.progress.pace()
    }

    /// Stays at this height, whatever the chain does.
    pub(crate) fn hold(&self) {
        self.progress.hold(&self.channel.chain().view());
    }

    /// Stays this many blocks behind the chain, as soon as it has grown by as many.
    pub(crate) fn lag(&self, blocks: usize) {
        self.progress.lag(blocks, &self.channel.chain().view());
    }

    /// Catches up with the chain, and follows it from then on.
    pub(crate) fn release(&self) {
        self.progress.release(&self.channel.chain().view());
    }
}
