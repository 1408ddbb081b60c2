//! A channel's configuration: who takes part, by which policies, and how blocks are made.

mod edit;
mod newcomer;
mod organization;
mod policy;
mod raft;
mod update;

use std::collections::BTreeMap;

use bytes::Bytes;
use fabric_protos::common::{self, ConfigGroup};
use fabric_protos::{orderer, peer};
use prost::Message;

pub use edit::{CapabilityScope, ConfigurationEdit, EditError};
pub use newcomer::NewOrganization;
pub use organization::{ChannelOrganization, NodeAddress};
pub use policy::{ChannelPolicy, ImplicitRule};
pub use raft::Consenter;
pub use update::{ApprovalError, ConfigurationSignature, ConfigurationToSign, ConfigurationUpdate};

use crate::block::{Block, BlockError, HeaderType, decode};

/// Groups of the tree.
const APPLICATION: &str = "Application";
const ORDERER: &str = "Orderer";

/// A channel's configuration. Everything in it is as the source claims: verify the source.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelConfiguration {
    channel: String,
    config: common::Config,
}

/// What concerns peers and chaincode.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ApplicationConfiguration {
    /// Features that every peer must have, such as `V2_5`.
    pub capabilities: Vec<String>,
    /// Policies by name, `Endorsement` and `LifecycleEndorsement` among them.
    pub policies: BTreeMap<String, ChannelPolicy>,
    /// Overridden access rules: policy by resource, such as `qscc/GetChainInfo`.
    pub access_rules: BTreeMap<String, String>,
    /// The organisations, by the name of their group.
    pub organizations: Vec<ChannelOrganization>,
}

/// What concerns the ordering service.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OrderingConfiguration {
    /// Features that every ordering node must have, such as `V2_0`.
    pub capabilities: Vec<String>,
    /// Policies by name, `BlockValidation` among them.
    pub policies: BTreeMap<String, ChannelPolicy>,
    /// The protocol: `etcdraft` or `BFT`.
    pub consensus: String,
    /// Whether the channel takes no transactions, but only changes of its configuration.
    pub is_in_maintenance: bool,
    /// The nodes that agree on blocks.
    pub consenters: Vec<Consenter>,
    /// When a block is full.
    pub batch: Batch,
    /// The organisations, by the name of their group.
    pub organizations: Vec<ChannelOrganization>,
}

/// When a block is full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Transactions that fill it.
    pub message_count_max: u32,
    /// Bytes that no block may exceed.
    pub absolute_bytes_max: u32,
    /// Bytes that fill it, unless one transaction is larger.
    pub preferred_bytes_max: u32,
    /// How long the first transaction waits for others, as Go writes durations: `2s`, `500ms`.
    pub timeout: String,
}

/// A configuration cannot be read.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// The block holds something else.
    #[error("block {block_number} holds no configuration; ask for the configuration block")]
    NotConfiguration {
        /// Number of the block.
        block_number: u64,
    },
    /// The tree lacks a group.
    #[error("the configuration has no group {group}")]
    MissingGroup {
        /// The group.
        group: &'static str,
    },
    /// A part is not well-formed.
    #[error("the configuration's {part} cannot be read")]
    Malformed {
        /// Which part, by its path.
        part: String,
        /// The decoder's words.
        #[source]
        source: BlockError,
    },
}

impl ChannelConfiguration {
    pub(super) fn of(channel: &str, config: common::Config) -> Self {
        Self {
            channel: channel.to_owned(),
            config,
        }
    }

    /// Reads a configuration block: the first of a channel, or a later one.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError`] if it is none.
    pub fn from_block(block: &Block) -> Result<Self, ConfigurationError> {
        let block_number = block.number();
        let other = || ConfigurationError::NotConfiguration { block_number };
        let mut transactions = block.transactions();
        let (Some(transaction), None) = (transactions.next(), transactions.next()) else {
            return Err(other());
        };
        let read = |part: &str, source| malformed(part.to_owned(), source);
        let summary = transaction
            .decode()
            .map_err(|source| read("header", source))?;
        if summary.header_type != HeaderType::Config {
            return Err(other());
        }
        let envelope: common::Envelope = decode("envelope", transaction.envelope())
            .map_err(|source| read("envelope", source))?;
        let payload: common::Payload =
            decode("payload", &envelope.payload).map_err(|source| read("payload", source))?;
        let envelope: common::ConfigEnvelope =
            decode("configuration", &payload.data).map_err(|source| read("envelope", source))?;
        let config = envelope.config.ok_or_else(other)?;
        Ok(Self::of(&summary.channel, config))
    }

