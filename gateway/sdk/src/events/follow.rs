//! Follows the chain: opens a stream, keeps the count of blocks, leaves out what came before, and
//! opens the next stream where the last one ended.

use std::collections::VecDeque;

use futures::stream::{self, BoxStream, StreamExt as _};

use super::feed::{Batch, Event, Feed};
use super::resume::is_mendable;
use super::{Events, Source};
use crate::checkpoint::Position;
use crate::error::{DeliverStatus, Error, Step};

/// A stream, across all the calls that it takes.
struct Follow<T> {
    events: Events<T>,
    /// The block that is due; unknown until the peer has said how high the chain is.
    next: Option<u64>,
    /// Events of this block, up to this transaction, were processed before.
    processed: Option<(u64, String)>,
    feed: Option<Feed>,
    /// Items of one block that wait to be handed out.
    ready: VecDeque<T>,
    failures: u32,
    seen: bool,
    is_over: bool,
}

/// The stream of what was asked for.
pub(super) fn follow<T: Event>(events: Events<T>) -> BoxStream<'static, Result<T, Error>> {
    let follow = Follow::new(events);
    stream::unfold(follow, async |mut follow| {
        follow.next().await.map(|item| (item, follow))
    })
    .boxed()
}

impl<T: Event> Follow<T> {
    fn new(mut events: Events<T>) -> Self {
        let begin = events
            .checkpoint
            .take()
            .or(events.start_block.map(Position::at_block));
        let next = begin.as_ref().map(|position| position.block_number);
        let processed =
            begin.and_then(|position| Some((position.block_number, position.transaction_id?)));
        if let Source::ChaincodeEvents { by_block, .. } = &mut events.source {
            // Only blocks tell that the end has come when no more events do.
            *by_block = events.end_block.is_some();
        }
        let (feed, ready) = (None, VecDeque::new());
        Self {
            events,
            next,
            processed,
            feed,
            ready,
            failures: 0,
            seen: false,
            is_over: false,
        }
    }

    async fn next(&mut self) -> Option<Result<T, Error>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(Ok(item));
            }
            if self.is_over || self.is_past_end() {
                self.feed = None;
                return None;
            }
            if let Err(error) = self.advance().await
                && let Err(error) = self.recover(error).await
            {
                self.is_over = true;
                self.feed = None;
                return Some(Err(error));
            }
        }
    }

    fn is_past_end(&self) -> bool {
        matches!((self.next, self.events.end_block), (Some(next), Some(end)) if next > end)
    }

    /// Takes in one message.
    async fn advance(&mut self) -> Result<(), Error> {
        let next = self.begin().await?;
        if self.is_past_end() {
            return Ok(());
        }
        if self.feed.is_none() {
            self.feed = Some(self.open(next).await?);
        }
        let step = self.events.source.step();
        let interrupted = Error::Interrupted {
            step,
            block_number_next: next,
        };
        let Some(feed) = &mut self.feed else {
            return Err(interrupted);
        };
        let Some(message) = feed.message().await? else {
            return Err(interrupted);
        };
        match T::read(&self.events.source, &message) {
            Ok(batch) => self.accept(next, batch),
            // The peer believes that it has sent everything.
            Err(Error::Delivery {
                status: DeliverStatus::SUCCESS,
                ..
            }) => Err(interrupted),
            Err(error) => Err(error),
        }
    }

    /// The block to begin with. It is made definite before the first stream, so that no block is
    /// lost if that stream breaks before it gave anything.
    async fn begin(&mut self) -> Result<u64, Error> {
        if let Some(next) = self.next {
            return Ok(next);
        }
        let height = super::height(&self.events.network).await?;
        self.next = Some(height);
        Ok(height)
    }

    async fn open(&self, next: u64) -> Result<Feed, Error> {
        let peers = &self.events.network.shared().peers;
        let peer = peers.pick();
        let feed = Feed::open(
            &self.events.network,
            std::sync::Arc::clone(&peer),
            &self.events.source,
            next,
            self.events.end_block,
        );
        feed.await.inspect_err(|error| peers.note(&peer, error))
    }

    fn accept(&mut self, next: u64, batch: Batch<T>) -> Result<(), Error> {
        let received = batch.block_number;
        let is_contiguous = T::CONTIGUOUS
            || matches!(
                self.events.source,
                Source::ChaincodeEvents { by_block: true, .. }
            );
        if is_contiguous && received > next {
            return Err(Error::Gap {
                expected: next,
                received,
            });
        }
        self.seen = true;
        self.failures = 0;
        if received < next {
            return Ok(());
        }
        self.next = Some(received.saturating_add(1));
        if self.events.end_block.is_none_or(|end| received <= end) {
            self.ready.extend(batch.items);
            self.leave_out_processed(received);
        }
        Ok(())
    }

    /// Drops the events of the first block that were processed before. If their last transaction
    /// has no event here, all are handed out: rather twice than never.
    fn leave_out_processed(&mut self, block_number: u64) {
        let Some((_, last)) = self.processed.take_if(|(block, _)| *block <= block_number) else {
            return;
        };
        if let Some(position) = self
            .ready
            .iter()
            .position(|item| item.transaction_id() == Some(last.as_str()))
        {
            self.ready.drain(..=position);
        }
    }

    /// Pauses before another attempt, or gives the error back.
    async fn recover(&mut self, error: Error) -> Result<(), Error> {
        let feed = self.feed.take();
        let Some(backoff) = &self.events.backoff else {
            return Err(error);
        };
        self.failures = self.failures.saturating_add(1);
        if !is_mendable(&error, self.seen) || !backoff.allows(self.failures) {
            return Err(error);
        }
        if let Some(feed) = &feed {
            self.events.network.shared().peers.leave(&feed.peer);
        }
        drop(feed);
        let step: Step = self.events.source.step();
        if let Some(observer) = &self.events.network.shared().observer {
            observer.resumed(step, &error);
        }
        let delay = backoff.delay(self.failures - 1);
        tracing::warn!(%step, next = self.next, failures = self.failures, %error, "stream broke; asking again in {delay:?}");
        tokio::time::sleep(delay).await;
        Ok(())
    }
}
