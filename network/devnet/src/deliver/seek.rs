//! What a client asks a deliver stream for.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use fabric_protos::{
    common::{ChannelHeader, Envelope, Payload, SignatureHeader, Status},
    orderer::{
        SeekInfo, SeekPosition,
        seek_info::{SeekBehavior, SeekContentType},
        seek_position::Type,
    },
};
use prost::Message as _;

use crate::limits::TIME_WINDOW;

/// A request, read and checked as far as that goes without the chain.
pub(super) struct Seek {
    pub(super) channel: String,
    pub(super) creator: Bytes,
    pub(super) fail_if_not_ready: bool,
    pub(super) content: SeekContentType,
    start: Option<SeekPosition>,
    stop: Option<SeekPosition>,
}

/// Blocks to send. Without a last one there is no end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) first: u64,
    pub(super) last: Option<u64>,
}

impl Seek {
    /// Reads a request for a channel that the node has.
    pub(super) fn read(
        envelope: &Envelope,
        has: impl FnOnce(&str) -> bool,
        now: SystemTime,
    ) -> Result<Self, Status> {
        let payload = Payload::decode(envelope.payload.clone()).map_err(|_| Status::BadRequest)?;
        let header = payload.header.ok_or(Status::BadRequest)?;
        let channel_header =
            ChannelHeader::decode(header.channel_header).map_err(|_| Status::BadRequest)?;
        let signature_header =
            SignatureHeader::decode(header.signature_header).map_err(|_| Status::BadRequest)?;
        if !is_timely(&channel_header, now) {
            return Err(Status::BadRequest);
        }
        if !has(&channel_header.channel_id) {
            return Err(Status::NotFound);
        }
        let info = SeekInfo::decode(payload.data).map_err(|_| Status::BadRequest)?;
        Ok(Self {
            channel: channel_header.channel_id,
            creator: signature_header.creator,
            fail_if_not_ready: info.behavior() == SeekBehavior::FailIfNotReady,
            content: info.content_type(),
            start: info.start,
            stop: info.stop,
        })
    }

    /// The blocks asked for, where the chain has this height.
    pub(super) fn range(&self, height: u64) -> Result<Range, Status> {
        let (Some(start), Some(stop)) = (&self.start, &self.stop) else {
            return Err(Status::BadRequest);
        };
        let newest = height.saturating_sub(1);
        let first = match &start.r#type {
            Some(Type::Oldest(_)) => 0,
            Some(Type::Newest(_)) => newest,
            Some(Type::NextCommit(_)) => height,
            Some(Type::Specified(specified)) if specified.number <= height => specified.number,
            Some(Type::Specified(_)) | None => return Err(Status::NotFound),
        };
        let last = match &stop.r#type {
            Some(Type::Oldest(_)) => Some(first),
            Some(Type::Newest(_)) if start == stop => Some(first),
            Some(Type::Newest(_)) => Some(newest),
            Some(Type::Specified(specified)) if specified.number < first => {
                return Err(Status::BadRequest);
            }
            Some(Type::Specified(specified)) => Some(specified.number),
            // A real peer compares with block 0 then, and goes on for ever.
            Some(Type::NextCommit(_)) | None => (first == 0).then_some(0),
        };
        Ok(Range { first, last })
    }
}

/// Whether the client's clock is near ours.
fn is_timely(header: &ChannelHeader, now: SystemTime) -> bool {
    let Some(timestamp) = &header.timestamp else {
        return false;
    };
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let distance = i128::from(now) - i128::from(timestamp.seconds);
    distance.unsigned_abs() <= u128::from(TIME_WINDOW.as_secs())
}
