#![doc = include_str!("../README.md")]

mod argument;
mod call;
pub mod cid;
mod contract;
mod contracts;
mod dispatch;
mod error;
pub mod event;
mod failure;
pub mod key;
mod metadata;
mod overlay;
mod page;
pub mod peer;
pub mod prelude;
mod private;
mod query;
mod range;
mod reader;
mod session;
pub mod statebased;
#[cfg(feature = "testing")]
pub mod testing;
mod tx;

pub use argument::ARGUMENT_BYTES_MAX;
pub use call::{Arguments, Call, Returned, read_reply, reply};
pub use cid::ClientIdentity;
pub use contract::{Contract, ContractDescription, FunctionDescription, FunctionKind, Schemas};
pub use contract_macros::{ContractError, Event, contract};
pub use contracts::{Contracts, ContractsBuilder, ContractsError};
pub use dispatch::CONTRACT_CALLS_DEPTH_MAX;
pub use error::LedgerError;
pub use event::Event;
pub use failure::{ContractError, Failure};
pub use key::{JsonKey, Key, KeyError, KeyRange, StateKey};
pub use overlay::{VALUE_BYTES_MAX, WRITES_BYTES_MAX, WRITES_MAX};
pub use page::{PAGE_ROWS_MAX, Page, Paged};
pub use peer::*;
pub use private::{Private, PrivateQuery, PrivateReader, PrivateTx};
pub use query::Query;
pub use range::{Range, Row, Rows};
pub use reader::Reader;
pub use statebased::EndorsementPolicy;
pub use tx::Tx;
