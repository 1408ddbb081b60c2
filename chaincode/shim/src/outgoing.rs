//! The way out to one peer: a queue, and the stream that gRPC sends from it.
//!
//! Sending never waits. Each transaction has at most one message in the queue, so only a peer that
//! stops reading can fill it; its stream is ended.

use fabric_protos::peer::ChaincodeMessage;
use futures::{Stream, stream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::Status;

/// Several times what one peer has in flight by default (2,500 endorsements).
const QUEUE_MAX: usize = 16_384;

/// The sending half.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    queue: mpsc::Sender<Result<ChaincodeMessage, Status>>,
    ended: CancellationToken,
}

/// The stream has ended; nothing can be sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StreamEnded;

impl Outgoing {
    /// Both halves. The stream yields what was sent before `ended`, then ends.
    pub(crate) fn new(
        ended: CancellationToken,
    ) -> (
        Self,
        impl Stream<Item = Result<ChaincodeMessage, Status>> + Send + 'static,
    ) {
        let (queue, receiver) = mpsc::channel(QUEUE_MAX);
        (
            Self {
                queue,
                ended: ended.clone(),
            },
            drained_at_end(receiver, ended),
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

    fn push(&self, item: Result<ChaincodeMessage, Status>) -> Result<(), StreamEnded> {
        if self.ended.is_cancelled() {
            return Err(StreamEnded);
        }
        self.queue.try_send(item).map_err(|refused| {
            if matches!(refused, mpsc::error::TrySendError::Full(_)) {
                tracing::error!("the peer does not read its messages; ending its stream");
            }
            self.ended.cancel();
            StreamEnded
        })
    }
}

/// Everything sent before the end is delivered: terminal messages go out ahead of the close.
fn drained_at_end(
    receiver: mpsc::Receiver<Result<ChaincodeMessage, Status>>,
    ended: CancellationToken,
) -> impl Stream<Item = Result<ChaincodeMessage, Status>> + Send + 'static {
    stream::unfold((receiver, ended), |(mut receiver, ended)| async move {
        let item = tokio::select! {
            biased;
            () = ended.cancelled() => {
                receiver.close();
                receiver.recv().await
            }
            item = receiver.recv() => item,
        };
        item.map(|item| (item, (receiver, ended)))
    })
}
