//! One stream from one peer, as long as it lasts, and how its messages are read.

use std::sync::Arc;

use bytes::Bytes;
use fabric_protos::{common, gateway};
use futures::channel::oneshot;
use tokio::time::Instant;
use tonic::Streaming;
use tonic::client::Grpc;
use tonic::transport::Channel;

use super::Source;
use crate::block::{Block, BlockError, BlockWithPrivateData};
use crate::chaincode_event::ChaincodeEvent;
use crate::connection::admission::Slot;
use crate::connection::{MESSAGE_BYTES_MAX, Peer};
use crate::error::{Error, Step};
use crate::filtered_block::FilteredBlock;
use crate::gateway::Shared;
use crate::network::Network;

/// What a stream can yield: [`Block`], [`BlockWithPrivateData`], [`FilteredBlock`] and [`ChaincodeEvent`].
pub trait Event: sealed::Read {}

impl Event for Block {}
impl Event for BlockWithPrivateData {}
impl Event for FilteredBlock {}
impl Event for ChaincodeEvent {}

/// What one message holds: the items of one block.
pub struct Batch<T> {
    pub(super) block_number: u64,
    pub(super) items: Vec<T>,
}

pub(super) mod sealed {
    use bytes::Bytes;

    use super::super::Source;
    use super::Batch;
    use crate::error::Error;

    /// Reads messages of a peer's stream.
    pub trait Read: Sized + Send + Sync + 'static {
        /// Whether every block has a message.
        const CONTIGUOUS: bool;

        /// Reads one message.
        #[expect(
            private_interfaces,
            reason = "sealed: nobody outside calls or implements it"
        )]
        fn read(source: &Source, message: &Bytes) -> Result<Batch<Self>, Error>;

        /// The transaction that it belongs to, if to one.
        fn transaction_id(&self) -> Option<&str> {
            None
        }
    }
}

/// Who asks whom for a stream, on which channel.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) shared: &'a Shared,
    pub(super) channel: &'a str,
    pub(super) peer: &'a Peer,
}

/// A stream that is open.
pub(crate) struct Feed {
    pub(super) peer: Arc<Peer>,
    step: Step,
    stream: Streaming<Bytes>,
    /// Ends the request side when the feed is dropped; the call cannot be reset before it ends.
    _open: oneshot::Sender<()>,
    /// Of the calls that the peer's gateway takes at once, a stream of events is one as long as it lasts.
    slot: Option<Slot>,
    /// The block after the last that came, where somebody keeps count.
    next_block: Option<u64>,
}

impl Source {
    pub(super) fn step(&self) -> Step {
        match self {
            Self::Blocks => Step::Blocks,
            Self::FilteredBlocks => Step::FilteredBlocks,
            Self::BlocksWithPrivateData => Step::BlocksWithPrivateData,
            Self::ChaincodeEvents { .. } => Step::ChaincodeEvents,
        }
    }
}

impl Feed {
    /// Asks a peer for blocks from `start` to `end`, both included.
    pub(super) async fn open(
        network: &Network,
        peer: Arc<Peer>,
        source: &Source,
        start: u64,
        end: Option<u64>,
    ) -> Result<Self, Error> {
        let (open, closed) = oneshot::channel();
        let line = Line {
            shared: network.shared(),
            channel: network.channel(),
            peer: &peer,
        };
        let start = Some(start);
        let mut slot = None;
        let stream = match source {
            Source::ChaincodeEvents {
                chaincode,
                by_block: false,
            } => {
                slot = Some(gateway_slot(&peer, line.shared).await?);
                let opened = super::chaincode::open(line, chaincode, start).await;
                opened.inspect_err(|error| note_overload(&peer, error))?
            }
            _ => super::deliver::open(line, source, start, end, closed).await?,
        };
        Ok(Self::new(peer, source.step(), stream, open).in_slot(slot))
    }