    /// The channel's name.
    #[must_use]
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// How many times the configuration was changed.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.config.sequence
    }

    /// Features that every member must have, such as `V3_0`.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError`] if that part cannot be read.
    pub fn capabilities(&self) -> Result<Vec<String>, ConfigurationError> {
        capabilities("Channel", self.root()?)
    }

    /// The channel's own policies by name.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError`] if that part cannot be read.
    pub fn policies(&self) -> Result<BTreeMap<String, ChannelPolicy>, ConfigurationError> {
        policy::all_of("Channel", self.root()?)
    }

    /// What concerns peers and chaincode.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError`] if that part cannot be read.
    pub fn application(&self) -> Result<ApplicationConfiguration, ConfigurationError> {
        let group = self.group(APPLICATION)?;
        let rules: peer::AcLs = value(APPLICATION, group, "ACLs")?.unwrap_or_default();
        let rules = rules.acls.into_iter();
        Ok(ApplicationConfiguration {
            capabilities: capabilities(APPLICATION, group)?,
            policies: policy::all_of(APPLICATION, group)?,
            access_rules: rules.map(|(name, rule)| (name, rule.policy_ref)).collect(),
            organizations: organization::all_of(APPLICATION, group)?,
        })
    }

    /// What concerns the ordering service.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError`] if that part cannot be read.
    pub fn ordering(&self) -> Result<OrderingConfiguration, ConfigurationError> {
        let group = self.group(ORDERER)?;
        let consensus: orderer::ConsensusType =
            value(ORDERER, group, "ConsensusType")?.unwrap_or_default();
        let size: orderer::BatchSize = value(ORDERER, group, "BatchSize")?.unwrap_or_default();
        let timeout: orderer::BatchTimeout =
            value(ORDERER, group, "BatchTimeout")?.unwrap_or_default();
        let nodes: common::Orderers = value(ORDERER, group, "Orderers")?.unwrap_or_default();
        Ok(OrderingConfiguration {
            capabilities: capabilities(ORDERER, group)?,
            policies: policy::all_of(ORDERER, group)?,
            is_in_maintenance: consensus.state() == orderer::consensus_type::State::Maintenance,
            consenters: raft::consenters(&consensus, nodes)?,
            consensus: consensus.r#type,
            batch: Batch {
                message_count_max: size.max_message_count,
                absolute_bytes_max: size.absolute_max_bytes,
                preferred_bytes_max: size.preferred_max_bytes,
                timeout: timeout.timeout,
            },
            organizations: organization::all_of(ORDERER, group)?,
        })
    }

    fn root(&self) -> Result<&ConfigGroup, ConfigurationError> {
        let root = self.config.channel_group.as_ref();
        root.ok_or(ConfigurationError::MissingGroup { group: "Channel" })
    }

    fn group(&self, group: &'static str) -> Result<&ConfigGroup, ConfigurationError> {
        let found = self.root()?.groups.get(group);
        found.ok_or(ConfigurationError::MissingGroup { group })
    }
}

fn capabilities(path: &str, group: &ConfigGroup) -> Result<Vec<String>, ConfigurationError> {
    let all: common::Capabilities = value(path, group, "Capabilities")?.unwrap_or_default();
    Ok(all.capabilities.into_keys().collect())
}

/// A value of a group; `None` where it has none of that name.
fn value<M: Message + Default>(
    path: &str,
    group: &ConfigGroup,
    name: &str,
) -> Result<Option<M>, ConfigurationError> {
    let Some(value) = group.values.get(name) else {
        return Ok(None);
    };
    read(|| format!("{path}/{name}"), &value.value).map(Some)
}

fn read<M: Message + Default>(
    part: impl FnOnce() -> String,
    bytes: &Bytes,
) -> Result<M, ConfigurationError> {
    decode("value", bytes).map_err(|source| malformed(part(), source))
}

fn malformed(part: String, source: BlockError) -> ConfigurationError {
    ConfigurationError::Malformed { part, source }
}
