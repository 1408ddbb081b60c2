#![doc = include_str!("../README.md")]

#[doc = include_str!("../GO.md")]
pub mod for_go_authors {}

mod argument;
mod blind;
mod call;
pub mod cid;
mod contract;
mod contracts;
mod dispatch;
mod error;
pub mod event;
mod failure;
mod guard;
mod item;
pub mod key;
mod key_part;
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
pub mod state;
pub mod statebased;
#[cfg(feature = "testing")]
pub mod testing;
mod tx;

pub use argument::ARGUMENT_BYTES_MAX;
pub use blind::{Counter, Log};
pub use call::{Arguments, Call, Returned, read_reply, reply};
pub use cid::ClientIdentity;
pub use contract::{
    Contract, ContractDescription, FunctionDescription, FunctionKind, Next, Schemas,
};
pub use contract_macros::{ContractError, Event, KeyPart, State, contract};
pub use contracts::{Contracts, ContractsBuilder, ContractsError};
pub use dispatch::CONTRACT_CALLS_DEPTH_MAX;
pub use error::LedgerError;
pub use event::Event;
pub use failure::{ContractError, Failure};
pub use guard::Guard;
pub use item::{Item, Map};
pub use key::{JsonKey, Key, KeyError, KeyRange, PlainKey, StateKey};
pub use key_part::{KeyPart, KeyParts};
pub use overlay::{VALUE_BYTES_MAX, WRITES_BYTES_MAX, WRITES_MAX};
pub use page::{PAGE_ROWS_MAX, Page, Paged};
pub use peer::*;
pub use private::{Private, PrivateQuery, PrivateReader, PrivateTx};
pub use query::Query;
pub use range::{Range, Row, Rows};
pub use reader::Reader;
pub use state::{IndexEntry, Selected, Selection, State, StateId};
pub use statebased::EndorsementPolicy;
pub use tx::Tx;
