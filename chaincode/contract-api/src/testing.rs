//! A network in memory, for unit tests of contracts: feature `testing`.
//!
//! [`Ledger`] endorses and commits with the rules of `fabric-ledger`, which are those that embedded
//! peers commit with: real read-write sets, version and phantom conflicts in block order, endorsement
//! policies of chaincodes, collections and keys, private collections with members and expiry, calls
//! between chaincodes and channels. A peer of each organisation endorses; every transaction runs twice
//! on the first and must do the same.
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
//! let mut ledger = Ledger::of(Counter)
//!     .with_organizations(["Org1MSP", "Org2MSP"])
//!     .with_policy("AND('Org1MSP.peer','Org2MSP.peer')")?;
//! let ann = ledger.user("Org1MSP", "ann")?;
//! let first = ledger.as_user(&ann).endorse("add", ["1"])?;
//! let second = ledger.as_user(&ann).endorse("add", ["2"])?;
//! let alone = ledger.as_user(&ann).on(["Org2MSP"]).endorse("add", ["3"])?;
//! first.assert_reads(["sum"]).assert_writes(["sum"]);
//! assert_eq!(
//!     ledger.commit([first, second, alone]),
//!     [Code::VALID, Code::MVCC_READ_CONFLICT, Code::ENDORSEMENT_POLICY_FAILURE]
//! );
//! assert_eq!(ledger.get("sum")?, Some(b"1".to_vec()));
//! # Ok::<(), fabric_contract_api_rust::testing::TestingError>(())
//! ```

mod assertions;
mod block;
mod client;
mod collection;
mod commit;
mod difference;
mod endorsed;
mod endorser;
mod error;
#[cfg(feature = "proptest")]
mod interleaving;
mod node;
mod reads;
mod setup;
mod simulated_peer;
mod user;

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use fabric_ledger::{
    lifecycle::{ChaincodeDefinition, CollectionTerms},
    state::{MemoryState, State, VersionedValue},
    validate::SimulatedChannel,
};

use crate::{
    error::LedgerError,
    key::{Key, StateKey},
    peer::{Chaincode, Creator, Timestamp},
};
use node::Node;

pub use assertions::Refusal;
pub use client::Client;
pub use collection::Collection;
pub use endorsed::Endorsed;
pub use error::TestingError;
pub use fabric_ledger::ValidationCode as Code;
#[cfg(feature = "proptest")]
pub use interleaving::{Interleaving, Played, Step, interleavings};
pub use user::{User, UserOptions};

/// The channel of every transaction.
pub const CHANNEL: &str = "mychannel";
/// The name of the chaincode under test.
pub const CHAINCODE: &str = "contract";
/// The only organisation, unless others are named.
pub const ORGANIZATION: &str = "Org1MSP";
/// The clock at the beginning: 2024-01-01T00:00:00Z. Every transaction is one second later.
const START_SECONDS: i64 = 1_704_067_200;

/// A channel with its peers, chaincodes and users.
pub struct Ledger {
    installed: BTreeMap<String, Installed>,
    channels: BTreeMap<String, Ledger>,
    channel: SimulatedChannel,
    /// A peer of each organisation.
    nodes: BTreeMap<String, Node>,
    /// What a peer that is up to date has, without plaintext of private data.
    state: MemoryState,
    transaction_ids: BTreeSet<String>,
    block_number_next: u64,
    transactions_made: u64,
    now: Timestamp,
    users: user::Users,
    batching: bool,
    rich_queries: bool,
}

/// A chaincode and what its organisations agreed on.
struct Installed {
    chaincode: Rc<dyn Chaincode>,
    policy: Option<String>,
    collections: Vec<CollectionTerms>,
    definition: ChaincodeDefinition,
}

impl Ledger {
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

    /// Blocks committed so far and the first one, which every channel has: the number of the next block.
    pub fn height(&self) -> u64 {
        self.block_number_next
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
        let checked = key.key().map_err(LedgerError::from)?;
        let Ok(value) = self.state.get(CHAINCODE, checked.as_str());
        Ok(value
            .map(|value| key.decode(value.value.to_vec()))
            .transpose()?)
    }

    /// The plaintext that an organisation's peer keeps of a private key of the chaincode under test.
    pub fn get_private<K: StateKey + ?Sized>(
        &self,
        msp_id: &str,
        collection: &str,
        key: &K,
    ) -> Result<Option<K::Read>, TestingError> {
        let checked = key.key().map_err(LedgerError::from)?;
        let state = &self.node(msp_id)?.state;
        let Ok(value) = state.get_private(CHAINCODE, collection, checked.as_str());
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
        let checked = key.key().map_err(LedgerError::from)?;
        let value = VersionedValue {
            value: key.encode(value)?.into(),
            metadata: bytes::Bytes::new(),
            version: fabric_ledger::Version::new(self.block_number_next, 0),
        };
        self.block_number_next += 1;
        self.insert_everywhere(CHAINCODE, checked.as_str(), &value);
        Ok(())
    }

    fn insert_everywhere(&mut self, namespace: &str, key: &str, value: &VersionedValue) {
        self.state.insert(namespace, key, value.clone());
        for node in self.nodes.values_mut() {
            node.state.insert(namespace, key, value.clone());
        }
    }

    fn node(&self, msp_id: &str) -> Result<&Node, TestingError> {
        self.nodes
            .get(msp_id)
            .ok_or_else(|| TestingError::no_organization(msp_id))
    }
}
