//! A request for a stream as bytes, to be signed elsewhere.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use fabric_protos::orderer::{SeekInfo, SeekNextCommit, SeekPosition, seek_position};
use fabric_protos::{common, gateway};
use futures::stream::{self, StreamExt as _};
use prost::Message as _;

use super::feed::{Event, Feed, Line};
use super::{EventStream, Events, Source, chaincode, deliver};
use crate::checkpoint::Position;
use crate::error::Error;
use crate::gateway::Gateway;
use crate::kept::{not_kept, read};
use crate::network::Network;
use crate::proposal::sha256;

const WHAT: &str = "request for events";

/// One request for a stream, signed by the gateway's identity when it is sent, or before with
/// [`EventsRequest::with_signature`]. Its stream ends with the call: to resume takes another request.
#[must_use = "nothing is asked for until the stream is polled"]
pub struct EventsRequest<T> {
    network: Network,
    source: Source,
    message: Bytes,
    signature: Option<Bytes>,
    end_block: Option<u64>,
    item: PhantomData<fn() -> T>,
}

impl<T: Event> Events<T> {
    /// The request for this stream, for signing elsewhere. Without a beginning it begins with the
    /// next block to be committed. Of a checkpoint within a block it begins with that block: what
    /// was processed of it comes again.
    pub fn request(self) -> EventsRequest<T> {
        let begin = self.checkpoint.or(self.start_block.map(Position::at_block));
        let start = match begin {
            Some(position) => deliver::specified(position.block_number),
            None => SeekPosition {
                r#type: Some(seek_position::Type::NextCommit(SeekNextCommit {})),
            },
        };
        let shared = self.network.shared();
        let peer = shared.peers.pick();
        let line = Line {
            shared,
            channel: self.network.channel(),
            peer: &peer,
        };
        let message = match &self.source {
            Source::ChaincodeEvents { chaincode, .. } => {
                chaincode::request(line, chaincode, start).encode_to_vec()
            }
            _ => {
                let stop = deliver::specified(self.end_block.unwrap_or(u64::MAX));
                deliver::payload(line, &deliver::seek(start, stop)).encode_to_vec()
            }
        };
        EventsRequest {
            source: self.source,
            message: message.into(),
            signature: None,
            end_block: self.end_block,
            network: self.network,
            item: PhantomData,
        }
    }
}

impl<T: Event> EventsRequest<T> {
    /// What is to be signed.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.message
    }

    /// SHA-256 of what is to be signed, for keys that sign digests.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        sha256(&self.message)
    }

    /// Sets a signature made elsewhere.
    pub fn with_signature(mut self, signature: impl Into<Bytes>) -> Self {
        self.signature = Some(signature.into());
        self
    }

    /// The request to be kept while it is signed elsewhere. As the official clients keep it:
    /// Fabric's `common.Envelope`, or `gateway.SignedChaincodeEventsRequest` for chaincode events.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let signature = self.signature.clone().unwrap_or_default();
        match self.source {
            Source::ChaincodeEvents { .. } => self.chaincode_request(signature).encode_to_vec(),
            _ => self.envelope(signature).encode_to_vec(),
        }
        .into()
    }

    /// The stream of this one request.
    pub fn stream(self) -> EventStream<T> {
        let state = (self, None, VecDeque::new(), false);
        let items = stream::unfold(state, async |(request, mut feed, mut ready, is_over)| {
            if is_over {
                return None;
            }
            match request.next(&mut feed, &mut ready).await {
                Ok(item) => item.map(|item| (Ok(item), (request, feed, ready, false))),
                Err(error) => Some((Err(error), (request, None, ready, true))),
            }
        });
        EventStream {
            inner: items.boxed(),
        }
    }

    async fn next(
        &self,
        feed: &mut Option<Feed>,
        ready: &mut VecDeque<T>,
    ) -> Result<Option<T>, Error> {
        loop {
            if let Some(item) = ready.pop_front() {
                return Ok(Some(item));
            }
            if self
                .end_block
                .is_some_and(|end| feed.as_ref().is_some_and(|feed| feed.is_past(end)))
            {
                return Ok(None);
            }
            let feed = match feed {
                Some(feed) => feed,
                None => feed.insert(self.open().await?),
            };
            let message = feed.message().await?.ok_or(Error::Interrupted {
                step: self.source.step(),
                block_number_next: feed.next_block().unwrap_or_default(),
            })?;
            let batch = T::read(&self.source, &message)?;
            feed.follow(batch.block_number, T::CONTIGUOUS)?;
            if self.end_block.is_none_or(|end| batch.block_number <= end) {
                ready.extend(batch.items);
            }
        }
    }

    async fn open(&self) -> Result<Feed, Error> {
        let shared = self.network.shared();
        let step = self.source.step();
        let signature = match &self.signature {
            Some(signature) => signature.clone(),
            None => super::feed::sign(shared, step, &self.message).await?,
        };
        let peer = shared.peers.pick();
        let opened = match self.source {
            Source::ChaincodeEvents { .. } => {
                let request = self.chaincode_request(signature);
                Feed::with_chaincode_request(Arc::clone(&peer), shared, &request).await
            }
            _ => {
                let envelope = self.envelope(signature);
                let line = (shared.as_ref(), self.network.channel());
                Feed::with_envelope(line, Arc::clone(&peer), &self.source, envelope).await
            }
        };
        opened.inspect_err(|error| shared.peers.note(&peer, error))
    }

    fn envelope(&self, signature: Bytes) -> common::Envelope {
        common::Envelope {
            payload: self.message.clone(),
            signature,
        }
    }

    fn chaincode_request(&self, signature: Bytes) -> gateway::SignedChaincodeEventsRequest {
        gateway::SignedChaincodeEventsRequest {
            request: self.message.clone(),
            signature,
        }
    }
}

