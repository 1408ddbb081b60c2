//! What a peer offers in READY, and how a request is cut to it.
//!
//! A peer of the 2.5 line sends an empty READY, and ends the stream of a chaincode that sends it a
//! batch: nothing here is ever assumed.

use fabric_protos::peer::ChaincodeAdditionalParams;
use prost::Message;

/// Fabric's shims read a smaller offer as this many; so does this one, to cut batches alike.
const BATCH_LEAST: usize = 100;

/// No batch is longer, whatever a peer offers: a request stays small beside the 100 MiB limit.
const BATCH_MOST: usize = 10_000;

/// What a peer takes beside single requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Capabilities {
    /// Writes in one message, where it takes batches.
    pub(crate) write_batch_max: Option<usize>,
    /// Keys in one read, where it takes several.
    pub(crate) get_multiple_max: Option<usize>,
}

impl Capabilities {
    /// Reads the payload of READY; what cannot be read offers nothing.
    pub(crate) fn from_ready(payload: &[u8]) -> Self {
        let Ok(offer) = ChaincodeAdditionalParams::decode(payload) else {
            tracing::warn!("cannot read what the peer offers in READY; sending single requests");
            return Self::default();
        };
        Self {
            write_batch_max: offer
                .use_write_batch
                .then(|| size(offer.max_size_write_batch)),
            get_multiple_max: offer
                .use_get_multiple_keys
                .then(|| size(offer.max_size_get_multiple_keys)),
        }
    }
}

fn size(offered: u32) -> usize {
    usize::try_from(offered)
        .unwrap_or(BATCH_MOST)
        .clamp(BATCH_LEAST, BATCH_MOST)
}
