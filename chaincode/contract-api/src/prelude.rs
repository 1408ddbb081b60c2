//! What a contract's file needs: `use fabric_contract_api_rust::prelude::*;`

pub use crate::{
    Call, Contract, ContractError, Contracts, EndorsementPolicy, Event, Failure, Key, KeyPart,
    KeyRange, LedgerError, Next, Page, Paged, Private, Query, Reader, Row, State, StateKey,
    Timestamp, Tx, contract,
};
pub use schemars::JsonSchema;
pub use serde::{Deserialize, Serialize};
