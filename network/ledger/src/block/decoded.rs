//! The decoded form of blocks. Every field can be walked, and serialised (bytes as hexadecimal).

use bytes::Bytes;
use serde::{Serialize, Serializer};

use super::Malformation;
use crate::code::ValidationCode;
use crate::rwset::TxRwset;

/// A block, decoded. Transactions that are malformed are kept, with the reason.
#[derive(Clone, Debug, Serialize)]
pub struct DecodedBlock {
    /// The block's number.
    pub number: u64,
    /// The header's claim of the previous block's header hash; empty in block 0.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub previous_hash: Bytes,
    /// The header's claim of the data's hash.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub data_hash: Bytes,
    /// The hash of this header, computed.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub header_hash: [u8; 32],
    /// The hash of the data, computed.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub computed_data_hash: [u8; 32],
    /// The peer's validation codes, one byte per transaction; empty where no peer has validated.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub transactions_filter: Bytes,
    /// The peer's commit hash. `Some` and empty where the metadata holds something else.
    #[serde(serialize_with = "crate::hex_text::optional")]
    pub commit_hash: Option<Bytes>,
    /// The transactions, in order.
    pub transactions: Vec<DecodedTransaction>,
}

impl DecodedBlock {
    /// The peer's code of each transaction; `None` where it has not given one to each.
    #[must_use]
    pub fn codes(&self) -> Option<Vec<ValidationCode>> {
        (self.transactions_filter.len() == self.transactions.len()).then(|| {
            self.transactions_filter
                .iter()
                .map(|byte| ValidationCode::from_byte(*byte))
                .collect()
        })
    }

    /// Whether the header's data hash is that of the data.
    #[must_use]
    pub fn data_hash_matches(&self) -> bool {
        *self.data_hash == self.computed_data_hash
    }
}

/// A transaction, decoded as far as it goes.
#[derive(Clone, Debug, Serialize)]
pub struct DecodedTransaction {
    /// Its place in the block.
    pub index: usize,
    /// Size of the envelope in bytes.
    pub envelope_size: usize,
    /// The bytes that the creator signed.
    #[serde(skip)]
    pub payload: Bytes,
    /// The creator's signature.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub signature: Bytes,
    /// The header; `None` where there is none that decodes.
    pub header: Option<TransactionHeader>,
    /// What the transaction does.
    pub content: Content,
}

impl DecodedTransaction {
    /// The transaction id; empty where there is none.
    #[must_use]
    pub fn transaction_id(&self) -> &str {
        self.header
            .as_ref()
            .map_or("", |header| header.transaction_id.as_str())
    }

    /// The endorsed part, if it is one and well formed.
    #[must_use]
    pub fn endorsed(&self) -> Option<&EndorsedTransaction> {
        match &self.content {
            Content::Endorsed(endorsed) => Some(endorsed),
            Content::Config(_) | Content::Malformed(_) => None,
        }
    }
}

/// Who sent a transaction, when and where to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TransactionHeader {
    /// Fabric's header type: 1 configuration, 3 endorsed transaction.
    pub header_type: i32,
    /// The channel's name.
    pub channel: String,
    /// The transaction id as the header claims it.
    pub transaction_id: String,
    /// The client's clock: seconds and nanoseconds since 1970, unchecked.
    pub timestamp: Option<(i64, i32)>,
    /// The creator, a serialised identity.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub creator: Bytes,
    /// The nonce.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub nonce: Bytes,
}

/// What a transaction does.
#[derive(Clone, Debug, Serialize)]
pub enum Content {
    /// Calls a chaincode.
    Endorsed(Box<EndorsedTransaction>),
    /// Replaces the channel configuration: the bytes of a `common.ConfigEnvelope`.
    Config(#[serde(serialize_with = "crate::hex_text::serialize")] Bytes),
    /// Nothing, as it is malformed.
    Malformed(#[serde(serialize_with = "malformation")] Malformation),
}

/// The result of a chaincode call, with the endorsements of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EndorsedTransaction {
    /// What was called.
    pub chaincode: ChaincodeCall,
    /// Status of the chaincode's response.
    pub status: i32,
    /// Message of the chaincode's response.
    pub message: String,
    /// Payload of the chaincode's response.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub response: Bytes,
    /// The event, if the chaincode set one.
    pub event: Option<ChaincodeEvent>,
    /// What was read and written.
    pub rwset: TxRwset,
    /// Who signed it.
    pub endorsements: Vec<Endorsement>,
    /// The bytes that each endorser signed, followed by its own identity.
    #[serde(skip)]
    pub response_payload: Bytes,
}

/// A chaincode and the arguments it was called with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChaincodeCall {
    /// The chaincode's name.
    pub name: String,
    /// The chaincode's version at endorsement.
    pub version: String,
    /// Arguments, the function's name first; empty where the proposal does not decode, which no
    /// peer checks.
    #[serde(serialize_with = "crate::hex_text::list")]
    pub arguments: Vec<Bytes>,
}

/// An event of a chaincode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChaincodeEvent {
    /// The chaincode's name.
    pub chaincode: String,
    /// The transaction id as the event claims it.
    pub transaction_id: String,
    /// The event's name.
    pub name: String,
    /// The event's payload.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub payload: Bytes,
}

/// A peer's signature over a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Endorsement {
    /// The peer, a serialised identity.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub endorser: Bytes,
    /// Its signature over response payload and identity.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub signature: Bytes,
}

fn malformation<S: Serializer>(reason: &Malformation, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(reason)
}
