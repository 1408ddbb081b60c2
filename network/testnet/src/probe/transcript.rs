//! Every message of the chaincode stream, both directions, as it was on the wire.

use std::sync::{Mutex, PoisonError};

use fabric_protos::peer::ChaincodeMessage;

/// Messages kept; a test that looks at a transcript runs a few transactions.
const FRAMES_MAX: usize = 100_000;

/// One message.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Which connection of a peer, counted from 0.
    pub stream: usize,
    /// Whether the chaincode sent it.
    pub to_peer: bool,
    /// The message.
    pub message: ChaincodeMessage,
}

#[derive(Debug, Default)]
pub(super) struct Transcript(Mutex<Vec<Frame>>);

impl Transcript {
    pub(super) fn add(&self, stream: usize, to_peer: bool, message: &ChaincodeMessage) {
        let mut frames = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if frames.len() < FRAMES_MAX {
            frames.push(Frame {
                stream,
                to_peer,
                message: message.clone(),
            });
        }
    }

    pub(super) fn of(&self, transaction_id: &str) -> Vec<Frame> {
        let frames = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = frames
            .iter()
            .filter(|frame| frame.message.txid == transaction_id);
        mine.cloned().collect()
    }
}
