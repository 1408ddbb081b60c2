//! A network in memory, for unit tests of contracts: feature `testing`.
//!
//! [`Ledger`] endorses and commits with the rules of `fabric-ledger`: real read-write sets, version
//! and phantom conflicts in block order, private collections, calls between chaincodes. Every
//! transaction runs twice, as on two endorsing peers, and both runs must agree.
//!
//! ```
//! use fabric_contract_api_rust::{prelude::*, testing::{Code, Ledger}};
//!
//! struct Counter;
//!
//! #[contract(name = "counter")]
//! impl Counter {
//!     #[transaction]
//!     fn add(&self, tx: &mut Tx, by: u64) -> Result<u64, LedgerError> {
//!         let key = Key::simple("sum")?.json::<u64>();
//!         let sum = tx.get(&key)?.unwrap_or(0) + by;
//!         tx.put(&key, &sum)?;
//!         Ok(sum)
//!     }
//! }
//!
//! let mut ledger = Ledger::of(Counter);
//! let ann = ledger.user("Org1MSP", "ann")?;
//! let first = ledger.as_user(&ann).endorse("add", ["1"])?;
//! let second = ledger.as_user(&ann).endorse("add", ["2"])?;
//! assert_eq!(ledger.commit([first, second]), [Code::VALID, Code::MVCC_READ_CONFLICT]);
//! assert_eq!(ledger.get("sum")?, Some(b"1".to_vec()));
//! # Ok::<(), fabric_contract_api_rust::testing::TestingError>(())
//! ```

mod block;
mod client;
mod endorser;
mod simulated_peer;
mod user;

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use fabric_ledger::{
    state::{MemoryState, State, VersionedValue},
    validate::settle,
};

use crate::{
    key::{Key, StateKey},
    peer::{Chaincode, Creator, KeyModification, Timestamp},
};

pub use client::{Client, Endorsed};
pub use fabric_ledger::ValidationCode as Code;
pub use user::{User, UserOptions};

/// The channel of every transaction.
pub const CHANNEL: &str = "mychannel";
/// The name of the chaincode under test.
pub const CHAINCODE: &str = "contract";
/// The clock at the beginning: 2024-01-01T00:00:00Z. Every transaction is one second later.
const START_SECONDS: i64 = 1_704_067_200;

