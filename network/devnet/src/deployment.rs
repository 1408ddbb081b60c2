//! What a chaincode deployment asks for, and what it led to.

use serde::{Deserialize, Serialize};

use crate::CollectionConfig;

/// A chaincode that runs as a service, to be defined on the channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// Name that clients call it by.
    pub name: String,
    /// `host:port` that the chaincode listens on. It need not listen yet.
    pub address: String,
    /// Channel to define it on; the network's first one where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Endorsement policy, as `OR('Org1MSP.peer','Org2MSP.peer')`. Without one, the channel's
    /// `/Channel/Application/Endorsement` holds: a majority of the organisations.
    #[serde(default)]
    pub policy: Option<String>,
    /// Version that clients see in blocks; `1.0` where none is given.
    #[serde(default)]
    pub version: Option<String>,
    /// Private data collections. A definition keeps those of the one before it.
    #[serde(default)]
    pub collections: Vec<CollectionConfig>,
}

impl Deployment {
    /// A deployment under the channel's own endorsement policy.
    pub fn new(name: impl Into<String>, address: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            address: address.into(),
            channel: None,
            policy: None,
            version: None,
            collections: Vec::new(),
        }
    }

    /// Sets the channel.
    #[must_use]
    pub fn channel(mut self, channel: impl Into<String>) -> Self {
        self.channel = Some(channel.into());
        self
    }

    /// Sets the endorsement policy.
    #[must_use]
    pub fn policy(mut self, policy: impl Into<String>) -> Self {
        self.policy = Some(policy.into());
        self
    }

    /// Sets the private data collections.
    #[must_use]
    pub fn collections(mut self, collections: Vec<CollectionConfig>) -> Self {
        self.collections = collections;
        self
    }

    /// Sets the version.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }
}

/// A definition in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployed {
    /// Name of the chaincode.
    pub name: String,
    /// How many times the definition was committed; it stays where only the address changed.
    pub sequence: i64,
    /// Version in force.
    pub version: String,
    /// Package that every peer runs it with: the `CHAINCODE_ID` of its server.
    pub package_id: String,
    /// Transaction that committed the definition; none where it was in force before.
    pub transaction_id: Option<String>,
}
