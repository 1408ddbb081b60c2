//! A definition by plain texts, for those who write one down: a policy, and what collections promise.

use fabric_protos::common::SignaturePolicyEnvelope;
use fabric_protos::peer::application_policy::Type;
use fabric_protos::peer::{
    ApplicationPolicy, CollectionConfig, CollectionPolicyConfig, StaticCollectionConfig,
    collection_config, collection_policy_config,
};

use super::{ChaincodeDefinition, IMPLICIT_COLLECTION_PREFIX};
use crate::policy::{self, PolicyTextError, Signer};

/// The channel's policy for chaincodes that name none of their own.
const DEFAULT_POLICY: &str = "/Channel/Application/Endorsement";

/// What a private collection promises.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CollectionTerms {
    /// Its name.
    pub name: String,
    /// Whose peers keep the plaintext: a policy such as `OR('Org1MSP.member')`.
    pub members: String,
    /// After so many blocks a key that is not written again leaves the state; 0 is never.
    pub block_to_live: u64,
    /// Whether only clients of members may read.
    pub member_only_read: bool,
    /// Whether only clients of members may write.
    pub member_only_write: bool,
    /// Who must endorse what is written there; the chaincode's own policy unless given.
    pub endorsement: Option<String>,
}

/// What a party may do with a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollectionAccess {
    /// Whether it belongs to the collection: a member's peer keeps the plaintext.
    pub member: bool,
    /// Whether it may read.
    pub read: bool,
    /// Whether it may write.
    pub write: bool,
}

impl ChaincodeDefinition {
    /// The first definition of a chaincode, endorsed by a policy such as
    /// `AND('Org1MSP.peer','Org2MSP.peer')`, or by the channel's default policy.
    ///
    /// # Errors
    /// A policy's text that cannot be read.
    pub fn of_terms(
        policy: Option<&str>,
        collections: &[CollectionTerms],
    ) -> Result<Self, PolicyTextError> {
        let policy = match policy {
            Some(text) => signature(policy::parse(text)?),
            None => ApplicationPolicy {
                r#type: Some(Type::ChannelConfigPolicyReference(
                    DEFAULT_POLICY.to_owned(),
                )),
            },
        };
        let mut definition = Self::new(1, "1.0", &policy);
        for terms in collections {
            let config = collection_config::Payload::StaticCollectionConfig(terms.config()?);
            definition.collections.config.push(CollectionConfig {
                payload: Some(config),
            });
        }
        Ok(definition)
    }

    /// What a party may do with a collection; `None` where there is none of this name.
    #[must_use]
    pub fn access(&self, collection: &str, party: &impl Signer) -> Option<CollectionAccess> {
        let is_member = |policy: &SignaturePolicyEnvelope| {
            policy::evaluate(policy, std::slice::from_ref(&party)).unwrap_or(false)
        };
        if let Some(msp_id) = collection.strip_prefix(IMPLICIT_COLLECTION_PREFIX) {
            return Some(CollectionAccess {
                member: is_member(&policy::any_member(&[msp_id], 1)),
                read: true,
                write: true,
            });
        }
        let config = self.collection(collection)?;
        let policy = config.member_orgs_policy.as_ref()?.payload.as_ref()?;
        let collection_policy_config::Payload::SignaturePolicy(policy) = policy;
        let member = is_member(policy);
        Some(CollectionAccess {
            member,
            read: member || !config.member_only_read,
            write: member || !config.member_only_write,
        })
    }
}

impl CollectionTerms {
    fn config(&self) -> Result<StaticCollectionConfig, PolicyTextError> {
        let members = policy::parse(&self.members)?;
        let endorsement = self.endorsement.as_deref().map(policy::parse).transpose()?;
        Ok(StaticCollectionConfig {
            name: self.name.clone(),
            member_orgs_policy: Some(CollectionPolicyConfig {
                payload: Some(collection_policy_config::Payload::SignaturePolicy(members)),
            }),
            block_to_live: self.block_to_live,
            member_only_read: self.member_only_read,
            member_only_write: self.member_only_write,
            endorsement_policy: endorsement.map(signature),
            ..StaticCollectionConfig::default()
        })
    }
}

fn signature(policy: SignaturePolicyEnvelope) -> ApplicationPolicy {
    ApplicationPolicy {
        r#type: Some(Type::SignaturePolicy(policy)),
    }
}