/// Why a ledger did not do as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestingError {
    /// The contract answered with a failure; its JSON is the text.
    #[error("the contract refused with status {}: {}", response.status, response.message)]
    Refused {
        /// The whole answer.
        response: crate::peer::Response,
    },
    /// The transaction was committed and is not valid.
    #[error("the transaction is not valid: {code}")]
    Invalid {
        /// Why not.
        code: Code,
    },
    /// A key or stored value is not what was expected.
    #[error("the state is not as expected")]
    State(#[from] crate::error::LedgerError),
    /// The reply is not of the expected type.
    #[error("the reply cannot be read")]
    Reply(#[source] serde_json::Error),
    /// No certificate could be made.
    #[error("no certificate could be made")]
    Certificate(#[from] rcgen::Error),
}

impl TestingError {
    /// The stable code of a refusal; `None` for other errors.
    pub fn code(&self) -> Option<String> {
        let Self::Refused { response } = self else {
            return None;
        };
        let message: serde_json::Value = serde_json::from_str(&response.message).ok()?;
        Some(message.get("code")?.as_str()?.to_owned())
    }
}

/// A chaincode with its state, its blocks' outcome and its callers.
pub struct Ledger {
    chaincodes: BTreeMap<String, Rc<dyn Chaincode>>,
    state: MemoryState,
    history: BTreeMap<(String, String), Vec<KeyModification>>,
    transaction_ids: BTreeSet<String>,
    block_number_next: u64,
    transactions_made: u64,
    now: Timestamp,
    users: user::Users,
}

impl Ledger {
    /// A ledger with this chaincode and no state.
    pub fn of(chaincode: impl Chaincode) -> Self {
        let ledger = Self {
            chaincodes: BTreeMap::new(),
            state: MemoryState::new(),
            history: BTreeMap::new(),
            transaction_ids: BTreeSet::new(),
            block_number_next: 1,
            transactions_made: 0,
            now: Timestamp {
                seconds: START_SECONDS,
                nanoseconds: 0,
            },
            users: user::Users::default(),
        };
        ledger.with_chaincode(CHAINCODE, chaincode)
    }

    /// Adds a chaincode that others can call by its name.
    #[must_use]
    pub fn with_chaincode(mut self, name: &str, chaincode: impl Chaincode) -> Self {
        self.chaincodes.insert(name.to_owned(), Rc::new(chaincode));
        self
    }

    /// A client of an organisation, with a certificate of its CA. The same names give the same
    /// certificate again.
    pub fn user(&mut self, msp_id: &str, name: &str) -> Result<User, TestingError> {
        self.user_with(msp_id, name, UserOptions::default())
    }

    /// A client, admin or other role, with attributes in its certificate.
    pub fn user_with(
        &mut self,
        msp_id: &str,
        name: &str,
        options: UserOptions,
    ) -> Result<User, TestingError> {
        self.users.user(msp_id, name, options)
    }

    /// Calls in the name of a user.
    pub fn as_user(&mut self, user: &User) -> Client<'_> {
        Client::new(self, user.creator().clone())
    }

    /// Calls in the name of any creator, such as one whose certificate cannot be read.
    pub fn as_creator(&mut self, creator: Creator) -> Client<'_> {
        Client::new(self, creator)
    }

    /// What the next transaction's timestamp will be.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Sets the clock. Each transaction moves it on by one second.
    pub fn set_now(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// The committed value of a key of the chaincode under test.
    pub fn get<K: StateKey + ?Sized>(&self, key: &K) -> Result<Option<K::Read>, TestingError> {
        let checked = key.key().map_err(crate::error::LedgerError::from)?;
        let Ok(value) = self.state.get(CHAINCODE, checked.as_str());
        Ok(value
            .map(|value| key.decode(value.value.to_vec()))
            .transpose()?)
    }

    /// All committed keys of the chaincode under test, in order.
    pub fn keys(&self) -> Vec<Key> {
        let own = self
            .state
            .iter()
            .filter(|(namespace, _, _)| *namespace == CHAINCODE);
        own.map(|(_, key, _)| Key::stored(key.to_owned())).collect()
    }

    /// Sets a value as a block of its own, past the contract.
    pub fn seed<K: StateKey + ?Sized>(
        &mut self,
        key: &K,
        value: &K::Written,
    ) -> Result<(), TestingError> {
        let checked = key.key().map_err(crate::error::LedgerError::from)?;
        let value = VersionedValue {
            value: key.encode(value)?.into(),
            metadata: bytes::Bytes::new(),
            version: fabric_ledger::Version::new(self.block_number_next, 0),
        };
        self.block_number_next += 1;
        self.state.insert(CHAINCODE, checked.as_str(), value);
        Ok(())
    }

    /// Commits transactions as one block, in this order, and says what became of each: duplicate
    /// ids, version conflicts and phantoms as on a peer. Endorsement policies are taken as met.
    pub fn commit(&mut self, transactions: impl IntoIterator<Item = Endorsed>) -> Vec<Code> {
        let transactions: Vec<Endorsed> = transactions.into_iter().collect();
        let number = self.block_number_next;
        let block = block::of(number, &transactions);
        let checks = block::checks(&transactions, &self.transaction_ids);
        let Ok(validated) = settle(&self.state, &block, &checks);
        self.block_number_next += 1;
        self.state.apply(&validated.updates);
        let outcome = transactions.into_iter().zip(&validated.codes).zip(0..);
        for ((transaction, code), index) in outcome {
            if code.is_valid() {
                let version = fabric_ledger::Version::new(number, index);
                self.state.apply_private(&transaction.private, version);
                block::remember(&mut self.history, &transaction);
            }
            self.transaction_ids.insert(transaction.transaction_id);
        }
        validated.codes
    }
}
