//! The collections of a definition: whether they make sense on a channel, and after the ones in
//! force. (Fabric: core/chaincode/lifecycle/scc.go, `validateCollectionConfigs`)

use std::collections::BTreeSet;

use fabric_msp::MspManager;
use fabric_protos::common::msp_principal::Classification;
use fabric_protos::common::{
    MspPrincipal, MspRole, OrganizationUnit, SignaturePolicy, SignaturePolicyEnvelope,
    signature_policy,
};
use fabric_protos::peer::collection_config::Payload;
use fabric_protos::peer::collection_policy_config::Payload as PolicyPayload;
use fabric_protos::peer::{CollectionConfigPackage, StaticCollectionConfig};
use prost::Message;

use crate::policy;

/// What is wrong with collections, in a real peer's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CollectionError {
    /// An entry without content.
    #[error("collection configuration is empty")]
    Empty,
    /// Not a collection's name.
    #[error(
        "invalid collection name '{0}'. Names can only consist of alphanumerics, '_', and '-' and cannot begin with '_'"
    )]
    Name(String),
    /// Two of one name.
    #[error("collection-name: {0} -- found duplicate in collection configuration")]
    Duplicate(String),
    /// Fewer peers at most than at least.
    #[error(
        "collection-name: {name} -- maximum peer count ({maximum}) cannot be less than the required peer count ({required})"
    )]
    PeerCount {
        /// The collection.
        name: String,
        /// At most.
        maximum: i32,
        /// At least.
        required: i32,
    },
    /// Less than no peer.
    #[error("collection-name: {name} -- requiredPeerCount ({required}) cannot be less than zero")]
    NegativePeerCount {
        /// The collection.
        name: String,
        /// At least.
        required: i32,
    },
    /// Nobody is told to be a member.
    #[error("collection member policy is not set for collection '{0}'")]
    NoPolicy(String),
    /// Nobody is a member.
    #[error("collection member org policy is empty for collection '{0}'")]
    EmptyPolicy(String),
    /// A policy that cannot be evaluated.
    #[error("invalid member org policy for collection '{name}': {reason}")]
    Policy {
        /// The collection.
        name: String,
        /// What is wrong.
        reason: policy::PolicyError,
    },
    /// Members must each be one by themselves.
    #[error(
        "collection-name: {name} -- error in member org policy: signature policy is not an OR concatenation, NOutOf {count}"
    )]
    NotOr {
        /// The collection.
        name: String,
        /// Signers asked for.
        count: i32,
    },
    /// An organisation of no part in the channel.
    #[error("collection-name: {name} -- collection member '{member}' is not part of the channel")]
    Foreign {
        /// The collection.
        name: String,
        /// The organisation.
        member: String,
    },
    /// Somebody of no part in the channel.
    #[error("collection-name: {0} -- contains an identity that is not part of the channel")]
    ForeignIdentity(String),
    /// A principal that does not decode.
    #[error("collection-name: {name} -- cannot unmarshal identity bytes into {message}")]
    Principal {
        /// The collection.
        name: String,
        /// What it should be.
        message: &'static str,
    },
    /// A kind of principal that members cannot be told by.
    #[error("collection-name: {name} -- principal type {kind} is not supported")]
    PrincipalType {
        /// The collection.
        name: String,
        /// Its type.
        kind: String,
    },
    /// Collections stay for ever.
    #[error("the proposed collection config does not contain previously defined collections")]
    AllMissing,
    /// Collections stay for ever.
    #[error("existing collection [{0}] missing in the proposed collection configuration")]
    Missing(String),
    /// Data that is there expires as it was told to.
    #[error(
        "the BlockToLive in an existing collection [{name}] modified. Existing value [{existing}]"
    )]
    BlockToLive {
        /// The collection.
        name: String,
        /// In force.
        existing: u64,
    },
}

/// Checks collections by themselves.
///
/// # Errors
/// What is wrong with the first bad one.
pub fn check(package: &CollectionConfigPackage, msps: &MspManager) -> Result<(), CollectionError> {
    let mut names = BTreeSet::new();
    for collection in configs(package)? {
        let name = || collection.name.clone();
        if !is_name(&collection.name) {
            return Err(CollectionError::Name(name()));
        }
        if !names.insert(&collection.name) {
            return Err(CollectionError::Duplicate(name()));
        }
        let (maximum, required) = (
            collection.maximum_peer_count,
            collection.required_peer_count,
        );
        if maximum < required {
            let name = name();
            return Err(CollectionError::PeerCount {
                name,
                maximum,
                required,
            });
        }
        if required < 0 {
            let name = name();
            return Err(CollectionError::NegativePeerCount { name, required });
        }
        check_members(collection, msps)?;
    }
    Ok(())
}

