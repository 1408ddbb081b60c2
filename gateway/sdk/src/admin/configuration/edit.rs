//! A configuration that is being changed: typed edits, and the raw configuration beside them.

use bytes::Bytes;
use fabric_ledger::channel::{ComputeError, compute_update};
use fabric_protos::common::{self, ConfigGroup, ConfigPolicy, ConfigValue};
use fabric_protos::{orderer, peer};
use prost::Message;

use super::newcomer::NewOrganization;
use super::update::ConfigurationUpdate;
use super::{
    APPLICATION, Batch, ChannelConfiguration, ChannelPolicy, ConfigurationError, NodeAddress,
    ORDERER, policy, value,
};
use crate::block::decode;

/// The policy that decides about changes of whatever is new.
const ADMINS: &str = "Admins";

/// A change of a configuration cannot be made.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// The configuration cannot be read.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// No such group.
    #[error("the configuration has no group {path}")]
    NoGroup {
        /// Its path, such as `Application/Org3MSP`.
        path: String,
    },
    /// A group of this name is there already.
    #[error("the configuration has a group {path} already; remove it first, or edit it")]
    GroupExists {
        /// Its path.
        path: String,
    },
    /// Nodes no longer use policies of this kind.
    #[error("a policy of kind {kind} cannot be written")]
    OtherPolicy {
        /// Its number.
        kind: i32,
    },
    /// Nothing differs from the configuration that the edit began with.
    #[error("nothing was changed")]
    NothingChanged,
}

/// Whose capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapabilityScope {
    /// Every node of the channel.
    Channel,
    /// Ordering nodes.
    Ordering,
    /// Peers.
    Application,
}

/// A configuration that is being changed. Nothing happens to the channel until the
/// [`ConfigurationUpdate`] is signed and submitted.
///
/// Paths of groups and policies begin below the channel's group: `Application/Org1MSP`,
/// `Application/Endorsement`; the channel's own policies have paths of one name.
#[derive(Debug, Clone)]
pub struct ConfigurationEdit {
    original: ChannelConfiguration,
    changed: common::Config,
}

impl ChannelConfiguration {
    /// Begins to change it.
    #[must_use]
    pub fn edit(&self) -> ConfigurationEdit {
        ConfigurationEdit {
            changed: self.config.clone(),
            original: self.clone(),
        }
    }

    /// The configuration itself: the bytes of a `common.Config`, which Fabric's `configtxlator`
    /// reads.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        self.config.encode_to_vec().into()
    }

    /// Reads the bytes of a `common.Config`.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError`] if they are none.
    pub fn from_bytes(channel: &str, config: &Bytes) -> Result<Self, ConfigurationError> {
        let config = decode("configuration", config)
            .map_err(|source| super::malformed("bytes".to_owned(), source))?;
        Ok(Self::of(channel, config))
    }
}

impl ConfigurationEdit {
    /// The peers of an organisation that others contact first.
    ///
    /// # Errors
    ///
    /// [`EditError::NoGroup`] if the channel has no such organisation.
    pub fn set_anchor_peers(
        &mut self,
        organization: &str,
        peers: &[NodeAddress],
    ) -> Result<(), EditError> {
        let anchor_peers = peers.iter().map(|node| peer::AnchorPeer {
            host: node.host.clone(),
            port: i32::try_from(node.port).unwrap_or_default(),
        });
        let anchor_peers = anchor_peers.collect();
        let group = self.group(&format!("{APPLICATION}/{organization}"))?;
        set(group, "AnchorPeers", &peer::AnchorPeers { anchor_peers });
        Ok(())
    }

    /// When a block is full.
    ///
    /// # Errors
    ///
    /// [`EditError::NoGroup`] if there is no ordering service in it.
    pub fn set_batch(&mut self, batch: &Batch) -> Result<(), EditError> {
        let group = self.group(ORDERER)?;
        let size = orderer::BatchSize {
            max_message_count: batch.message_count_max,
            absolute_max_bytes: batch.absolute_bytes_max,
            preferred_max_bytes: batch.preferred_bytes_max,
        };
        set(group, "BatchSize", &size);
        let timeout = batch.timeout.clone();
        set(group, "BatchTimeout", &orderer::BatchTimeout { timeout });
        Ok(())
    }

    /// A policy by its path, such as `Application/Endorsement`; a new one where there is none.
    ///
    /// # Errors
    ///
    /// [`EditError::NoGroup`], [`EditError::OtherPolicy`].
    pub fn set_policy(&mut self, path: &str, policy: &ChannelPolicy) -> Result<(), EditError> {
        let written = policy::to_proto(policy)?;
        let (group, name) = path.rsplit_once('/').unwrap_or(("", path));
        let policies = &mut self.group(group)?.policies;
        let policy = policies
            .entry(name.to_owned())
            .or_insert_with(|| ConfigPolicy {
                mod_policy: ADMINS.to_owned(),
                ..Default::default()
            });
        policy.policy = Some(written);
        Ok(())
    }

    /// Removes a policy; gives whether it was there.
    ///
    /// # Errors
    ///
    /// [`EditError::NoGroup`].
    pub fn remove_policy(&mut self, path: &str) -> Result<bool, EditError> {
        let (group, name) = path.rsplit_once('/').unwrap_or(("", path));
        Ok(self.group(group)?.policies.remove(name).is_some())
    }

