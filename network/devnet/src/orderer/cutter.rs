//! Cutting blocks: which of the transactions that wait make up the next one, and when.

use std::{collections::VecDeque, future::pending, time::Duration};

use bytes::Bytes;
use fabric_ledger::channel::ChannelConfig;
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

use super::errand::Errand;
use crate::{
    builder::Cut,
    limits::{BLOCK_BYTES_MAX, INSTANT_BYTES_MAX, INSTANT_COUNT_MAX, ORDERER_QUEUE},
};

/// A message that the orderer accepted.
#[derive(Debug)]
pub(crate) struct Accepted {
    /// A transaction or a configuration, encoded.
    pub(crate) envelope: Bytes,
    /// Sequence of the configuration by which it was accepted.
    pub(crate) sequence: u64,
    /// Whether it is a configuration, which gets a block of its own.
    pub(crate) is_configuration: bool,
}

/// What the committer does next.
pub(crate) enum Work {
    /// A block of these transactions, at least one; or of one configuration.
    Block(Vec<Accepted>),
    /// Something between two blocks.
    Errand(Errand),
}

/// The queue of one channel and its cutting rule.
#[derive(Debug)]
pub(crate) struct Cutter {
    queue: mpsc::Receiver<Accepted>,
    errands: mpsc::Receiver<Errand>,
    /// Taken off the queue for the next block, or left over from the one before.
    waiting: VecDeque<Accepted>,
    waiting_bytes: usize,
    /// Configurations among them.
    waiting_configurations: usize,
    /// Since when the first of them waits.
    since: Instant,
    rule: Rule,
    count_max: usize,
    bytes_max: usize,
    /// Closes the queue, of which the rest is still cut.
    shutdown: CancellationToken,
}

#[derive(Debug)]
enum Rule {
    /// As soon as there is a transaction.
    Instant,
    /// As soon as the block is full, or its first transaction has waited so long.
    Filled(Duration),
    /// With each tick.
    Interval(tokio::time::Interval),
    /// When told to.
    Manual,
}

/// What may happen while the cutter waits.
enum Event {
    Arrived(Accepted),
    Due,
    Errand(Errand),
    Closed,
}

impl Cutter {
    pub(crate) fn new(
        queue: mpsc::Receiver<Accepted>,
        errands: mpsc::Receiver<Errand>,
        cut: &Cut,
        shutdown: CancellationToken,
    ) -> Self {
        let all = u32::try_from(ORDERER_QUEUE).unwrap_or(u32::MAX);
        let (count, bytes, rule) = match *cut {
            Cut::Instant => (INSTANT_COUNT_MAX, INSTANT_BYTES_MAX, Rule::Instant),
            Cut::Fabric {
                max_message_count,
                preferred_max_bytes,
                batch_timeout,
            } => (
                max_message_count,
                preferred_max_bytes,
                Rule::Filled(batch_timeout),
            ),
            Cut::Interval(period) => (all, BLOCK_BYTES_MAX, Rule::Interval(ticks(period))),
            Cut::Manual => (all, BLOCK_BYTES_MAX, Rule::Manual),
        };
        Self {
            queue,
            errands,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            waiting_configurations: 0,
            since: Instant::now(),
            rule,
            count_max: usize::try_from(count.max(1)).unwrap_or(usize::MAX),
            bytes_max: usize::try_from(bytes).unwrap_or(usize::MAX),
            shutdown,
        }
    }

    /// What to do next; none once the queue is closed and empty.
    ///
    /// Called only when the block before is committed: what came meanwhile is the next block.
    pub(crate) async fn next(&mut self) -> Option<Work> {
        loop {
            if self.is_full() {
                return self.cut(self.count_max).map(Work::Block);
            }
            match self.event().await {
                Event::Arrived(transaction) => self.wait_for_block(transaction),
                Event::Due => {
                    if let Some(block) = self.cut(self.count_max) {
                        return Some(Work::Block(block));
                    }
                }
                Event::Errand(errand) => return Some(Work::Errand(errand)),
                Event::Closed => return self.cut(self.count_max).map(Work::Block),
            }
        }
    }

