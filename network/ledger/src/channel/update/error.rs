//! Why a configuration update is refused, in Fabric's words.

use std::error::Error;

use fabric_protos::common::HeaderType;

use super::super::bundle::{Bundle, BundleError, OrdererConfig};
use super::super::capabilities::UnsupportedCapability;
use super::super::consensus::ConsensusError;
use super::super::maintenance::MaintenanceError;
use super::super::transition::TransitionError;
use super::AuthorizationError;

/// Why a configuration update is refused. [`text`] gives Fabric's words.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// Not an update.
    #[error("error converting envelope to config update")]
    Envelope(#[source] EnvelopeError),
    /// The update does not fit the configuration, or is not signed by those whom it takes.
    #[error("error authorizing update")]
    Unauthorized(#[source] AuthorizationError),
    /// What would come out of it is no configuration.
    #[error(transparent)]
    Bundle(BundleError),
    /// What would come out of it asks for what nodes do not have.
    #[error("config update is not compatible")]
    Incompatible(#[source] IncompatibleError),
    /// No channel can do without orderers.
    #[error("config update is not compatible: config does not contain orderer config")]
    NoOrderers,
    /// What would come out of it cannot follow the present configuration.
    #[error(transparent)]
    Transition(TransitionError),
    /// The nodes that agree on blocks could not go on.
    #[error("consensus metadata update for channel config update is invalid")]
    Consensus(#[source] ConsensusError),
    /// The consensus type changes otherwise than step by step.
    #[error("config transaction inspection failed")]
    Maintenance(#[source] MaintenanceError),
    /// An envelope without configuration.
    #[error("config envelope has nil config")]
    NoConfig,
    /// A configuration without the update that led to it.
    #[error("config envelope has no last update")]
    NoUpdate,
    /// A configuration that its update does not make.
    #[error("ConfigEnvelope LastUpdate did not produce the supplied config result")]
    OtherResult,
    /// The present configuration could be changed by no node.
    #[error("the present configuration is none that a node would take")]
    UnusableCurrent,
}

/// Why an envelope holds no update.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// The payload does not decode.
    #[error("error unmarshalling Payload")]
    Payload(#[source] Wire),
    /// The payload has no header.
    #[error("envelope must have a Header")]
    NoHeader,
    /// The channel header does not decode.
    #[error("error unmarshalling ChannelHeader")]
    ChannelHeader(#[source] Wire),
    /// Another type.
    #[error("invalid type {}, expected CONFIG_UPDATE", type_name(*.0))]
    Type(i32),
    /// The update does not decode.
    #[error("error unmarshalling message for type CONFIG_UPDATE")]
    Update(#[source] Wire),
}

/// Bytes that are no message of the kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("proto: cannot parse invalid wire-format data")]
pub struct Wire(prost::DecodeError);

impl From<prost::DecodeError> for Wire {
    fn from(source: prost::DecodeError) -> Self {
        Self(source)
    }
}

/// What a configuration asks nodes for in vain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IncompatibleError {
    /// Capabilities of the orderers.
    #[error("config requires unsupported orderer capabilities: {0}")]
    Orderer(#[source] UnsupportedCapability),
    /// Capabilities of the channel.
    #[error("config requires unsupported channel capabilities: {0}")]
    Channel(#[source] UnsupportedCapability),
    /// Capabilities of the peers. Orderers of Fabric take the update, and its peers end.
    #[error("config requires unsupported application capabilities: {0}")]
    Application(#[source] UnsupportedCapability),
}

pub(super) fn check_supported(
    bundle: &Bundle,
    orderer: &OrdererConfig,
) -> Result<(), IncompatibleError> {
    let supported = orderer.capabilities.check_supported();
    supported.map_err(IncompatibleError::Orderer)?;
    let supported = bundle.capabilities.check_supported();
    supported.map_err(IncompatibleError::Channel)?;
    let application = bundle.application.as_ref();
    let supported = application.map_or(Ok(()), |found| found.capabilities.check_supported());
    supported.map_err(IncompatibleError::Application)
}

/// An error with all its causes, as Fabric writes them in one line.
#[must_use]
pub fn text(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

fn type_name(number: i32) -> String {
    HeaderType::try_from(number).map_or_else(
        |_| number.to_string(),
        |known| known.as_str_name().to_owned(),
    )
}
