//! Blocks: their hashes, and what is inside them, decoded from bytes that nobody vouches for.

mod decode;
mod decoded;
mod hash;
mod malformation;

pub use decode::{
    BlockError, MAX_BLOCK_BYTES, MAX_TRANSACTIONS, decode, decode_bytes, decode_transaction,
};
pub use decoded::{
    ChaincodeCall, ChaincodeEvent, Content, DecodedBlock, DecodedTransaction, EndorsedTransaction,
    Endorsement, TransactionHeader,
};
pub use hash::{data_hash, header_bytes, header_hash, header_hash_of, transaction_id};
pub use malformation::{Malformation, Part, Stage};
