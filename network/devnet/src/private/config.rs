//! Collections as the file that Fabric's `peer` takes with `--collections-config` describes them.
//!
//! Source: `internal/peer/chaincode/common.go`.

use fabric_ledger::policy;
use fabric_protos::peer::{
    ApplicationPolicy, CollectionConfig as ConfigMessage, CollectionConfigPackage,
    CollectionPolicyConfig, StaticCollectionConfig, application_policy::Type,
    collection_config::Payload, collection_policy_config,
};
use serde::{Deserialize, Serialize};

/// A private data collection of a chaincode.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CollectionConfig {
    /// Name that chaincode calls it by.
    pub name: String,
    /// Whose peers keep the data, as `OR('Org1MSP.member','Org2MSP.member')`.
    pub policy: String,
    /// Members' peers, beside the endorsing one, that there must be at endorsement; none is 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_peer_count: Option<i32>,
    /// Members' peers that the endorsing one hands the data to at most; none is 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_peer_count: Option<i32>,
    /// Blocks after which data that is not written again is gone; 0 is never.
    pub block_to_live: u64,
    /// Whether only clients of members may read.
    pub member_only_read: bool,
    /// Whether only clients of members may write.
    pub member_only_write: bool,
    /// Who must endorse writes; the chaincode's own policy where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endorsement_policy: Option<CollectionEndorsementPolicy>,
}

/// Who must endorse writes to a collection: one of the two, or neither.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CollectionEndorsementPolicy {
    /// A policy, as `AND('Org1MSP.peer','Org2MSP.peer')`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub signature_policy: String,
    /// The path of a policy of the channel's configuration.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub channel_config_policy: String,
}

/// Why a description of collections makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum CollectionConfigError {
    /// Not the JSON that it should be.
    #[error("could not parse the collection configuration: {0}")]
    Json(#[from] serde_json::Error),
    /// A membership policy that does not parse.
    #[error("invalid policy {policy}: {reason}")]
    Policy {
        /// The policy.
        policy: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An endorsement policy that does not parse, or two of them.
    #[error("invalid endorsement policy of collection {collection}: {reason}")]
    EndorsementPolicy {
        /// The collection.
        collection: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl CollectionConfig {
    /// Reads a collections file: a JSON array.
    ///
    /// # Errors
    /// Where the text is not such an array.
    pub fn parse(json: &str) -> Result<Vec<Self>, CollectionConfigError> {
        let list: Option<Vec<Self>> = serde_json::from_str(json)?;
        Ok(list.unwrap_or_default())
    }

    fn to_message(&self) -> Result<StaticCollectionConfig, CollectionConfigError> {
        let members =
            policy::parse(&self.policy).map_err(|error| CollectionConfigError::Policy {
                policy: self.policy.clone(),
                reason: error.to_string(),
            })?;
        let endorsement_policy =
            match &self.endorsement_policy {
                None => None,
                Some(policy) => policy.to_message().map_err(|reason| {
                    CollectionConfigError::EndorsementPolicy {
                        collection: self.name.clone(),
                        reason,
                    }
                })?,
            };
        Ok(StaticCollectionConfig {
            name: self.name.clone(),
            member_orgs_policy: Some(CollectionPolicyConfig {
                payload: Some(collection_policy_config::Payload::SignaturePolicy(members)),
            }),
            required_peer_count: self.required_peer_count.unwrap_or(0),
            maximum_peer_count: self.max_peer_count.unwrap_or(1),
            block_to_live: self.block_to_live,
            member_only_read: self.member_only_read,
            member_only_write: self.member_only_write,
            endorsement_policy,
        })
    }
}

impl CollectionEndorsementPolicy {
    fn to_message(&self) -> Result<Option<ApplicationPolicy>, String> {
        let r#type = match (
            self.signature_policy.as_str(),
            self.channel_config_policy.as_str(),
        ) {
            ("", "") => return Ok(None),
            ("", path) => Type::ChannelConfigPolicyReference(path.to_owned()),
            (text, "") => Type::SignaturePolicy(
                policy::parse(text).map_err(|_| format!("invalid signature policy: {text}"))?,
            ),
            _ => {
                return Err(
                    r#"cannot specify both "--signature-policy" and "--channel-config-policy""#
                        .to_owned(),
                );
            }
        };
        Ok(Some(ApplicationPolicy {
            r#type: Some(r#type),
        }))
    }
}

/// The collections as a chaincode definition has them.
pub(crate) fn package(
    collections: &[CollectionConfig],
) -> Result<CollectionConfigPackage, CollectionConfigError> {
    let config = collections
        .iter()
        .map(|collection| {
            let payload = Payload::StaticCollectionConfig(collection.to_message()?);
            Ok(ConfigMessage {
                payload: Some(payload),
            })
        })
        .collect::<Result<_, CollectionConfigError>>()?;
    Ok(CollectionConfigPackage { config })
}
