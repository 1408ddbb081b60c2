#![doc = include_str!("../README.md")]

mod argument;
mod call;
pub mod cid;
mod contract;
mod contracts;
mod error;
pub mod event;
mod failure;
pub mod key;
mod metadata;
mod overlay;
mod page;
pub mod peer;
pub mod prelude;
mod query;
mod range;
mod reader;
mod session;
#[cfg(feature = "testing")]
pub mod testing;
mod tx;

pub use argument::ARGUMENT_BYTES_MAX;
pub use call::{Arguments, Call, Returned, reply};
pub use cid::ClientIdentity;
pub use contract::{Contract, ContractDescription, FunctionDescription, Schemas};
pub use contract_macros::{ContractError, Event, contract};
pub use contracts::{Contracts, ContractsBuilder, ContractsError};
pub use error::LedgerError;
pub use event::Event;
pub use failure::{ContractError, Failure};
pub use key::{JsonKey, Key, KeyError, KeyRange, StateKey};
pub use overlay::{VALUE_BYTES_MAX, WRITES_BYTES_MAX, WRITES_MAX};
pub use page::{PAGE_ROWS_MAX, Page, Paged};
pub use peer::*;
pub use query::Query;
pub use range::{Range, Row};
pub use reader::Reader;
pub use tx::Tx;
