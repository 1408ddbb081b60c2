//! The way out to one peer: a queue, and the stream that gRPC sends from it.
//!
//! Sending never waits. Each transaction has at most one message in the queue, so only a peer that
//! stops reading can fill it; its stream is ended.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use fabric_protos::peer::ChaincodeMessage;
use futures::{Stream, stream};
use prost::Message;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::Status;

/// Several times what one peer has in flight by default (2,500 endorsements).
const QUEUE_MAX: usize = 16_384;

/// Several of the largest messages. Usual ones are a few kilobytes, and a peer reads them at once.
const QUEUE_BYTES_MAX: usize = 512 * 1024 * 1024;

type Item = Result<ChaincodeMessage, Status>;

/// The sending half.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    queue: mpsc::Sender<Item>,
    queued_bytes: Arc<AtomicUsize>,
    ended: CancellationToken,
}

/// The stream has ended; nothing can be sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StreamEnded;

impl Outgoing {
    /// Both halves. The stream yields what was sent before `ended`, then ends.
    pub(crate) fn new(
        ended: CancellationToken,
    ) -> (Self, impl Stream<Item = Item> + Send + 'static) {
        let (queue, receiver) = mpsc::channel(QUEUE_MAX);
        let queued_bytes = Arc::new(AtomicUsize::new(0));
        (
            Self {
                queue,
                queued_bytes: Arc::clone(&queued_bytes),
                ended: ended.clone(),
            },
            drained_at_end(receiver, queued_bytes, ended),
        )
    }

    /// Queues a message.
    pub(crate) fn send(&self, message: ChaincodeMessage) -> Result<(), StreamEnded> {
        self.push(Ok(message))
    }

    /// Ends the call with a status, after what is queued.
    pub(crate) fn fail(&self, status: Status) {
        // A stream that has ended already has nobody to tell.
        let _ = self.push(Err(status));
        self.ended.cancel();
    }

    /// Completes when gRPC has dropped the stream: nobody reads it any more.
    pub(crate) async fn abandoned(&self) {
        self.queue.closed().await;
    }

    fn push(&self, item: Item) -> Result<(), StreamEnded> {
        if self.ended.is_cancelled() {
            return Err(StreamEnded);
        }
        let bytes = size(&item);
        let queued = self.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        let full = queued > 0 && queued.saturating_add(bytes) > QUEUE_BYTES_MAX;
        if full || self.queue.try_send(item).is_err() {
            if !self.queue.is_closed() {
                tracing::error!("the peer does not read its messages; ending its stream");
            }
            self.ended.cancel();
            return Err(StreamEnded);
        }
        Ok(())
    }
}

fn size(item: &Item) -> usize {
    item.as_ref().map_or(0, Message::encoded_len)
}

/// Everything sent before the end is delivered: terminal messages go out ahead of the close.
fn drained_at_end(
    receiver: mpsc::Receiver<Item>,
    queued_bytes: Arc<AtomicUsize>,
    ended: CancellationToken,
) -> impl Stream<Item = Item> + Send + 'static {
    stream::unfold((receiver, ended), move |(mut receiver, ended)| {
        let queued_bytes = Arc::clone(&queued_bytes);
        async move {
            let item = tokio::select! {
                biased;
                () = ended.cancelled() => {
                    receiver.close();
                    receiver.recv().await
                }
                item = receiver.recv() => item,
            };
            item.map(|item| {
                queued_bytes.fetch_sub(size(&item), Ordering::Relaxed);
                (item, (receiver, ended))
            })
        }
    })
}
