//! Changes of a channel's configuration: who may make which, and what comes out of them.
//! (Fabric: common/configtx, orderer/common/multichannel/chainsupport.go)

mod authorization;
mod composition;
mod compute;
pub(super) mod elements;
mod error;
mod signatures;

use fabric_protos::common::{
    ChannelHeader, Config, ConfigEnvelope, ConfigUpdateEnvelope, Envelope, HeaderType, Payload,
};
use prost::Message;

use super::bundle::Bundle;
use super::{ChannelConfig, consensus, maintenance, transition};

pub use authorization::AuthorizationError;
pub use compute::{ComputeError, compute_update};
pub use elements::{IdError, KeyError};
pub use error::{EnvelopeError, IncompatibleError, UpdateError, Wire, text};

impl ChannelConfig {
    /// What a configuration update makes of this configuration: the payload of the envelope that
    /// the ordering service puts in a block.
    ///
    /// `update` is an envelope of the type `CONFIG_UPDATE`. Its own signature is not looked at:
    /// who may broadcast is another question.
    ///
    /// # Errors
    /// Why an orderer of Fabric refuses the update; [`text`] gives its words.
    pub fn propose(&self, update: &Envelope) -> Result<ConfigEnvelope, UpdateError> {
        let channel_group = self.authorized(update)?;
        let proposed = ConfigEnvelope {
            config: Some(Config {
                sequence: self.sequence().wrapping_add(1),
                channel_group: Some(channel_group),
            }),
            last_update: Some(update.clone()),
        };
        self.check_proposed(&proposed)?;
        Ok(proposed)
    }

    /// Whether an orderer would order this configuration, which a proposal of its made: the rules of
    /// changes of the consensus type.
    ///
    /// # Errors
    /// What the rules have against it.
    pub fn check_maintenance(&self, proposed: &ConfigEnvelope) -> Result<(), UpdateError> {
        let config = proposed.config.as_ref().ok_or(UpdateError::NoConfig)?;
        let next = Bundle::of_known(config).map_err(UpdateError::Bundle)?;
        let (Some(orderer), Some(next)) = (self.orderer(), &next.orderer) else {
            return Err(UpdateError::NoOrderers);
        };
        maintenance::check(orderer, next, proposed).map_err(UpdateError::Maintenance)
    }

    /// The tree that an update makes, if it is signed as it has to be.
    fn authorized(
        &self,
        update: &Envelope,
    ) -> Result<fabric_protos::common::ConfigGroup, UpdateError> {
        let update = update_of(update).map_err(UpdateError::Envelope)?;
        authorization::resulting(self, &update).map_err(UpdateError::Unauthorized)
    }

    /// Whether a tree that an update made can be this channel's next configuration.
    fn check_proposed(&self, proposed: &ConfigEnvelope) -> Result<(), UpdateError> {
        let config = proposed.config.as_ref().ok_or(UpdateError::NoConfig)?;
        let next = Bundle::new(config).map_err(UpdateError::Bundle)?;
        let orderer = next.orderer.as_ref().ok_or(UpdateError::NoOrderers)?;
        error::check_supported(&next, orderer).map_err(UpdateError::Incompatible)?;
        let Some(current) = self.bundle() else {
            return Err(UpdateError::UnusableCurrent);
        };
        transition::check(current, &next).map_err(UpdateError::Transition)?;
        match &current.orderer {
            Some(current) => consensus::check(current, orderer).map_err(UpdateError::Consensus),
            None => Ok(()),
        }
    }

    /// Checks a configuration of a block as a peer does, on top of this one. (Fabric:
    /// core/peer/channel.go, `Apply`)
    pub(super) fn check_applied(&self, applied: &ConfigEnvelope) -> Result<(), UpdateError> {
        let config = applied.config.as_ref().ok_or(UpdateError::NoConfig)?;
        let update = applied.last_update.as_ref().ok_or(UpdateError::NoUpdate)?;
        let result = self.authorized(update)?;
        if config.channel_group.as_ref() != Some(&result) {
            return Err(UpdateError::OtherResult);
        }
        let next = Bundle::of_known(config).map_err(UpdateError::Bundle)?;
        match self.bundle() {
            Some(current) => transition::check(current, &next).map_err(UpdateError::Transition),
            None => Ok(()),
        }
    }
}

/// The update in an envelope of the type `CONFIG_UPDATE`. (Fabric: protoutil/commonutils.go)
pub(super) fn update_of(envelope: &Envelope) -> Result<ConfigUpdateEnvelope, EnvelopeError> {
    let payload = Payload::decode(envelope.payload.clone())
        .map_err(|source| EnvelopeError::Payload(source.into()))?;
    let header = payload.header.ok_or(EnvelopeError::NoHeader)?;
    let header = ChannelHeader::decode(header.channel_header)
        .map_err(|source| EnvelopeError::ChannelHeader(source.into()))?;
    if header.r#type != i32::from(HeaderType::ConfigUpdate) {
        return Err(EnvelopeError::Type(header.r#type));
    }
    ConfigUpdateEnvelope::decode(payload.data)
        .map_err(|source| EnvelopeError::Update(source.into()))
}