    /// Asks a peer for filtered blocks from `start`, or the newest, on.
    pub(super) async fn open_filtered(
        shared: &Shared,
        channel: &str,
        peer: Arc<Peer>,
        start: Option<u64>,
    ) -> Result<Self, Error> {
        let (open, closed) = oneshot::channel();
        let line = Line {
            shared,
            channel,
            peer: &peer,
        };
        let source = Source::FilteredBlocks;
        let stream = super::deliver::open(line, &source, start, None, closed).await?;
        Ok(Self::new(peer, source.step(), stream, open))
    }

    /// Sends a request for blocks that is signed.
    pub(super) async fn with_envelope(
        (shared, channel): (&Shared, &str),
        peer: Arc<Peer>,
        source: &Source,
        envelope: common::Envelope,
    ) -> Result<Self, Error> {
        let (open, closed) = oneshot::channel();
        let line = Line {
            shared,
            channel,
            peer: &peer,
        };
        let stream = super::deliver::send(line, source, envelope, closed).await?;
        Ok(Self::new(peer, source.step(), stream, open))
    }

    /// Sends a request for chaincode events that is signed.
    pub(super) async fn with_chaincode_request(
        peer: Arc<Peer>,
        shared: &Shared,
        request: &gateway::SignedChaincodeEventsRequest,
    ) -> Result<Self, Error> {
        let slot = gateway_slot(&peer, shared).await?;
        let opened = super::chaincode::send(&peer, request).await;
        let stream = opened.inspect_err(|error| note_overload(&peer, error))?;
        let (open, _) = oneshot::channel();
        Ok(Self::new(peer, Step::ChaincodeEvents, stream, open).in_slot(Some(slot)))
    }

    fn new(
        peer: Arc<Peer>,
        step: Step,
        stream: Streaming<Bytes>,
        open: oneshot::Sender<()>,
    ) -> Self {
        Self {
            peer,
            step,
            stream,
            _open: open,
            slot: None,
            next_block: None,
        }
    }

    fn in_slot(mut self, slot: Option<Slot>) -> Self {
        self.slot = slot;
        self
    }

    pub(super) fn next_block(&self) -> Option<u64> {
        self.next_block
    }

    pub(super) fn note_block(&mut self, number: u64) {
        self.next_block = Some(number.saturating_add(1));
    }

    /// The next message, or `None` at the end of the stream. Nothing is lost if it is dropped.
    pub(crate) async fn message(&mut self) -> Result<Option<Bytes>, Error> {
        self.stream
            .message()
            .await
            .map_err(|status| Error::from_status(self.step, None, &status))
    }
}

async fn gateway_slot(peer: &Arc<Peer>, shared: &Shared) -> Result<Slot, Error> {
    let deadline = Instant::now() + shared.timeouts.evaluate;
    Slot::take(peer, Step::ChaincodeEvents, None, deadline).await
}

fn note_overload(peer: &Peer, error: &Error) {
    if matches!(error, Error::Overloaded { .. }) {
        peer.admission.overloaded();
    }
}

/// A client of any service of a peer, ready for a call.
pub(super) async fn client(step: Step, peer: &Peer) -> Result<Grpc<Channel>, Error> {
    let mut client = Grpc::new(peer.channel()).max_decoding_message_size(MESSAGE_BYTES_MAX);
    client.ready().await.map_err(|error| {
        Error::from_status(step, None, &tonic::Status::from_error(error.into()))
    })?;
    Ok(client)
}

/// Signs the request for a stream.
pub(super) async fn sign(shared: &Shared, step: Step, message: &[u8]) -> Result<Bytes, Error> {
    match shared.identity.sign(message).await {
        Some(Ok(signature)) => Ok(signature),
        Some(Err(source)) => Err(Error::Sign {
            step,
            transaction_id: None,
            source,
        }),
        None => Err(Error::Unsigned {
            step,
            transaction_id: None,
        }),
    }
}

pub(super) fn malformed(step: Step, reason: &'static str, source: Option<BlockError>) -> Error {
    Error::Malformed {
        step,
        transaction_id: None,
        reason,
        source,
    }
}