/// Checks collections against those in force, none of which may go or change its time to live.
///
/// # Errors
/// What is missing or changed.
pub fn check_against(
    proposed: &CollectionConfigPackage,
    committed: &CollectionConfigPackage,
) -> Result<(), CollectionError> {
    let proposed = configs(proposed)?;
    let committed = configs(committed)?;
    if proposed.is_empty() && !committed.is_empty() {
        return Err(CollectionError::AllMissing);
    }
    for existing in committed {
        let name = || existing.name.clone();
        // Of two with one name the last would count; there are no two, they were checked before.
        let Some(new) = proposed.iter().find(|new| new.name == existing.name) else {
            return Err(CollectionError::Missing(name()));
        };
        if new.block_to_live != existing.block_to_live {
            return Err(CollectionError::BlockToLive {
                name: name(),
                existing: existing.block_to_live,
            });
        }
    }
    Ok(())
}

fn configs(
    package: &CollectionConfigPackage,
) -> Result<Vec<&StaticCollectionConfig>, CollectionError> {
    let configs = package.config.iter();
    configs
        .map(|config| match &config.payload {
            Some(Payload::StaticCollectionConfig(config)) => Ok(config),
            None => Err(CollectionError::Empty),
        })
        .collect()
}

/// `^[A-Za-z0-9-]+([A-Za-z0-9_-]+)*$`.
fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !name.is_empty() && !name.starts_with('_') && name.chars().all(allowed)
}

fn check_members(
    collection: &StaticCollectionConfig,
    msps: &MspManager,
) -> Result<(), CollectionError> {
    let name = &collection.name;
    let Some(policy) = &collection.member_orgs_policy else {
        return Err(CollectionError::NoPolicy(name.clone()));
    };
    let Some(PolicyPayload::SignaturePolicy(policy)) = &policy.payload else {
        return Err(CollectionError::EmptyPolicy(name.clone()));
    };
    policy::check(policy).map_err(|reason| CollectionError::Policy {
        name: name.clone(),
        reason,
    })?;
    check_or(name, policy)?;
    let mut principals = policy.identities.iter();
    principals.try_for_each(|principal| check_principal(name, principal, msps))
}

/// Each rule asks for one signer only. The rules stand in a list, so depth costs no stack.
fn check_or(name: &str, policy: &SignaturePolicyEnvelope) -> Result<(), CollectionError> {
    let mut open: Vec<&SignaturePolicy> = policy.rule.iter().collect();
    while let Some(rule) = open.pop() {
        if let Some(signature_policy::Type::NOutOf(nested)) = &rule.r#type {
            if nested.n != 1 {
                return Err(CollectionError::NotOr {
                    name: name.to_owned(),
                    count: nested.n,
                });
            }
            open.extend(&nested.rules);
        }
    }
    Ok(())
}

fn check_principal(
    name: &str,
    principal: &MspPrincipal,
    msps: &MspManager,
) -> Result<(), CollectionError> {
    let content = principal.principal.clone();
    let undecodable = |message| {
        let name = name.to_owned();
        move |_| CollectionError::Principal { name, message }
    };
    let member = match Classification::try_from(principal.principal_classification) {
        Ok(Classification::Role) => {
            MspRole::decode(content)
                .map_err(undecodable("MSPRole"))?
                .msp_identifier
        }
        Ok(Classification::OrganizationUnit) => {
            OrganizationUnit::decode(content)
                .map_err(undecodable("OrganizationUnit"))?
                .msp_identifier
        }
        Ok(Classification::Identity) => {
            return match msps.identity(&content) {
                Ok(_) => Ok(()),
                Err(_) => Err(CollectionError::ForeignIdentity(name.to_owned())),
            };
        }
        Ok(other) => return Err(unsupported(name, other.as_str_name())),
        Err(_) => {
            let kind = principal.principal_classification.to_string();
            return Err(unsupported(name, &kind));
        }
    };
    match msps.msp(&member) {
        Some(_) => Ok(()),
        None => Err(CollectionError::Foreign {
            name: name.to_owned(),
            member,
        }),
    }
}

fn unsupported(name: &str, kind: &str) -> CollectionError {
    CollectionError::PrincipalType {
        name: name.to_owned(),
        kind: kind.to_owned(),
    }
}
