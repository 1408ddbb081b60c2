//! What a ledger is made of: organisations, chaincodes, policies, collections, kinds of peers.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use fabric_ledger::{
    Version,
    lifecycle::{self, ChaincodeDefinition},
    state::{MemoryState, VersionedValue},
    validate::SimulatedChannel,
};

use super::{
    CHAINCODE, Collection, Installed, Ledger, ORGANIZATION, START_SECONDS, TestingError,
    node::Node, user,
};
use crate::peer::{Chaincode, Timestamp};

impl Ledger {
    /// A ledger of one organisation, [`ORGANIZATION`], with this chaincode and no state.
    pub fn of(chaincode: impl Chaincode) -> Self {
        let ledger = Self {
            installed: BTreeMap::new(),
            channels: BTreeMap::new(),
            channel: SimulatedChannel::new([""; 0]),
            nodes: BTreeMap::new(),
            state: MemoryState::new(),
            transaction_ids: BTreeSet::new(),
            block_number_next: 1,
            transactions_made: 0,
            now: Timestamp {
                seconds: START_SECONDS,
                nanoseconds: 0,
            },
            users: user::Users::default(),
            batching: true,
            rich_queries: false,
        };
        ledger
            .with_chaincode(CHAINCODE, chaincode)
            .with_organizations([ORGANIZATION])
    }

    /// The channel's organisations, by MSP id; each has a peer. Their peers begin with the state that
    /// the ledger has now, without plaintext of private data.
    #[must_use]
    pub fn with_organizations<O: Into<String>>(
        mut self,
        organizations: impl IntoIterator<Item = O>,
    ) -> Self {
        self.channel = SimulatedChannel::new(organizations);
        let nodes = self.channel.organizations().iter();
        self.nodes = nodes
            .map(|msp_id| (msp_id.clone(), Node::new(msp_id, self.state.clone())))
            .collect();
        self
    }

    /// Adds a chaincode that others can call by its name. A majority of the organisations must endorse
    /// what it writes, unless [`Ledger::with_policy_of`] says otherwise.
    #[must_use]
    pub fn with_chaincode(mut self, name: &str, chaincode: impl Chaincode) -> Self {
        // Without texts there is none that cannot be read.
        let definition = ChaincodeDefinition::of_terms(None, &[]);
        if let Ok(definition) = definition {
            let installed = Installed {
                chaincode: Rc::new(chaincode),
                policy: None,
                collections: Vec::new(),
                definition,
            };
            self.installed.insert(name.to_owned(), installed);
            self.define(name);
        }
        self
    }

    /// Sets the endorsement policy of the chaincode under test, such as
    /// `AND('Org1MSP.peer','Org2MSP.peer')`.
    pub fn with_policy(self, policy: &str) -> Result<Self, TestingError> {
        self.with_policy_of(CHAINCODE, policy)
    }

    /// Sets the endorsement policy of a chaincode.
    pub fn with_policy_of(mut self, chaincode: &str, policy: &str) -> Result<Self, TestingError> {
        let installed = self.installed_mut(chaincode)?;
        installed.policy = Some(policy.to_owned());
        installed.redefine()?;
        self.define(chaincode);
        Ok(self)
    }

    /// Gives the chaincode under test a private collection.
    pub fn with_collection(self, collection: Collection) -> Result<Self, TestingError> {
        self.with_collection_of(CHAINCODE, collection)
    }

    /// Gives a chaincode a private collection.
    pub fn with_collection_of(
        mut self,
        chaincode: &str,
        collection: Collection,
    ) -> Result<Self, TestingError> {
        let installed = self.installed_mut(chaincode)?;
        installed.collections.push(collection.into_terms());
        installed.redefine()?;
        self.define(chaincode);
        Ok(self)
    }

    /// Adds another channel, whose chaincodes can be called by their names. A transaction only reads
    /// there, as in Fabric: what the callee writes is dropped, what it reads is not checked at commit.
    #[must_use]
    pub fn with_channel(mut self, name: &str, ledger: Ledger) -> Self {
        self.channels.insert(name.to_owned(), ledger);
        self
    }

    /// Makes the peers like those of Fabric 2.5, or of 3.x with an old `core.yaml`: one request per
    /// key. Seen in [`Endorsed::requests`](super::Endorsed::requests), and in that several private
    /// values are checked as one is.
    #[must_use]
    pub fn without_batching(mut self) -> Self {
        self.batching = false;
        self
    }

    /// Makes the peers keep their state in CouchDB: they answer rich queries, and refuse keys and values
    /// that are no documents.
    #[must_use]
    pub fn with_rich_queries(mut self) -> Self {
        self.rich_queries = true;
        self
    }

    fn installed_mut(&mut self, name: &str) -> Result<&mut Installed, TestingError> {
        let missing = || TestingError::NoChaincode {
            name: name.to_owned(),
        };
        self.installed.get_mut(name).ok_or_else(missing)
    }

    /// Writes a chaincode's definition into the state, where validation looks it up.
    fn define(&mut self, name: &str) {
        let Some(installed) = self.installed.get(name) else {
            return;
        };
        for (key, value) in installed.definition.entries(name) {
            let value = VersionedValue {
                value,
                metadata: bytes::Bytes::new(),
                version: Version::new(0, 0),
            };
            self.insert_everywhere(lifecycle::NAMESPACE, &key, &value);
        }
    }
}

impl Installed {
    fn redefine(&mut self) -> Result<(), TestingError> {
        self.definition = ChaincodeDefinition::of_terms(self.policy.as_deref(), &self.collections)?;
        Ok(())
    }
}
