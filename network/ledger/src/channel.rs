//! The channel configuration: organisations and policies, as the last configuration block has them.

mod bundle;
mod capabilities;
mod consensus;
mod convert;
mod duration;
mod group;
mod maintenance;
pub mod raft;
mod transition;
mod update;

use std::sync::Arc;

use bytes::Bytes;
use fabric_msp::{Identity, Msp, MspError, MspManager};
use fabric_protos::common::{Block, Config, ConfigEnvelope, ConfigGroup, SignaturePolicyEnvelope};
use fabric_protos::msp::{FabricMspConfig, MspConfig};
use prost::Message;

use crate::block::{BlockError, Content, decode};
use bundle::Bundle;
use group::PolicyGroup;

pub use bundle::{
    BatchSize, BundleError, GroupError, OrdererConfig, PolicyDefinitionError, ValueError,
    ValuesError,
};
pub use capabilities::{CapabilityLevel, UnsupportedCapability};
pub use consensus::{ConsensusError, MetadataError};
pub use duration::DurationError;
pub use group::PolicyRefusal;
pub use maintenance::MaintenanceError;
pub use transition::TransitionError;
pub use update::{
    AuthorizationError, ComputeError, EnvelopeError, IdError, IncompatibleError, KeyError,
    UpdateError, Wire, compute_update, text,
};

/// Where the policy of chaincodes without one of their own is.
pub const ENDORSEMENT_POLICY: &str = "/Channel/Application/Endorsement";
/// Where the policy of the system chaincode `_lifecycle` is.
pub const LIFECYCLE_ENDORSEMENT_POLICY: &str = "/Channel/Application/LifecycleEndorsement";

/// `MSPConfig.type` of X.509 organisations; the other type is idemix.
const MSP_TYPE_FABRIC: i32 = 0;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// The block does not decode.
    #[error("the configuration block cannot be read")]
    Block(#[source] BlockError),
    /// The block holds something else.
    #[error(
        "block {0} holds no channel configuration: give the channel's genesis block or a later configuration block"
    )]
    NotConfiguration(u64),
    /// Not the protobuf message that it should be.
    #[error("the configuration's {part} is not valid protobuf")]
    Undecodable {
        /// Which part.
        part: String,
        /// What the decoder says.
        #[source]
        source: prost::DecodeError,
    },
    /// No channel group.
    #[error("the configuration is empty")]
    Empty,
    /// The configuration is not the next one.
    #[error("the configuration has sequence {found}, the next is {expected}")]
    Sequence {
        /// The one that should be.
        expected: u64,
        /// The one that is.
        found: u64,
    },
    /// An organisation's MSP is unusable.
    #[error("organisation '{organization}' has an unusable MSP")]
    Msp {
        /// Name of its group.
        organization: String,
        /// What is wrong.
        #[source]
        source: Box<MspError>,
    },
    /// No update makes it out of the present one, or not with these signatures.
    #[error("the configuration is not what its update makes of the present one")]
    Update(#[source] Box<UpdateError>),
    /// A policy is malformed.
    #[error("policy '{path}' is malformed")]
    Policy {
        /// Its path.
        path: String,
        /// What is wrong.
        #[source]
        source: prost::DecodeError,
    },
}

/// An organisation that takes part in the application (has peers).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationOrganization {
    /// The name of its group in the configuration.
    pub group: String,
    /// Its MSP.
    pub msp_id: String,
}

/// A channel's configuration in force. Cheap to share behind an [`Arc`]; a new configuration
/// makes a new one.
#[derive(Debug)]
pub struct ChannelConfig {
    channel: String,
    config: Config,
    msps: Arc<MspManager>,
    organizations: Vec<ApplicationOrganization>,
    policies: PolicyGroup,
    /// What else it says; none where no node of Fabric would take it.
    bundle: Option<Bundle>,
}

impl ChannelConfig {
    /// Reads a configuration block.
    ///
    /// # Errors
    /// Where the block holds no configuration, or one that cannot be used.
    pub fn from_block(block: &Block) -> Result<Self, ChannelError> {
        let block = decode(block).map_err(ChannelError::Block)?;
        let [transaction] = block.transactions.as_slice() else {
            return Err(ChannelError::NotConfiguration(block.number));
        };
        match (&transaction.header, &transaction.content) {
            (Some(header), Content::Config(envelope)) => {
                Self::from_envelope(&header.channel, envelope)
            }
            _ => Err(ChannelError::NotConfiguration(block.number)),
        }
    }

    /// Reads the bytes of a `common.ConfigEnvelope`.
    ///
    /// # Errors
    /// Where the configuration cannot be used.
    pub fn from_envelope(channel: &str, envelope: &Bytes) -> Result<Self, ChannelError> {
        let envelope = ConfigEnvelope::decode(envelope.clone()).map_err(undecodable("envelope"))?;
        Self::from_config(channel, envelope.config.ok_or(ChannelError::Empty)?)
    }

