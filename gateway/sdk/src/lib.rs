#![doc = include_str!("../README.md")]

pub mod admin;
mod backoff;
mod block;
#[cfg(feature = "blocking")]
pub mod blocking;
mod chaincode_event;
mod channel;
mod checkpoint;
mod commit;
mod connection;
mod contract;
mod endpoint;
mod error;
mod events;
mod filtered_block;
mod gateway;
mod identity;
mod invocation;
mod kept;
pub mod ledger;
mod network;
mod observer;
#[cfg(feature = "pkcs11")]
pub mod pkcs11;
mod proposal;
mod retry;
mod timeouts;
mod tracker;
mod transaction;
mod transaction_id;
mod validation_code;

pub use backoff::Backoff;
pub use block::{
    Block, BlockError, BlockTransaction, BlockWithPrivateData, Creator, HeaderType,
    TransactionSummary,
};
pub use chaincode_event::ChaincodeEvent;
pub use checkpoint::{
    CheckpointError, Checkpointer, FileCheckpointer, MemoryCheckpointer, Position,
};
pub use commit::{Commit, Status};
pub use connection::{Balance, PeerStatus};
pub use contract::Contract;
pub use endpoint::{Endpoint, EndpointError};
pub use error::{Code, DeliverStatus, EndorserDetail, Error, Failure, Step};
pub use events::{Event, EventStream, Events, EventsRequest};
pub use filtered_block::{FilteredBlock, FilteredTransaction};
pub use gateway::{Gateway, GatewayBuilder};
pub use identity::{Identity, SignError, Signer};
pub use invocation::{
    Evaluate, EvaluateJson, Evaluation, Invocation, Preparation, Prepare, Receipt, Submission,
    Submit,
};
pub use network::Network;
pub use observer::{Called, Committed, Observer};
pub use proposal::Proposal;
pub use retry::Retry;
pub use timeouts::Timeouts;
pub use transaction::Transaction;
pub use transaction_id::TransactionId;
pub use validation_code::ValidationCode;

pub use fabric_msp::{IdentityError, SigningIdentity};
