//! The deliver service of a peer: requests for blocks, and what comes back.

use bytes::Bytes;
use fabric_protos::orderer::{
    SeekInfo, SeekNewest, SeekPosition, SeekSpecified, seek_info, seek_position,
};
use fabric_protos::{RawCodec, common, peer};
use futures::channel::oneshot;
use futures::{StreamExt as _, stream};
use http::uri::PathAndQuery;
use prost::Message as _;
use tonic::{Request, Streaming};

use super::Source;
use super::feed::sealed::Read;
use super::feed::{Batch, Line, client, malformed, sign};
use crate::block::{Block, decode};
use crate::chaincode_event::ChaincodeEvent;
use crate::connection::Peer;
use crate::error::{DeliverStatus, Error, Step};
use crate::filtered_block::FilteredBlock;
use crate::network::Network;

/// Whole blocks.
const DELIVER: &str = "/protos.Deliver/Deliver";
/// Blocks without payloads.
const DELIVER_FILTERED: &str = "/protos.Deliver/DeliverFiltered";
/// Whole blocks with the private data that the peer keeps.
const DELIVER_WITH_PRIVATE_DATA: &str = "/protos.Deliver/DeliverWithPrivateData";

/// A `protos.DeliverResponse` whose blocks stay the bytes that the peer sent.
#[derive(Clone, PartialEq, prost::Message)]
struct Delivered {
    #[prost(oneof = "Delivery", tags = "1, 2, 3, 4")]
    delivery: Option<Delivery>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Delivery {
    #[prost(int32, tag = "1")]
    Status(i32),
    #[prost(bytes = "bytes", tag = "2")]
    Block(Bytes),
    #[prost(bytes = "bytes", tag = "3")]
    FilteredBlock(Bytes),
    #[prost(bytes = "bytes", tag = "4")]
    BlockAndPrivateData(Bytes),
}

/// Asks for blocks from `start`, or the newest, to `end`. The request side stays open until `closed` says
/// otherwise: peers take its end for the end of the call.
pub(super) async fn open(
    line: Line<'_>,
    source: &Source,
    start: Option<u64>,
    end: Option<u64>,
    closed: oneshot::Receiver<()>,
) -> Result<Streaming<Bytes>, Error> {
    let start = start.map_or_else(newest_position, specified);
    let seek = seek(start, specified(end.unwrap_or(u64::MAX)));
    request(line, source, &seek, closed).await
}

/// The number of the block after the newest.
pub(crate) async fn height(network: &Network) -> Result<u64, Error> {
    let (step, limit) = (Step::FilteredBlocks, network.shared().timeouts.evaluate);
    let peers = &network.shared().peers;
    let peer = peers.pick();
    let newest = tokio::time::timeout(limit, newest(network, &peer)).await;
    newest
        .unwrap_or_else(|_| Err(Error::deadline(step, None)))
        .inspect_err(|error| peers.note(&peer, error))
}

async fn newest(network: &Network, peer: &Peer) -> Result<u64, Error> {
    let line = Line {
        shared: network.shared(),
        channel: network.channel(),
        peer,
    };
    let (_open, closed) = oneshot::channel();
    let source = Source::FilteredBlocks;
    let mut stream = request(
        line,
        &source,
        &seek(newest_position(), newest_position()),
        closed,
    )
    .await?;
    let message = stream
        .message()
        .await
        .map_err(|status| Error::from_status(source.step(), None, &status))?;
    let message = message.ok_or(Error::Interrupted {
        step: source.step(),
        block_number_next: 0,
    })?;
    Ok(FilteredBlock::read(&source, &message)?
        .block_number
        .saturating_add(1))
}

async fn request(
    line: Line<'_>,
    source: &Source,
    seek: &SeekInfo,
    closed: oneshot::Receiver<()>,
) -> Result<Streaming<Bytes>, Error> {
    let step = source.step();
    let payload: Bytes = payload(line, seek).encode_to_vec().into();
    let signature = sign(line.shared, step, &payload).await?;
    send(
        line,
        source,
        common::Envelope { payload, signature },
        closed,
    )
    .await
}

/// Sends a request that is signed.
pub(super) async fn send(
    line: Line<'_>,
    source: &Source,
    envelope: common::Envelope,
    closed: oneshot::Receiver<()>,
) -> Result<Streaming<Bytes>, Error> {
    let step = source.step();
    let envelope: Bytes = envelope.encode_to_vec().into();
    let requests =
        stream::once(async { envelope }).chain(stream::once(closed).filter_map(async |_| None));
    let path = PathAndQuery::from_static(path(source));
    let mut client = client(step, line.peer).await?;
    let response = client
        .streaming(Request::new(requests), path, RawCodec)
        .await;
    response
        .map(tonic::Response::into_inner)
        .map_err(|status| Error::from_status(step, None, &status))
}

fn path(source: &Source) -> &'static str {
    match source {
        Source::FilteredBlocks => DELIVER_FILTERED,
        Source::BlocksWithPrivateData => DELIVER_WITH_PRIVATE_DATA,
        Source::Blocks | Source::ChaincodeEvents { .. } => DELIVER,
    }
}