impl Gateway {
    /// Takes up a request for chaincode events from [`EventsRequest::to_bytes`].
    ///
    /// # Errors
    ///
    /// [`Error::NotKept`] if the bytes are no such request.
    pub fn chaincode_events_request_from_bytes(
        &self,
        bytes: impl Into<Bytes>,
    ) -> Result<EventsRequest<crate::ChaincodeEvent>, Error> {
        let kept: gateway::SignedChaincodeEventsRequest = read(WHAT, &bytes.into())?;
        let request: gateway::ChaincodeEventsRequest = read(WHAT, &kept.request)?;
        if request.chaincode_id.is_empty() {
            return Err(not_kept(WHAT, "it names no chaincode", None));
        }
        let source = Source::ChaincodeEvents {
            chaincode: request.chaincode_id,
            by_block: false,
        };
        let network = self.network(request.channel_id);
        Ok(EventsRequest::kept(
            network,
            source,
            kept.request,
            kept.signature,
            None,
        ))
    }

    /// Takes up a request for blocks from [`EventsRequest::to_bytes`].
    ///
    /// # Errors
    ///
    /// [`Error::NotKept`] if the bytes are no such request.
    pub fn blocks_request_from_bytes(
        &self,
        bytes: impl Into<Bytes>,
    ) -> Result<EventsRequest<crate::Block>, Error> {
        self.deliver_request(Source::Blocks, &bytes.into())
    }

    /// Takes up a request for filtered blocks from [`EventsRequest::to_bytes`].
    ///
    /// # Errors
    ///
    /// [`Error::NotKept`] if the bytes are no such request.
    pub fn filtered_blocks_request_from_bytes(
        &self,
        bytes: impl Into<Bytes>,
    ) -> Result<EventsRequest<crate::FilteredBlock>, Error> {
        self.deliver_request(Source::FilteredBlocks, &bytes.into())
    }

    /// Takes up a request for blocks with private data from [`EventsRequest::to_bytes`].
    ///
    /// # Errors
    ///
    /// [`Error::NotKept`] if the bytes are no such request.
    pub fn blocks_with_private_data_request_from_bytes(
        &self,
        bytes: impl Into<Bytes>,
    ) -> Result<EventsRequest<crate::BlockWithPrivateData>, Error> {
        self.deliver_request(Source::BlocksWithPrivateData, &bytes.into())
    }

    fn deliver_request<T: Event>(
        &self,
        source: Source,
        bytes: &Bytes,
    ) -> Result<EventsRequest<T>, Error> {
        let kept: common::Envelope = read(WHAT, bytes)?;
        let payload: common::Payload = read(WHAT, &kept.payload)?;
        let header = payload.header.unwrap_or_default();
        let channel: common::ChannelHeader = read(WHAT, &header.channel_header)?;
        if channel.r#type != i32::from(common::HeaderType::DeliverSeekInfo) {
            return Err(not_kept(WHAT, "it asks for something else", None));
        }
        let seek: SeekInfo = read(WHAT, &payload.data)?;
        let end_block = match seek.stop.and_then(|position| position.r#type) {
            Some(seek_position::Type::Specified(stop)) => Some(stop.number),
            _ => None,
        };
        let network = self.network(channel.channel_id);
        let end_block = end_block.filter(|end| *end != u64::MAX);
        Ok(EventsRequest::kept(
            network,
            source,
            kept.payload,
            kept.signature,
            end_block,
        ))
    }
}

impl<T> EventsRequest<T> {
    fn kept(
        network: Network,
        source: Source,
        message: Bytes,
        signature: Bytes,
        end_block: Option<u64>,
    ) -> Self {
        Self {
            network,
            source,
            message,
            signature: Some(signature).filter(|signature| !signature.is_empty()),
            end_block,
            item: PhantomData,
        }
    }
}

impl Feed {
    /// Notes the block that came. Where every block has a message, none may be left out.
    fn follow(&mut self, received: u64, is_contiguous: bool) -> Result<(), Error> {
        match self.next_block() {
            Some(expected) if is_contiguous && received != expected => {
                Err(Error::Gap { expected, received })
            }
            _ => {
                self.note_block(received);
                Ok(())
            }
        }
    }

    fn is_past(&self, end: u64) -> bool {
        self.next_block().is_some_and(|next| next > end)
    }
}
