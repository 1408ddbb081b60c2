//! Typed events. Fabric keeps one event per transaction, so all of a transaction's events travel
//! in one envelope, whose shape is fixed:
//!
//! ```json
//! {"v":1,"items":[{"type":"Transferred","data":{"id":"7","to":"bob"}}]}
//! ```
//!
//! The chaincode event's name is always [`ENVELOPE_NAME`]. A reader ignores types it does not know
//! and refuses a `v` it does not know. Fabric delivers the event of an invalid transaction too:
//! look at the validation code first.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{error::LedgerError, peer::ChaincodeEvent};

/// The name of every chaincode event that carries an envelope.
pub const ENVELOPE_NAME: &str = "events";
/// The version of the envelope's shape.
pub const ENVELOPE_VERSION: u32 = 1;
/// Most events of one transaction.
pub const EVENTS_MAX: usize = 10_000;
/// Most bytes of the events of one transaction: the block carries them twice over.
pub const EVENTS_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Something that happened, worth telling. Derive it beside `serde::Serialize`; the type is the
/// Rust type's name unless `#[event("…")]` says otherwise.
pub trait Event: Serialize {
    /// The `type` in the envelope.
    const TYPE: &'static str;
}

/// The events of one transaction so far.
#[derive(Debug, Default)]
pub(crate) struct Envelope {
    items: Vec<Item>,
    bytes: usize,
    /// An event that the contract made itself, in place of the envelope.
    raw: Option<ChaincodeEvent>,
}

#[derive(Debug, Serialize)]
struct Item {
    r#type: &'static str,
    data: Box<RawValue>,
}

impl Envelope {
    /// Adds an event.
    pub(crate) fn push<E: Event>(&mut self, event: &E) -> Result<(), LedgerError> {
        if self.raw.is_some() {
            return Err(LedgerError::MixedEvents);
        }
        let data =
            serde_json::value::to_raw_value(event).map_err(|source| LedgerError::EncodeEvent {
                name: E::TYPE,
                source,
            })?;
        let bytes = self
            .bytes
            .saturating_add(E::TYPE.len())
            .saturating_add(data.get().len());
        if self.items.len() >= EVENTS_MAX || bytes > EVENTS_BYTES_MAX {
            return Err(LedgerError::TooManyEvents);
        }
        self.bytes = bytes;
        self.items.push(Item {
            r#type: E::TYPE,
            data,
        });
        Ok(())
    }

    /// Sets an event that is no envelope.
    pub(crate) fn set_raw(&mut self, name: &str, payload: Vec<u8>) -> Result<(), LedgerError> {
        if name.is_empty() {
            return Err(LedgerError::UnnamedEvent);
        }
        if !self.items.is_empty() {
            return Err(LedgerError::MixedEvents);
        }
        if payload.len() > EVENTS_BYTES_MAX {
            return Err(LedgerError::TooManyEvents);
        }
        self.raw = Some(ChaincodeEvent {
            name: name.to_owned(),
            payload,
        });
        Ok(())
    }

    /// How many events there are, and the one that is no envelope: to take later ones back.
    pub(crate) fn savepoint(&self) -> (usize, Option<ChaincodeEvent>) {
        (self.items.len(), self.raw.clone())
    }

    /// Leaves nothing of what was emitted since.
    pub(crate) fn take_back(&mut self, (items, raw): (usize, Option<ChaincodeEvent>)) {
        self.items.truncate(items);
        let bytes = |item: &Item| item.r#type.len() + item.data.get().len();
        self.bytes = self.items.iter().map(bytes).sum();
        self.raw = raw;
    }

    /// The transaction's one event, if any happened.
    pub(crate) fn take(&mut self) -> Option<ChaincodeEvent> {
        #[derive(Serialize)]
        struct Wire {
            v: u32,
            items: Vec<Item>,
        }
        if self.items.is_empty() {
            return self.raw.take();
        }
        let wire = Wire {
            v: ENVELOPE_VERSION,
            items: std::mem::take(&mut self.items),
        };
        // Every part is JSON already: this cannot fail.
        let payload = serde_json::to_vec(&wire).ok()?;
        Some(ChaincodeEvent {
            name: ENVELOPE_NAME.to_owned(),
            payload,
        })
    }
}