pub(super) fn payload(line: Line<'_>, seek: &SeekInfo) -> common::Payload {
    let channel_header = common::ChannelHeader {
        r#type: common::HeaderType::DeliverSeekInfo.into(),
        timestamp: Some(line.shared.now().into()),
        channel_id: line.channel.to_owned(),
        tls_cert_hash: line.peer.endpoint.client_certificate_hash().clone(),
        ..Default::default()
    };
    let creator = line.shared.identity.creator().clone();
    let signature_header = common::SignatureHeader {
        creator,
        ..Default::default()
    };
    let header = common::Header {
        channel_header: channel_header.encode_to_vec().into(),
        signature_header: signature_header.encode_to_vec().into(),
    };
    common::Payload {
        header: Some(header),
        data: seek.encode_to_vec().into(),
    }
}

pub(super) fn seek(start: SeekPosition, stop: SeekPosition) -> SeekInfo {
    let behavior = seek_info::SeekBehavior::BlockUntilReady.into();
    SeekInfo {
        start: Some(start),
        stop: Some(stop),
        behavior,
        ..Default::default()
    }
}

fn newest_position() -> SeekPosition {
    SeekPosition {
        r#type: Some(seek_position::Type::Newest(SeekNewest {})),
    }
}

pub(super) fn specified(number: u64) -> SeekPosition {
    SeekPosition {
        r#type: Some(seek_position::Type::Specified(SeekSpecified { number })),
    }
}

impl Read for Block {
    const CONTIGUOUS: bool = true;

    #[expect(
        private_interfaces,
        reason = "sealed: nobody outside calls or implements it"
    )]
    fn read(source: &Source, message: &Bytes) -> Result<Batch<Self>, Error> {
        let block = block(source.step(), message)?;
        Ok(Batch {
            block_number: block.number(),
            items: vec![block],
        })
    }
}

impl Read for FilteredBlock {
    const CONTIGUOUS: bool = true;

    #[expect(
        private_interfaces,
        reason = "sealed: nobody outside calls or implements it"
    )]
    fn read(source: &Source, message: &Bytes) -> Result<Batch<Self>, Error> {
        let step = source.step();
        let block = Self::new(filtered_block(step, message)?);
        Ok(Batch {
            block_number: block.number,
            items: vec![block],
        })
    }
}

/// The block without payloads that a message holds.
pub(super) fn filtered_block(step: Step, message: &Bytes) -> Result<peer::FilteredBlock, Error> {
    let Delivery::FilteredBlock(bytes) = delivery(step, message)? else {
        return Err(malformed(step, "a block of another kind", None));
    };
    decode("filtered block", &bytes).map_err(|error| malformed(step, "a block", Some(error)))
}

/// The events of a chaincode out of a whole block: those of valid transactions. A transaction that
/// cannot be decoded is never valid, and is passed over.
pub(super) fn events_of_block(
    step: Step,
    chaincode: &str,
    message: &Bytes,
) -> Result<Batch<ChaincodeEvent>, Error> {
    let block = block(step, message)?;
    let valid = block
        .transactions()
        .filter(|transaction| transaction.code().is_valid());
    let events = valid.filter_map(|transaction| transaction.decode().ok()?.event);
    let items = events
        .filter(|event| event.chaincode == chaincode)
        .collect();
    Ok(Batch {
        block_number: block.number(),
        items,
    })
}

fn block(step: Step, message: &Bytes) -> Result<Block, Error> {
    match delivery(step, message)? {
        Delivery::Block(bytes) => {
            Block::from_bytes(bytes).map_err(|error| malformed(step, "a block", Some(error)))
        }
        _ => Err(malformed(step, "a block of another kind", None)),
    }
}

/// What was delivered, unless it is the status that ends the stream.
pub(super) fn delivery(step: Step, message: &Bytes) -> Result<Delivery, Error> {
    let delivered: Delivered = decode("deliver response", message)
        .map_err(|error| malformed(step, "a response", Some(error)))?;
    match delivered.delivery {
        Some(Delivery::Status(number)) => Err(Error::Delivery {
            step,
            status: DeliverStatus::from_number(number),
        }),
        Some(delivery) => Ok(delivery),
        None => Err(malformed(step, "a response of an unknown kind", None)),
    }
}
