//! A collection as the channel defines it, and who belongs to it.
//!
//! Source: `core/common/privdata/simplecollection.go`, `core/chaincode/lifecycle/deployedcc_infoprovider.go`.

use std::sync::Arc;

use fabric_ledger::{
    lifecycle::{IMPLICIT_COLLECTION_PREFIX, NAMESPACE as LIFECYCLE},
    policy,
};
use fabric_msp::{Identity, MspManager};
use fabric_protos::{
    common::{
        MspPrincipal, MspRole, OrganizationUnit, SignaturePolicyEnvelope,
        msp_principal::Classification,
    },
    peer::{
        CollectionConfigPackage, CollectionPolicyConfig, StaticCollectionConfig,
        collection_config::Payload, collection_policy_config,
    },
};
use prost::Message as _;

use crate::{
    channel::Channel,
    storage::{StorageError, View},
};

/// Peers that a peer disseminates its own organisation's implicit collection to, at most
/// (`peer.gossip.pvtData.implicitCollectionDisseminationPolicy.maxPeerCount`).
const IMPLICIT_PEERS_MAX: i32 = 1;

/// A collection of a chaincode.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Collection {
    pub(crate) config: StaticCollectionConfig,
}

/// What a client may do with a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Permission {
    pub(crate) read: bool,
    pub(crate) write: bool,
}

impl Collection {
    /// A collection as of a view; none where the chaincode has none of this name.
    pub(crate) fn find(
        channel: &Channel,
        view: &View,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Self>, StorageError> {
        let definition = match namespace {
            LIFECYCLE => None,
            _ => match channel.definition(view, namespace)? {
                Some(definition) => Some(definition),
                None => return Ok(None),
            },
        };
        if let Some(msp_id) = name.strip_prefix(IMPLICIT_COLLECTION_PREFIX) {
            return Ok(Some(Self::implicit(msp_id)));
        }
        Ok(definition.and_then(|definition| Self::in_package(&definition.collections, name)))
    }

    /// An explicit collection.
    pub(crate) fn in_package(package: &CollectionConfigPackage, name: &str) -> Option<Self> {
        let config = package.config.iter().find_map(|config| {
            let Payload::StaticCollectionConfig(config) = config.payload.as_ref()?;
            (config.name == name).then_some(config)
        })?;
        Some(Self {
            config: config.clone(),
        })
    }

    /// The collection that an organisation has to itself in every chaincode.
    fn implicit(msp_id: &str) -> Self {
        let policy = policy::any_member(&[msp_id], 1);
        let config = StaticCollectionConfig {
            name: format!("{IMPLICIT_COLLECTION_PREFIX}{msp_id}"),
            member_orgs_policy: Some(CollectionPolicyConfig {
                payload: Some(collection_policy_config::Payload::SignaturePolicy(policy)),
            }),
            ..Default::default()
        };
        Self { config }
    }

    /// How many peers a peer hands plaintext to, at most.
    pub(crate) fn peers_max(&self, peer: &Identity) -> i32 {
        let own = self.config.name.strip_prefix(IMPLICIT_COLLECTION_PREFIX);
        match own {
            Some(msp_id) if msp_id == peer.msp_id() => IMPLICIT_PEERS_MAX,
            Some(_) => 0,
            None => self.config.maximum_peer_count,
        }
    }

    /// Whether an identity, whose signature has been checked, is a member.
    pub(crate) fn has_member(&self, identity: &Arc<Identity>) -> bool {
        self.policy().is_some_and(|policy| {
            policy::evaluate(policy, std::slice::from_ref(identity)).unwrap_or(false)
        })
    }

    /// Whether a peer keeps the plaintext: it is a member, or its organisation is named.
    pub(crate) fn is_kept_by(&self, peer: &Arc<Identity>, msps: &MspManager) -> bool {
        let principals = self.policy().map_or(&[][..], |policy| &policy.identities);
        let named = principals
            .iter()
            .any(|principal| organization(principal, msps).as_deref() == Some(peer.msp_id()));
        named || self.has_member(peer)
    }

    /// What a client may do.
    pub(crate) fn permission(&self, client: &Arc<Identity>) -> Permission {
        let StaticCollectionConfig {
            member_only_read,
            member_only_write,
            ..
        } = self.config;
        let member = (member_only_read || member_only_write) && self.has_member(client);
        Permission {
            read: member || !member_only_read,
            write: member || !member_only_write,
        }
    }

    fn policy(&self) -> Option<&SignaturePolicyEnvelope> {
        let policy = self.config.member_orgs_policy.as_ref()?;
        let collection_policy_config::Payload::SignaturePolicy(policy) = policy.payload.as_ref()?;
        Some(policy)
    }
}

/// The organisation that a principal belongs to.
fn organization(principal: &MspPrincipal, msps: &MspManager) -> Option<String> {
    let bytes = principal.principal.clone();
    match principal.principal_classification() {
        Classification::Role => Some(MspRole::decode(bytes).ok()?.msp_identifier),
        Classification::OrganizationUnit => {
            Some(OrganizationUnit::decode(bytes).ok()?.msp_identifier)
        }
        Classification::Identity => Some(msps.identity(&bytes).ok()?.msp_id().to_owned()),
        Classification::Anonymity | Classification::Combined => None,
    }
}