    /// Lets an organisation of peers take part.
    ///
    /// # Errors
    ///
    /// [`EditError::GroupExists`], [`EditError::OtherPolicy`].
    pub fn add_organization(&mut self, organization: &NewOrganization) -> Result<(), EditError> {
        let added = organization.to_group()?;
        let groups = &mut self.group(APPLICATION)?.groups;
        let name = organization.name();
        if groups.contains_key(name) {
            return Err(EditError::GroupExists {
                path: format!("{APPLICATION}/{name}"),
            });
        }
        groups.insert(name.to_owned(), added);
        Ok(())
    }

    /// Ends the part of an organisation of peers.
    ///
    /// # Errors
    ///
    /// [`EditError::NoGroup`] if it takes none.
    pub fn remove_organization(&mut self, name: &str) -> Result<(), EditError> {
        match self.group(APPLICATION)?.groups.remove(name) {
            Some(_) => Ok(()),
            None => Err(EditError::NoGroup {
                path: format!("{APPLICATION}/{name}"),
            }),
        }
    }

    /// Which policy says who may use a resource, such as `qscc/GetChainInfo`: a name below the
    /// application or a full path. Without a policy Fabric's default counts again.
    ///
    /// # Errors
    ///
    /// [`EditError::NoGroup`], [`EditError::Configuration`].
    pub fn set_access_rule(
        &mut self,
        resource: &str,
        policy: Option<&str>,
    ) -> Result<(), EditError> {
        let group = self.group(APPLICATION)?;
        let rules: Option<peer::AcLs> = value(APPLICATION, group, "ACLs")?;
        let mut rules = rules.unwrap_or_default();
        match policy {
            Some(policy) => {
                let policy_ref = policy.to_owned();
                let rule = peer::ApiResource { policy_ref };
                rules.acls.insert(resource.to_owned(), rule);
            }
            None => {
                rules.acls.remove(resource);
            }
        }
        set(group, "ACLs", &rules);
        Ok(())
    }

    /// Which features nodes must have: these, and no others.
    ///
    /// # Errors
    ///
    /// [`EditError::NoGroup`].
    pub fn set_capabilities<'n>(
        &mut self,
        scope: CapabilityScope,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<(), EditError> {
        let names = names.into_iter();
        let capabilities = names.map(|name| (name.to_owned(), common::Capability {}));
        let capabilities = capabilities.collect();
        let group = match scope {
            CapabilityScope::Channel => self.group("")?,
            CapabilityScope::Ordering => self.group(ORDERER)?,
            CapabilityScope::Application => self.group(APPLICATION)?,
        };
        set(
            group,
            "Capabilities",
            &common::Capabilities { capabilities },
        );
        Ok(())
    }

    /// Begins or ends maintenance, in which the channel takes no transactions. Fabric wants this to
    /// be the only change of its update.
    ///
    /// # Errors
    ///
    /// [`EditError::NoGroup`], [`EditError::Configuration`].
    pub fn set_maintenance(&mut self, is_in_maintenance: bool) -> Result<(), EditError> {
        use orderer::consensus_type::State;
        let group = self.group(ORDERER)?;
        let consensus: Option<orderer::ConsensusType> = value(ORDERER, group, "ConsensusType")?;
        let mut consensus = consensus.unwrap_or_default();
        consensus.set_state(match is_in_maintenance {
            true => State::Maintenance,
            false => State::Normal,
        });
        set(group, "ConsensusType", &consensus);
        Ok(())
    }

    /// The configuration as edited so far, with the versions of the original one.
    #[must_use]
    pub fn configuration(&self) -> ChannelConfiguration {
        ChannelConfiguration::of(self.original.channel(), self.changed.clone())
    }

    /// Puts a configuration that was edited elsewhere in the place of what was edited here.
    /// Versions in it do not matter.
    pub fn replace(&mut self, configuration: &ChannelConfiguration) {
        self.changed = configuration.config.clone();
    }

    /// What differs from the original configuration, to be signed. As Fabric's
    /// `configtxlator compute_update`.
    ///
    /// # Errors
    ///
    /// [`EditError::NothingChanged`].
    pub fn update(&self) -> Result<ConfigurationUpdate, EditError> {
        let channel = self.original.channel();
        let update = compute_update(channel, &self.original.config, &self.changed);
        match update {
            Ok(update) => Ok(ConfigurationUpdate::new(
                channel,
                update.encode_to_vec().into(),
            )),
            Err(ComputeError::NoDifference) => Err(EditError::NothingChanged),
            Err(ComputeError::NoChannelGroup(_)) => {
                let group = "Channel";
                Err(ConfigurationError::MissingGroup { group }.into())
            }
        }
    }

    fn group(&mut self, path: &str) -> Result<&mut ConfigGroup, EditError> {
        let missing = || EditError::NoGroup {
            path: path.to_owned(),
        };
        let mut group = self.changed.channel_group.as_mut().ok_or_else(missing)?;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            group = group.groups.get_mut(name).ok_or_else(missing)?;
        }
        Ok(group)
    }
}

/// Sets a value; who may change it stays as it is.
pub(super) fn set(group: &mut ConfigGroup, name: &str, message: &impl Message) {
    let value = group
        .values
        .entry(name.to_owned())
        .or_insert_with(|| ConfigValue {
            mod_policy: ADMINS.to_owned(),
            ..Default::default()
        });
    value.value = message.encode_to_vec().into();
}

/// A group whose administrators may change it.
pub(super) fn new_group() -> ConfigGroup {
    ConfigGroup {
        mod_policy: ADMINS.to_owned(),
        ..Default::default()
    }
}

/// A policy that the group's administrators may change.
pub(super) fn new_policy(policy: common::Policy) -> ConfigPolicy {
    ConfigPolicy {
        version: 0,
        policy: Some(policy),
        mod_policy: ADMINS.to_owned(),
    }
}
