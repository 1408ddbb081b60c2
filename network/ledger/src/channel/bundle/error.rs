//! Why a node of Fabric would not take a configuration, in Fabric's words.

use fabric_msp::MspError;

use crate::channel::duration::DurationError;
use crate::channel::update::{KeyError, Wire};

/// Why a configuration makes no channel.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// No channel group.
    #[error("config must contain a channel group")]
    NoChannelGroup,
    /// Capabilities are asked of some, but not of the orderers.
    #[error("cannot enable {0} capabilities without orderer support first")]
    CapabilitiesWithoutOrderers(&'static str),
    /// A value.
    #[error("initializing channelconfig failed")]
    Values(#[from] ValuesError),
    /// A policy.
    #[error("initializing policymanager failed")]
    Policies(#[source] PolicyDefinitionError),
    /// A name in the tree.
    #[error("initializing configtx manager failed: error converting config to map")]
    Keys(#[source] KeyError),
}

/// What is wrong with a value of the channel.
#[derive(Debug, thiserror::Error)]
pub enum ValuesError {
    /// A value does not decode, or does not belong there.
    #[error("failed to deserialize values")]
    Values(#[source] ValueError),
    /// Another hash function.
    #[error("Unknown hashing algorithm type: {0}")]
    HashingAlgorithm(String),
    /// A Merkle tree.
    #[error("BlockDataHashStructure width only supported at MaxUint32 in this version")]
    HashingStructure,
    /// Nobody knows where the orderers are.
    #[error("Must set some OrdererAddresses")]
    NoOrdererAddresses,
    /// With `V3_0` each organisation has its own.
    #[error(
        "global OrdererAddresses are not allowed with V3_0 capability, use org specific addresses only"
    )]
    CommonOrdererAddresses,
    /// A group that no channel has.
    #[error("Disallowed channel group: {0}")]
    DisallowedGroup(String),
    /// A group right below the channel's.
    #[error("could not create channel {name} sub-group config")]
    Group {
        /// Its name.
        name: String,
        /// What is wrong with it.
        #[source]
        source: GroupError,
    },
}

/// What is wrong with a value in its place.
#[derive(Debug, thiserror::Error)]
pub enum ValueError {
    /// No such value in such a group.
    #[error("Unexpected key {0}")]
    UnexpectedKey(String),
    /// Not the message that it should be.
    #[error("proto: cannot parse invalid wire-format data")]
    Undecodable {
        /// The value's name.
        name: String,
        /// What the decoder says.
        reason: prost::DecodeError,
    },
}

/// What is wrong with the application's or the orderers' group.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// A value does not decode, or does not belong there.
    #[error("failed to deserialize values")]
    Values(#[from] ValueError),
    /// Access control lists are newer than the capabilities.
    #[error("ACLs may not be specified without the required capability")]
    AclsWithoutCapability,
    /// Organisations have no groups of their own.
    #[error("{0} config does not allow sub-groups")]
    SubGroups(&'static str),
    /// An organisation's orderer endpoints are newer than the capabilities.
    #[error(
        "Orderer Org {0} cannot contain endpoints value until V1_4_2+ capabilities have been enabled"
    )]
    EndpointsWithoutCapability(String),
    /// Blocks could hold nothing.
    #[error("Attempted to set the batch size {0} to an invalid value: 0")]
    ZeroBatchSize(&'static str),
    /// Blocks would be larger than they may.
    #[error(
        "Attempted to set the batch size preferred max bytes ({preferred}) greater than the absolute max bytes ({absolute})."
    )]
    PreferredAboveAbsolute {
        /// The preferred size.
        preferred: u32,
        /// The largest size.
        absolute: u32,
    },
    /// Not a duration.
    #[error("Attempted to set the batch timeout to a invalid value")]
    BatchTimeout(#[source] DurationError),
    /// Blocks would be cut before they begin.
    #[error("Attempted to set the batch timeout to a non-positive value: {0}")]
    NonPositiveBatchTimeout(String),
    /// With `V3_0` each organisation says where its orderers are.
    #[error("some orderer organizations endpoints are empty: [{}]", .0.join(" "))]
    MissingEndpoints(Vec<String>),
    /// An organisation of an unknown kind.
    #[error("Setup error: unsupported msp type {0}")]
    UnsupportedMspType(i32),
    /// An organisation's MSP is unusable.
    #[error("setting up the MSP manager failed")]
    Msp(#[source] Box<MspError>),
    /// One MSP id with two definitions.
    #[error("Attempted to define two different versions of MSP: {0}")]
    DifferingMsps(String),
    /// An MSP without a name.
    #[error("MSP for org {0} has empty MSP ID")]
    UnnamedMsp(String),
}

/// What is wrong with a policy; `path` is that of its group, such as `Channel/Application`.
#[derive(Debug, thiserror::Error)]
pub enum PolicyDefinitionError {
    /// Nothing under the name.
    #[error("policy {name} at path {path} was nil")]
    Missing {
        /// The policy's name.
        name: String,
        /// Its group.
        path: String,
    },
    /// A type that no node evaluates.
    #[error("policy {name} at path {path} has unknown policy type: {policy_type}")]
    UnknownType {
        /// The policy's name.
        name: String,
        /// Its group.
        path: String,
        /// The number of the type.
        policy_type: i32,
    },
    /// An ImplicitMeta policy that does not decode.
    #[error(
        "implicit policy {name} at path {path} did not compile: Error unmarshalling to ImplicitMetaPolicy"
    )]
    ImplicitMeta {
        /// The policy's name.
        name: String,
        /// Its group.
        path: String,
        /// What the decoder says.
        source: Wire,
    },
    /// A signature policy that does not decode or makes no sense.
    #[error("policy {name} at path {path} did not compile: {reason}")]
    Signature {
        /// The policy's name.
        name: String,
        /// Its group.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}
