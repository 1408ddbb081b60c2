//! One stream from one peer, as long as it lasts, and how its messages are read.

use std::sync::Arc;

use bytes::Bytes;
use futures::channel::oneshot;
use tonic::Streaming;
use tonic::client::Grpc;
use tonic::transport::Channel;

use super::Source;
use crate::block::{Block, BlockError};
use crate::chaincode_event::ChaincodeEvent;
use crate::connection::{MESSAGE_BYTES_MAX, Peer};
use crate::error::{Error, Step};
use crate::filtered_block::FilteredBlock;
use crate::network::Network;

/// What a stream can yield: [`Block`], [`FilteredBlock`] and [`ChaincodeEvent`].
pub trait Event: sealed::Read {}

impl Event for Block {}
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

/// A stream that is open.
pub(super) struct Feed {
    pub(super) peer: Arc<Peer>,
    step: Step,
    stream: Streaming<Bytes>,
    /// Ends the request side when the feed is dropped; the call cannot be reset before it ends.
    _open: oneshot::Sender<()>,
}

impl Source {
    pub(super) fn step(&self) -> Step {
        match self {
            Self::Blocks => Step::Blocks,
            Self::FilteredBlocks => Step::FilteredBlocks,
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
        let stream = match source {
            Source::ChaincodeEvents {
                chaincode,
                by_block: false,
            } => super::chaincode::open(network, &peer, chaincode, start).await?,
            Source::FilteredBlocks => {
                super::deliver::open(network, &peer, source, start, end, closed).await?
            }
            Source::Blocks | Source::ChaincodeEvents { .. } => {
                super::deliver::open(network, &peer, source, start, end, closed).await?
            }
        };
        Ok(Self {
            peer,
            step: source.step(),
            stream,
            _open: open,
        })
    }

    /// The next message, or `None` at the end of the stream.
    pub(super) async fn message(&mut self) -> Result<Option<Bytes>, Error> {
        self.stream
            .message()
            .await
            .map_err(|status| Error::from_status(self.step, None, &status))
    }
}

/// A client of any service of a peer, ready for a call.
pub(super) async fn client(step: Step, peer: &Peer) -> Result<Grpc<Channel>, Error> {
    let mut client = Grpc::new(peer.channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX);
    client.ready().await.map_err(|error| {
        Error::from_status(step, None, &tonic::Status::from_error(error.into()))
    })?;
    Ok(client)
}

/// Signs the request for a stream.
pub(super) async fn sign(network: &Network, step: Step, message: &[u8]) -> Result<Bytes, Error> {
    match network.shared().identity.sign(message).await {
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
