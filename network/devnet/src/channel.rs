//! A channel: its configuration, its chain, and who may do what on it.

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

/// Policies of the configuration that endpoints ask for (`core/aclmgmt/defaultaclprovider.go`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Who may read from peers.
    ApplicationReaders,
    /// Who may propose transactions.
    ApplicationWriters,
    /// Who may read from the orderer.
    ChannelReaders,
    /// Who may broadcast to the orderer.
    ChannelWriters,
}

impl Policy {
    /// Where the configuration has the policy.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::ApplicationReaders => "/Channel/Application/Readers",
            Self::ApplicationWriters => "/Channel/Application/Writers",
            Self::ChannelReaders => "/Channel/Readers",
            Self::ChannelWriters => "/Channel/Writers",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::ApplicationReaders | Self::ChannelReaders => "Readers",
            Self::ApplicationWriters | Self::ChannelWriters => "Writers",
        }
    }
}

/// Why a client is refused: no organisation of the channel lets it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the '{}' sub-policies to be satisfied",
    policy.name()
)]
pub(crate) struct Denied {
    policy: Policy,
}

impl Denied {
    /// The refusal as a peer words it.
    pub(crate) fn on_channel(&self, channel: &str) -> String {
        format!(
            "Failed evaluating policy on signed data during check policy on channel [{channel}] with policy [{}]: [{self}]",
            self.policy.path()
        )
    }
}

/// A client that was let in.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    identity: Arc<Identity>,
}

impl Session {
    /// Who it is.
    pub(crate) fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// Whether the client's certificate has run out since.
    pub(crate) fn has_expired(&self, now: SystemTime) -> bool {
        self.identity.expires_at() < now
    }
}

/// One channel of the network.
#[derive(Debug)]
pub(crate) struct Channel {
    config: ChannelConfig,
    chain: Chain,
    definitions: Definitions,
    clock: Arc<Clock>,
    nonces: Nonces,
    metrics: ChannelMetrics,
    private: PrivateData,
}

impl Channel {
    pub(crate) fn new(
        config: ChannelConfig,
        chain: Chain,
        clock: Arc<Clock>,
        seed: Option<Seed>,
    ) -> Self {
        Self {
            nonces: Nonces::new(seed, config.channel()),
            clock,
            config,
            chain,
            definitions: Definitions::default(),
            metrics: ChannelMetrics::default(),
            private: PrivateData::default(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        self.config.channel()
    }

    pub(crate) fn config(&self) -> &ChannelConfig {
        &self.config
    }

    pub(crate) fn msps(&self) -> &MspManager {
        self.config.msps()
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

    /// Whether the signer of `data` satisfies a policy; an expired signer does not.
    pub(crate) fn check(
        &self,
        policy: Policy,
        data: &[u8],
        identity: &[u8],
        signature: &[u8],
    ) -> Result<Session, Denied> {
        let denied = Denied { policy };
        let identity = self.msps().identity(identity).map_err(|error| {
            tracing::warn!(%error, "identity refused");
            denied.clone()
        })?;
        identity.verify(data, signature).map_err(|error| {
            tracing::warn!(%error, msp_id = identity.msp_id(), "signature refused");
            denied.clone()
        })?;
        self.permit(policy, identity)
    }

    /// Whether an identity whose signature has been checked satisfies a policy.
    pub(crate) fn permit(
        &self,
        policy: Policy,
        identity: Arc<Identity>,
    ) -> Result<Session, Denied> {
        let session = Session { identity };
        let allowed = self
            .config
            .satisfies(policy.path(), std::slice::from_ref(&session.identity));
        if allowed && !session.has_expired(self.now()) {
            Ok(session)
        } else {
            Err(Denied { policy })
        }
    }
}
