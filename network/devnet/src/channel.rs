//! A channel: its configuration, its chain, and who may do what on it.

mod access;
mod configurations;
pub(crate) mod opening;

use std::{sync::Arc, time::SystemTime};

use bytes::Bytes;
use fabric_ledger::{channel::ChannelConfig, lifecycle};
use fabric_msp::{Identity, MspManager};
use prost_types::Timestamp;

use crate::{
    chain::Chain,
    clock::{Clock, timestamp},
    definitions::{Chaincode, Definitions},
    metrics::ChannelMetrics,
    nonce::{NoRandomness, Nonces, Seed},
    private::PrivateData,
    storage::{StorageError, View},
};
use access::Denied;
pub(crate) use access::{Policy, Resource, Session};
use configurations::Configurations;

/// One channel of the network.
#[derive(Debug)]
pub(crate) struct Channel {
    name: String,
    configurations: Configurations,
    chain: Chain,
    definitions: Definitions,
    clock: Arc<Clock>,
    nonces: Nonces,
    metrics: ChannelMetrics,
    private: PrivateData,
}

impl Channel {
    /// A channel whose configuration in force is that of the block `config_block`.
    pub(crate) fn new(
        config: ChannelConfig,
        config_block: u64,
        chain: Chain,
        clock: Arc<Clock>,
        seed: Option<Seed>,
    ) -> Self {
        Self {
            nonces: Nonces::new(seed, config.channel()),
            clock,
            name: config.channel().to_owned(),
            configurations: Configurations::new(config_block, config),
            chain,
            definitions: Definitions::default(),
            metrics: ChannelMetrics::default(),
            private: PrivateData::default(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The configuration in force.
    pub(crate) fn config(&self) -> Arc<ChannelConfig> {
        self.configurations.current()
    }

    /// The configuration in force when a view was taken.
    pub(crate) fn config_of(&self, view: &View) -> Result<Arc<ChannelConfig>, StorageError> {
        self.configurations.of(view, &self.chain)
    }

    /// The configuration of a block that was just stored is in force.
    pub(crate) fn adopt(&self, block: u64, config: ChannelConfig) {
        self.configurations.adopt(block, config);
    }

    /// Takes the chain back to a state that was kept, and the configuration with it. Blocks the
    /// thread.
    pub(crate) fn revert(&self, savepoint: u64) -> Result<(), StorageError> {
        self.chain.revert(savepoint)?;
        self.configurations
            .return_to(&self.chain.view(), &self.chain)
    }

    /// The organisations of the configuration in force.
    pub(crate) fn msps(&self) -> Arc<MspManager> {
        Arc::clone(self.config().msps())
    }

    pub(crate) fn chain(&self) -> &Chain {
        &self.chain
    }

    /// What has been counted since the network started.
    pub(crate) fn metrics(&self) -> &ChannelMetrics {
        &self.metrics
    }

    /// The present moment, for what is checked against it.
    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// The time of a message that the network itself makes for this channel.
    pub(crate) fn timestamp(&self) -> Timestamp {
        match self.nonces.seed() {
            None => timestamp(self.now()),
            Some(_) => Seed::timestamp(self.chain.height()),
        }
    }

    /// A nonce for a message that the network itself makes for this channel.
    pub(crate) fn nonce(&self) -> Result<Bytes, NoRandomness> {
        self.nonces.next(self.chain.height())
    }

    /// What peers know of private data beside the ledger.
    pub(crate) fn private(&self) -> &PrivateData {
        &self.private
    }

    /// A chaincode as the channel defined it when the view was taken.
    pub(crate) fn definition(
        &self,
        view: &View,
        name: &str,
    ) -> Result<Option<Arc<Chaincode>>, StorageError> {
        self.definitions.get(view, name)
    }

    /// All chaincodes as the channel defined them when the view was taken, by name.
    pub(crate) fn definitions(&self, view: &View) -> Result<Vec<Arc<Chaincode>>, StorageError> {
        let mut chaincodes = Vec::new();
        for name in lifecycle::names(view)? {
            chaincodes.extend(self.definition(view, &name)?);
        }
        Ok(chaincodes)
    }

    /// Whether the signer of `data` may use a resource, by the configuration in force. An expired one
    /// may: a real peer looks at expiry where it takes proposals and delivers blocks, an orderer where
    /// it takes envelopes.
    pub(crate) fn check<'r>(
        &self,
        resource: impl Into<Resource<'r>>,
        data: &[u8],
        identity: &[u8],
        signature: &[u8],
    ) -> Result<Session, Denied> {
        let signed = (data, identity, signature);
        access::check(&self.config(), resource.into(), signed)
    }

    /// Whether an identity whose signature has been checked may use a resource.
    pub(crate) fn permit<'r>(
        &self,
        resource: impl Into<Resource<'r>>,
        identity: Arc<Identity>,
    ) -> Result<Session, Denied> {
        access::permit(&self.config(), resource.into(), identity)
    }
}
