//! A transaction of a block, decoded as far as its headers and its event.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use fabric_protos::{common, msp, peer};
use prost::Message;

use super::{BlockError, HeaderType};
use crate::chaincode_event::ChaincodeEvent;
use crate::transaction_id::TransactionId;
use crate::validation_code::ValidationCode;

/// A transaction where it stands, not decoded yet.
#[derive(Debug, Clone, Copy)]
pub struct BlockTransaction<'b> {
    block_number: u64,
    position: usize,
    code: ValidationCode,
    envelope: &'b Bytes,
}

/// What the headers say, and the event.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TransactionSummary {
    /// The id; empty for most configuration changes.
    pub transaction_id: TransactionId,
    /// The channel.
    pub channel: String,
    /// What it is.
    pub header_type: HeaderType,
    /// The creator's clock; `None` if it gave none, or one that is no time.
    pub timestamp: Option<SystemTime>,
    /// Who made it; `None` if the bytes are no X.509 identity.
    pub creator: Option<Creator>,
    /// The event that its chaincode set; of an invalid transaction it never happened.
    pub event: Option<ChaincodeEvent>,
}

/// Who made a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Creator {
    /// The organisation.
    pub msp_id: String,
    /// The certificate, in PEM.
    pub certificate_pem: Bytes,
}

impl<'b> BlockTransaction<'b> {
    pub(super) fn new(
        block_number: u64,
        position: usize,
        code: ValidationCode,
        envelope: &'b Bytes,
    ) -> Self {
        Self {
            block_number,
            position,
            code,
            envelope,
        }
    }

    /// Position in the block, from 0.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// The peer's verdict.
    #[must_use]
    pub fn code(&self) -> ValidationCode {
        self.code
    }

    /// The envelope, byte for byte.
    #[must_use]
    pub fn envelope(&self) -> &'b Bytes {
        self.envelope
    }

    /// Decodes headers and event.
    ///
    /// # Errors
    ///
    /// [`BlockError`] if a part is malformed. Blocks may hold such transactions, marked invalid.
    pub fn decode(&self) -> Result<TransactionSummary, BlockError> {
        let envelope: common::Envelope = decode("envelope", self.envelope)?;
        let payload: common::Payload = decode("payload", &envelope.payload)?;
        let header = payload.header.ok_or(BlockError::Missing {
            part: "payload header",
        })?;
        let channel: common::ChannelHeader = decode("channel header", &header.channel_header)?;
        let signature: common::SignatureHeader =
            decode("signature header", &header.signature_header)?;
        let header_type = HeaderType::from_number(channel.r#type);
        let event = match header_type {
            HeaderType::EndorserTransaction => event(self.block_number, &payload.data)?,
            _ => None,
        };
        Ok(TransactionSummary {
            transaction_id: channel.tx_id.into(),
            channel: channel.channel_id,
            header_type,
            timestamp: channel
                .timestamp
                .and_then(|stamp| moment(stamp.seconds, stamp.nanos)),
            creator: creator(&signature.creator),
            event,
        })
    }
}

/// The response of the chaincode and its event, out of the data of an endorser transaction.
pub(crate) fn chaincode_action(data: &Bytes) -> Result<Option<peer::ChaincodeAction>, BlockError> {
    let transaction: peer::Transaction = decode("transaction", data)?;
    let Some(action) = transaction.actions.first() else {
        return Ok(None);
    };
    let payload: peer::ChaincodeActionPayload =
        decode("chaincode action payload", &action.payload)?;
    let Some(endorsed) = payload.action else {
        return Ok(None);
    };
    let response: peer::ProposalResponsePayload = decode(
        "proposal response payload",
        &endorsed.proposal_response_payload,
    )?;
    decode("chaincode action", &response.extension).map(Some)
}

fn event(block_number: u64, data: &Bytes) -> Result<Option<ChaincodeEvent>, BlockError> {
    let Some(action) = chaincode_action(data)? else {
        return Ok(None);
    };
    if action.events.is_empty() {
        return Ok(None);
    }
    let event: peer::ChaincodeEvent = decode("chaincode event", &action.events)?;
    // Peers write an empty event where the chaincode set none.
    Ok((!event.event_name.is_empty()).then(|| ChaincodeEvent::new(block_number, event)))
}

fn creator(bytes: &Bytes) -> Option<Creator> {
    let identity = msp::SerializedIdentity::decode(bytes.clone()).ok()?;
    (!identity.mspid.is_empty()).then_some(Creator {
        msp_id: identity.mspid,
        certificate_pem: identity.id_bytes,
    })
}

fn moment(seconds: i64, nanos: i32) -> Option<SystemTime> {
    let nanos = u32::try_from(nanos)
        .ok()
        .filter(|nanos| *nanos < 1_000_000_000)?;
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let whole = if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    };
    whole?.checked_add(Duration::from_nanos(nanos.into()))
}

/// Decodes so that the parts share the memory of the whole.
pub(crate) fn decode<M: Message + Default>(
    part: &'static str,
    bytes: &Bytes,
) -> Result<M, BlockError> {
    M::decode(bytes.clone()).map_err(|source| BlockError::Undecodable { part, source })
}
