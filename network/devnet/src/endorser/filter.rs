//! What a peer looks at before its endorser sees a proposal.
//!
//! Source: `core/handlers/auth/filter/{expiration,timewindow}.go`.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use fabric_protos::{
    common::{ChannelHeader, Header, SignatureHeader},
    peer::{Proposal, SignedProposal},
};
use prost::Message;
use prost_types::Timestamp;

use super::proposal::{Refusal, decode};
use crate::limits::TIME_WINDOW;

/// The time window as Go writes it.
const TIME_WINDOW_TEXT: &str = "15m0s";

/// What the checks look at.
pub(super) struct Headers {
    pub(super) channel: ChannelHeader,
    pub(super) signature: SignatureHeader,
}

impl Headers {
    pub(super) fn read(signed: &SignedProposal) -> Result<Self, Refusal> {
        let proposal: Proposal = parse(&signed.proposal_bytes, "Proposal", "proposal")?;
        let header: Header = parse(&proposal.header, "Header", "header")?;
        Ok(Self {
            channel: parse(&header.channel_header, "ChannelHeader", "channel header")?,
            signature: parse(
                &header.signature_header,
                "SignatureHeader",
                "signature header",
            )?,
        })
    }

    /// Refuses a proposal whose time is far from the peer's. One without a time is from 1970.
    pub(super) fn check_time(&self, now: SystemTime) -> Result<(), Refusal> {
        let proposed = self.channel.timestamp.unwrap_or_default();
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let distance = i128::from(now) - i128::from(proposed.seconds);
        if distance.unsigned_abs() <= u128::from(TIME_WINDOW.as_secs()) {
            return Ok(());
        }
        let text = |seconds| Timestamp { seconds, nanos: 0 }.to_string();
        Err(Refusal(format!(
            "request unauthorized due to incorrect timestamp {}, peer time {}, peer.authentication.timewindow {TIME_WINDOW_TEXT}",
            text(proposed.seconds),
            text(i64::try_from(now).unwrap_or(i64::MAX)),
        )))
    }
}

fn parse<M: Message + Default>(bytes: &Bytes, message: &str, what: &str) -> Result<M, Refusal> {
    decode(bytes, message)
        .map_err(|Refusal(reason)| Refusal(format!("failed parsing {what}: {reason}")))
}
