//! Which channels a peer has joined, and their configuration as it has it.

use super::call::{Operation, malformed};
use super::configuration::ChannelConfiguration;
use super::error::AdminError;
use super::peer::{ChannelAdmin, PeerAdmin};
use crate::block::{Block, decode};

/// The system chaincode that knows a peer's channels.
const CONFIGURATION: &str = "cscc";

impl PeerAdmin {
    /// Names of the channels that the peer has joined.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`].
    pub async fn channels(&self) -> Result<Vec<String>, AdminError> {
        let operation = configuration("GetChannels", &[]);
        let answer = self.ask(&operation).await?;
        let list: fabric_protos::peer::ChannelQueryResponse =
            super::call::read(self, &operation, &answer)?;
        let channels = list.channels.into_iter();
        Ok(channels.map(|channel| channel.channel_id).collect())
    }

    /// Makes the peer a member of the channel whose first block this is. It fetches the others from
    /// the ordering service.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`]; [`Refusal::AlreadyJoined`](super::Refusal::AlreadyJoined) where nothing
    /// is left to do.
    pub async fn join(&self, genesis_block: impl AsRef<[u8]>) -> Result<(), AdminError> {
        let arguments: [&[u8]; 1] = [genesis_block.as_ref()];
        let operation = configuration("JoinChain", &arguments);
        let limit = self.no_channel().shared().timeouts.endorse;
        self.ask_within(&operation, limit).await.map(drop)
    }
}

impl ChannelAdmin {
    /// The block that holds the configuration in force: what an ordering node needs to join.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`].
    pub async fn config_block(&self) -> Result<Block, AdminError> {
        let arguments: [&[u8]; 1] = [self.name().as_bytes()];
        let operation = configuration("GetConfigBlock", &arguments);
        let answer = self.ask(&operation).await?;
        Block::from_bytes(answer)
            .map_err(|source| malformed(&self.peer, &operation, "a block", Some(source)))
    }

    /// The configuration in force.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`].
    pub async fn configuration(&self) -> Result<ChannelConfiguration, AdminError> {
        let arguments: [&[u8]; 1] = [self.name().as_bytes()];
        let operation = configuration("GetChannelConfig", &arguments);
        let answer = self.ask(&operation).await?;
        let config = decode("configuration", &answer)
            .map_err(|source| malformed(&self.peer, &operation, "a configuration", Some(source)))?;
        Ok(ChannelConfiguration::of(self.name(), config))
    }
}

fn configuration<'a>(name: &'static str, arguments: &'a [&'a [u8]]) -> Operation<'a> {
    Operation {
        chaincode: CONFIGURATION,
        name,
        arguments,
    }
}
