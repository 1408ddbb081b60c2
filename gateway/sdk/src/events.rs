//! Streams of blocks and events: where they begin and end, and what they do when the peer goes away.

mod chaincode;
mod deliver;
mod feed;
mod follow;
mod private;
mod request;
mod resume;

use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use fabric_protos::peer::FilteredBlock;
use futures::Stream;
use futures::stream::BoxStream;

pub(crate) use deliver::height;
pub use feed::Event;
pub(crate) use feed::Feed;
pub use request::EventsRequest;
pub(crate) use resume::is_mendable;

use crate::backoff::Backoff;
use crate::checkpoint::{Checkpointer, Position};
use crate::connection::Peer;
use crate::error::{Error, Step};
use crate::gateway::Shared;
use crate::network::Network;

/// Asks a peer for filtered blocks from `start`, or the newest, on.
pub(crate) async fn open_filtered(
    shared: &Shared,
    channel: &str,
    peer: Arc<Peer>,
    start: Option<u64>,
) -> Result<Feed, Error> {
    Feed::open_filtered(shared, channel, peer, start).await
}

/// The filtered block that a message of such a stream holds.
pub(crate) fn filtered_block(message: &Bytes) -> Result<FilteredBlock, Error> {
    deliver::filtered_block(Step::FilteredBlocks, message)
}

/// What is streamed.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    Blocks,
    FilteredBlocks,
    BlocksWithPrivateData,
    ChaincodeEvents { chaincode: String, by_block: bool },
}

/// A stream in preparation. Without a beginning it begins with the next block to be committed.
#[must_use = "nothing is asked for until the stream is polled"]
pub struct Events<T> {
    network: Network,
    source: Source,
    start_block: Option<u64>,
    checkpoint: Option<Position>,
    end_block: Option<u64>,
    backoff: Option<Backoff>,
    item: PhantomData<fn() -> T>,
}

/// A stream of blocks or events. Dropping it ends the call on the peer.
///
/// After an error the stream is over; ask again from where it ended.
#[must_use = "nothing is asked for until the stream is polled"]
pub struct EventStream<T> {
    inner: BoxStream<'static, Result<T, Error>>,
}

impl<T: Event> Events<T> {
    pub(crate) fn new(network: Network, source: Source) -> Self {
        let (start_block, checkpoint, end_block, backoff) = (None, None, None, None);
        Self {
            network,
            source,
            start_block,
            checkpoint,
            end_block,
            backoff,
            item: PhantomData,
        }
    }

    /// Begins with this block, unless a checkpoint has a position.
    pub fn from_block(mut self, block_number: u64) -> Self {
        self.start_block = Some(block_number);
        self
    }

    /// Begins where the checkpoint stands, if it has a position; that always wins over
    /// [`Events::from_block`], whichever is called first.
    pub fn from_checkpoint(mut self, checkpoint: &impl Checkpointer) -> Self {
        self.checkpoint = checkpoint.position();
        self
    }

    /// Begins at a position that was kept elsewhere; it wins over [`Events::from_block`].
    pub fn from_position(mut self, position: Position) -> Self {
        self.checkpoint = Some(position);
        self
    }

    /// Ends after this block.
    pub fn end_block(mut self, block_number: u64) -> Self {
        self.end_block = Some(block_number);
        self
    }

    /// Goes on by itself when the connection breaks or the peer cannot serve: with another peer if
    /// there is one, without gap or repetition.
    pub fn resume(mut self, backoff: Backoff) -> Self {
        self.backoff = Some(backoff);
        self
    }

    /// The stream.
    pub fn stream(self) -> EventStream<T> {
        EventStream {
            inner: follow::follow(self),
        }
    }
}

impl<T> Stream for EventStream<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.inner.as_mut().poll_next(context)
    }
}
