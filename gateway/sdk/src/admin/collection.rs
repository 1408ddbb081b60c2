//! Private data collections of a chaincode's definition.

use fabric_protos::peer::{
    CollectionConfig, CollectionConfigPackage, CollectionPolicyConfig, StaticCollectionConfig,
    collection_config, collection_policy_config,
};
use serde::Deserialize;

use super::policy::{EndorsementPolicy, PolicyTextError, SignaturePolicy};

/// A private data collection.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    /// Its name.
    pub name: String,
    /// Which organisations hold the data: an OR of their members.
    pub members: SignaturePolicy,
    /// How many other peers must have the data before an endorsement is given.
    pub required_peer_count: i32,
    /// How many other peers an endorser tries to give the data to.
    pub maximum_peer_count: i32,
    /// Blocks until the data is purged; 0 keeps it for ever.
    pub block_to_live: u64,
    /// Whether only clients of the member organisations may read.
    pub member_only_read: bool,
    /// Whether only clients of the member organisations may write.
    pub member_only_write: bool,
    /// Who must endorse writes; `None` leaves it to the chaincode's policy.
    pub endorsement_policy: Option<EndorsementPolicy>,
}

/// A text does not define collections.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectionError {
    /// It is not the JSON expected.
    #[error("the collections are not the JSON array that `peer --collections-config` reads")]
    Json(#[source] serde_json::Error),
    /// A policy cannot be read.
    #[error("collection {collection}: its policy cannot be read")]
    Policy {
        /// Name of the collection.
        collection: String,
        /// Why.
        #[source]
        source: PolicyTextError,
    },
    /// A collection has two endorsement policies.
    #[error("collection {collection}: give signaturePolicy or channelConfigPolicy, not both")]
    TwoPolicies {
        /// Name of the collection.
        collection: String,
    },
}

impl Collection {
    /// A collection of the members of these organisations, which all of them read, that keeps data
    /// for ever.
    pub fn new(name: impl Into<String>, members: SignaturePolicy) -> Self {
        Self {
            name: name.into(),
            members,
            required_peer_count: 0,
            maximum_peer_count: 1,
            block_to_live: 0,
            member_only_read: false,
            member_only_write: false,
            endorsement_policy: None,
        }
    }

    /// Reads the JSON array that `peer lifecycle chaincode --collections-config` takes.
    ///
    /// # Errors
    ///
    /// [`CollectionError`] with the collection that is wrong.
    pub fn list_from_json(text: &str) -> Result<Vec<Self>, CollectionError> {
        let list: Vec<Written> = serde_json::from_str(text).map_err(CollectionError::Json)?;
        list.into_iter().map(Written::read).collect()
    }

    pub(super) fn list_to_proto(list: &[Self]) -> Option<CollectionConfigPackage> {
        let config: Vec<_> = list.iter().map(Self::to_proto).collect();
        (!config.is_empty()).then_some(CollectionConfigPackage { config })
    }

    /// `None` where one is not of the kind that Fabric has.
    pub(super) fn list_from_proto(package: Option<CollectionConfigPackage>) -> Option<Vec<Self>> {
        let list = package.unwrap_or_default().config;
        list.into_iter().map(Self::from_proto).collect()
    }

    fn to_proto(&self) -> CollectionConfig {
        let members =
            collection_policy_config::Payload::SignaturePolicy(self.members.envelope().clone());
        let collection = StaticCollectionConfig {
            name: self.name.clone(),
            member_orgs_policy: Some(CollectionPolicyConfig {
                payload: Some(members),
            }),
            required_peer_count: self.required_peer_count,
            maximum_peer_count: self.maximum_peer_count,
            block_to_live: self.block_to_live,
            member_only_read: self.member_only_read,
            member_only_write: self.member_only_write,
            endorsement_policy: self
                .endorsement_policy
                .as_ref()
                .map(EndorsementPolicy::to_proto),
        };
        CollectionConfig {
            payload: Some(collection_config::Payload::StaticCollectionConfig(
                collection,
            )),
        }
    }

    fn from_proto(collection: CollectionConfig) -> Option<Self> {
        let collection_config::Payload::StaticCollectionConfig(fixed) = collection.payload?;
        let members = fixed.member_orgs_policy?.payload?;
        let collection_policy_config::Payload::SignaturePolicy(members) = members;
        let endorsement_policy = match fixed.endorsement_policy {
            Some(policy) => Some(EndorsementPolicy::from_proto(policy)?),
            None => None,
        };
        Some(Self {
            name: fixed.name,
            members: SignaturePolicy::from_envelope(members),
            required_peer_count: fixed.required_peer_count,
            maximum_peer_count: fixed.maximum_peer_count,
            block_to_live: fixed.block_to_live,
            member_only_read: fixed.member_only_read,
            member_only_write: fixed.member_only_write,
            endorsement_policy,
        })
    }
}

/// A collection as the JSON has it; the defaults are those of Fabric's command line tool.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    name: String,
    policy: String,
    #[serde(default)]
    required_peer_count: i32,
    #[serde(default = "one")]
    max_peer_count: i32,
    #[serde(default)]
    block_to_live: u64,
    #[serde(default)]
    member_only_read: bool,
    #[serde(default)]
    member_only_write: bool,
    #[serde(default)]
    endorsement_policy: Option<WrittenPolicy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenPolicy {
    #[serde(default)]
    signature_policy: String,
    #[serde(default)]
    channel_config_policy: String,
}

fn one() -> i32 {
    1
}

impl Written {
    fn read(self) -> Result<Collection, CollectionError> {
        let parse = |text: &str| {
            SignaturePolicy::parse(text).map_err(|source| CollectionError::Policy {
                collection: self.name.clone(),
                source,
            })
        };
        let members = parse(&self.policy)?;
        let endorsement_policy = match &self.endorsement_policy {
            None => None,
            Some(policy) => match (&*policy.signature_policy, &*policy.channel_config_policy) {
                ("", "") => None,
                (text, "") => Some(parse(text)?.into()),
                ("", path) => Some(EndorsementPolicy::Channel(path.to_owned())),
                _ => {
                    let collection = self.name.clone();
                    return Err(CollectionError::TwoPolicies { collection });
                }
            },
        };
        Ok(Collection {
            name: self.name,
            members,
            required_peer_count: self.required_peer_count,
            maximum_peer_count: self.max_peer_count,
            block_to_live: self.block_to_live,
            member_only_read: self.member_only_read,
            member_only_write: self.member_only_write,
            endorsement_policy,
        })
    }
}
