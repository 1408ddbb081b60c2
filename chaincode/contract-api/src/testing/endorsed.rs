//! A transaction that peers endorsed.

use fabric_ledger::{
    rwset::{PrivateWrites, TxRwset},
    validate::Party,
};
use serde::de::DeserializeOwned;

use super::TestingError;
use crate::{
    call::read_reply,
    peer::{ChaincodeEvent, Response, Timestamp},
};

/// An endorsed transaction, not committed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endorsed {
    pub(super) transaction_id: String,
    pub(super) timestamp: Timestamp,
    pub(super) response: Response,
    pub(super) rwset: TxRwset,
    pub(super) private: PrivateWrites,
    pub(super) endorsers: Vec<Party>,
    pub(super) requests: usize,
}

impl Endorsed {
    /// The transaction id.
    pub fn transaction_id(&self) -> &str {
        &self.transaction_id
    }

    /// The result's bytes.
    pub fn payload(&self) -> &[u8] {
        &self.response.payload
    }

    /// The result, read as a function's reply is written.
    pub fn reply<T: DeserializeOwned>(&self) -> Result<T, TestingError> {
        read_reply(&self.response.payload).map_err(TestingError::Reply)
    }

    /// The transaction's event.
    pub fn event(&self) -> Option<&ChaincodeEvent> {
        self.response.event.as_ref()
    }

    /// What the transaction read and wrote, as a peer records it: what the peer itself read of the
    /// chaincode's definition is among it.
    pub fn rwset(&self) -> &TxRwset {
        &self.rwset
    }

    /// How many requests the chaincode under test made to its peer.
    pub fn requests(&self) -> usize {
        self.requests
    }
}