    /// Reads a configuration.
    ///
    /// # Errors
    /// Where the configuration cannot be used.
    pub fn from_config(channel: &str, config: Config) -> Result<Self, ChannelError> {
        let root = config.channel_group.as_ref().ok_or(ChannelError::Empty)?;
        let mut msps = Vec::new();
        collect_msps("Channel", root, &mut msps)?;
        let bundle = Bundle::of_known(&config).ok();
        if bundle
            .as_ref()
            .is_some_and(|bundle| bundle.capabilities.are_v3())
        {
            msps = msps.into_iter().map(Msp::accepting_ed25519).collect();
        }
        let application = root.groups.get("Application");
        let mut organizations = Vec::new();
        for (name, group) in application.into_iter().flat_map(|group| &group.groups) {
            if let Some(msp) = organization_msp(name, group)? {
                organizations.push(ApplicationOrganization {
                    group: name.clone(),
                    msp_id: msp.id().to_owned(),
                });
            }
        }
        organizations.sort_by(|a, b| a.group.cmp(&b.group));
        Ok(Self {
            channel: channel.to_owned(),
            policies: PolicyGroup::new("/Channel", root)?,
            msps: Arc::new(MspManager::new(msps)),
            organizations,
            config,
            bundle,
        })
    }

    /// The configuration that follows this one, checked as peers check it: its update makes it of
    /// this one, and has the signatures that each change takes.
    ///
    /// # Errors
    /// Where it is not the next one, or cannot be used.
    pub fn next(&self, envelope: &Bytes) -> Result<Self, ChannelError> {
        let envelope = ConfigEnvelope::decode(envelope.clone()).map_err(undecodable("envelope"))?;
        let config = envelope.config.as_ref().ok_or(ChannelError::Empty)?;
        let expected = self.config.sequence.wrapping_add(1);
        if config.sequence != expected {
            let found = config.sequence;
            return Err(ChannelError::Sequence { expected, found });
        }
        let applied = self.check_applied(&envelope);
        applied.map_err(|error| ChannelError::Update(Box::new(error)))?;
        Self::from_config(&self.channel, envelope.config.ok_or(ChannelError::Empty)?)
    }

    /// The channel's name.
    #[must_use]
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// How many changes the configuration has seen.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.config.sequence
    }

    /// The configuration itself.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// All organisations' MSPs: application and ordering service.
    #[must_use]
    pub fn msps(&self) -> &Arc<MspManager> {
        &self.msps
    }

    /// The organisations that have peers, in order of their groups' names.
    #[must_use]
    pub fn organizations(&self) -> &[ApplicationOrganization] {
        &self.organizations
    }

    /// How the ordering service works; none where the configuration does not say so in full.
    #[must_use]
    pub fn orderer(&self) -> Option<&OrdererConfig> {
        self.bundle.as_ref()?.orderer.as_ref()
    }

    /// Path of the policy that the access control list of the application has for a resource, such
    /// as `qscc/GetChainInfo`; none where a default counts. The policy may be missing.
    #[must_use]
    pub fn acl(&self, resource: &str) -> Option<String> {
        self.bundle.as_ref()?.application.as_ref()?.acl(resource)
    }

    /// Whether a policy is defined at `path`, such as `/Channel/Application/Endorsement`.
    #[must_use]
    pub fn has_policy(&self, path: &str) -> bool {
        self.policies.find(path).is_some()
    }

    /// Whether the signers satisfy the policy at `path`. A policy that is not there, or is
    /// malformed, is satisfied by nobody.
    #[must_use]
    pub fn satisfies(&self, path: &str, signers: &[Arc<Identity>]) -> bool {
        self.verdict(path, signers).is_ok()
    }

    /// The same, with what Fabric says where they do not.
    ///
    /// # Errors
    /// What is missing.
    pub fn verdict(&self, path: &str, signers: &[Arc<Identity>]) -> Result<(), PolicyRefusal> {
        match self.policies.find(path) {
            Some((group, policy)) => group.verdict(policy, signers),
            None => Err(PolicyRefusal::Missing(path.to_owned())),
        }
    }

    /// The policy at `path` as a signature policy, whatever kind it is: what clients are told of
    /// whose signatures it takes. `None` where it is not there or rests on one that is not.
    #[must_use]
    pub fn signature_policy(&self, path: &str) -> Option<SignaturePolicyEnvelope> {
        self.policies
            .find(path)
            .and_then(|(group, policy)| convert::signature_policy(group, policy))
    }

    fn policies(&self) -> &PolicyGroup {
        &self.policies
    }

    fn bundle(&self) -> Option<&Bundle> {
        self.bundle.as_ref()
    }
}

/// Organisations stand at different depths: under Application, Orderer and Consortiums.
fn collect_msps(name: &str, group: &ConfigGroup, msps: &mut Vec<Msp>) -> Result<(), ChannelError> {
    msps.extend(organization_msp(name, group)?);
    group
        .groups
        .iter()
        .try_for_each(|(name, group)| collect_msps(name, group, msps))
}

fn organization_msp(name: &str, group: &ConfigGroup) -> Result<Option<Msp>, ChannelError> {
    let Some(value) = group.values.get("MSP") else {
        return Ok(None);
    };
    let part = || format!("MSP of organisation '{name}'");
    let config = MspConfig::decode(value.value.clone()).map_err(undecodable(part()))?;
    if config.r#type != MSP_TYPE_FABRIC {
        // Idemix: its members are unknown here, so that nothing they sign is accepted.
        return Ok(None);
    }
    let config = FabricMspConfig::decode(config.config).map_err(undecodable(part()))?;
    let msp = Msp::from_config(&config).map_err(|source| ChannelError::Msp {
        organization: name.to_owned(),
        source: Box::new(source),
    })?;
    Ok(Some(msp))
}

fn undecodable(part: impl Into<String>) -> impl FnOnce(prost::DecodeError) -> ChannelError {
    let part = part.into();
    move |source| ChannelError::Undecodable { part, source }
}