    /// The transactions of a block of at most so many, or the configuration whose turn it is; none
    /// where none waits.
    pub(crate) fn cut(&mut self, count_max: usize) -> Option<Vec<Accepted>> {
        let mut bytes = 0;
        let mut block = Vec::new();
        while block.len() < count_max.min(self.count_max) {
            let Some(next) = self.take() else { break };
            let is_too_large = bytes + next.envelope.len() > self.bytes_max;
            if !block.is_empty() && (is_too_large || next.is_configuration) {
                self.count(&next);
                self.waiting.push_front(next);
                break;
            }
            let is_alone = next.is_configuration;
            bytes += next.envelope.len();
            block.push(next);
            if is_alone {
                break;
            }
        }
        self.since = Instant::now();
        (!block.is_empty()).then_some(block)
    }

    /// Takes the size and the patience of blocks from the channel's configuration, where they are
    /// cut by it.
    pub(crate) fn configure(&mut self, config: &ChannelConfig) {
        let (Rule::Filled(timeout), Some(orderer)) = (&mut self.rule, config.orderer()) else {
            return;
        };
        let size = orderer.batch_size();
        *timeout = orderer.batch_timeout();
        self.count_max = usize::try_from(size.max_message_count).unwrap_or(usize::MAX);
        self.bytes_max = usize::try_from(size.preferred_max_bytes).unwrap_or(usize::MAX);
    }

    /// Transactions that were accepted and are in no block.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len() + self.queue.len()
    }

    /// Forgets the transactions that wait.
    pub(crate) fn clear(&mut self) {
        while self.take().is_some() {}
    }

    fn take(&mut self) -> Option<Accepted> {
        if let Some(accepted) = self.waiting.pop_front() {
            self.waiting_bytes -= accepted.envelope.len();
            self.waiting_configurations -= usize::from(accepted.is_configuration);
            return Some(accepted);
        }
        self.queue.try_recv().ok()
    }

    fn count(&mut self, accepted: &Accepted) {
        self.waiting_bytes += accepted.envelope.len();
        self.waiting_configurations += usize::from(accepted.is_configuration);
    }

    fn wait_for_block(&mut self, accepted: Accepted) {
        if self.waiting.is_empty() {
            self.since = Instant::now();
        }
        self.count(&accepted);
        self.waiting.push_back(accepted);
    }

    /// Whether what waits is a block without waiting for more.
    fn is_full(&self) -> bool {
        match self.rule {
            Rule::Instant => !self.waiting.is_empty(),
            Rule::Filled(_) => {
                self.waiting.len() >= self.count_max
                    || self.waiting_bytes >= self.bytes_max
                    // What waits is cut before a configuration, which is then cut at once.
                    || self.waiting_configurations > 0
            }
            Rule::Interval(_) | Rule::Manual => false,
        }
    }

    async fn event(&mut self) -> Event {
        let takes_off = matches!(self.rule, Rule::Instant | Rule::Filled(_));
        let since = (!self.waiting.is_empty()).then_some(self.since);
        tokio::select! {
            biased;
            Some(errand) = self.errands.recv() => Event::Errand(errand),
            accepted = self.queue.recv(), if takes_off => closed_or(accepted),
            () = due(&mut self.rule, since) => Event::Due,
            () = self.shutdown.cancelled() => {
                self.queue.close();
                closed_or(self.queue.recv().await)
            }
        }
    }
}

fn closed_or(accepted: Option<Accepted>) -> Event {
    accepted.map_or(Event::Closed, Event::Arrived)
}

/// Waits until the rule cuts a block of whatever waits, the first of it since then.
async fn due(rule: &mut Rule, since: Option<Instant>) {
    match (rule, since) {
        (Rule::Filled(wait), Some(since)) => tokio::time::sleep_until(since + *wait).await,
        (Rule::Interval(ticks), _) => {
            ticks.tick().await;
        }
        (Rule::Instant | Rule::Filled(_) | Rule::Manual, _) => pending().await,
    }
}

fn ticks(period: Duration) -> tokio::time::Interval {
    let mut ticks = tokio::time::interval(period);
    // A commit that took longer than a tick is followed by one block, not by several.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
