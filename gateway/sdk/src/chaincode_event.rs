//! What a chaincode announced with a transaction.

use bytes::Bytes;
use fabric_protos::peer;

use crate::transaction_id::TransactionId;

/// An event of one transaction. A transaction sets one event at most.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChaincodeEvent {
    /// The block that holds the transaction.
    pub block_number: u64,
    /// The transaction.
    pub transaction_id: TransactionId,
    /// The chaincode.
    pub chaincode: String,
    /// The event's name.
    pub name: String,
    /// The event's content; empty in filtered blocks.
    pub payload: Bytes,
}

impl ChaincodeEvent {
    pub(crate) fn new(block_number: u64, event: peer::ChaincodeEvent) -> Self {
        Self {
            block_number,
            transaction_id: event.tx_id.into(),
            chaincode: event.chaincode_id,
            name: event.event_name,
            payload: event.payload,
        }
    }
}
