//! A peer as its administrator sees it, and a channel as seen through it.

use std::sync::Arc;

use crate::connection::Peer;
use crate::endpoint::{Endpoint, EndpointError};
use crate::gateway::Gateway;
use crate::identity::Identity;
use crate::network::Network;
use crate::timeouts::Timeouts;

/// One peer, and who acts on it: for most operations an administrator of the peer's organisation.
/// Cheap to clone; the clones share their connection.
#[derive(Clone)]
pub struct PeerAdmin {
    gateway: Gateway,
    pub(super) connection: Arc<Peer>,
}

/// A channel, seen by an administrator through one peer. Cheap to clone.
#[derive(Clone)]
pub struct ChannelAdmin {
    pub(super) peer: PeerAdmin,
    pub(super) network: Network,
    pub(super) endorsers: Vec<Arc<Peer>>,
}

impl PeerAdmin {
    /// Acts as `identity` on the peer at `endpoint`. The connection is made when a call needs it.
    /// Call it inside a Tokio runtime.
    ///
    /// # Errors
    ///
    /// [`EndpointError`] if the endpoint cannot be used.
    pub fn connect_lazy(
        identity: impl Into<Identity>,
        endpoint: Endpoint,
    ) -> Result<Self, EndpointError> {
        Self::connect_with(identity, endpoint, Timeouts::default())
    }

    /// As [`PeerAdmin::connect_lazy`], with limits of one's own: `evaluate` is for every question,
    /// the others for the steps of a transaction. Installing a package may always take five minutes,
    /// which is what peers grant to the build of a chaincode.
    ///
    /// # Errors
    ///
    /// [`EndpointError`] if the endpoint cannot be used.
    pub fn connect_with(
        identity: impl Into<Identity>,
        endpoint: Endpoint,
        timeouts: Timeouts,
    ) -> Result<Self, EndpointError> {
        let gateway = Gateway::builder(identity)
            .endpoint(endpoint)
            .timeouts(timeouts)
            .connect_lazy()?;
        let connection = gateway.first_peer();
        Ok(Self {
            gateway,
            connection,
        })
    }

    /// Who acts.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        self.gateway.identity()
    }

    /// The peer's address.
    #[must_use]
    pub fn url(&self) -> &str {
        self.connection.endpoint.url()
    }

    /// A channel, seen through this peer.
    #[must_use]
    pub fn channel(&self, name: impl Into<String>) -> ChannelAdmin {
        ChannelAdmin {
            peer: self.clone(),
            network: self.gateway.network(name),
            endorsers: Vec::new(),
        }
    }

    /// Where questions go that are about the peer and no channel.
    pub(super) fn no_channel(&self) -> Network {
        self.gateway.network("")
    }
}

impl ChannelAdmin {
    /// The channel's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.network.channel()
    }

    /// The peer through which it is seen, and who acts on it.
    #[must_use]
    pub fn peer(&self) -> &PeerAdmin {
        &self.peer
    }

    /// The channel as applications see it: contracts, blocks, events.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Asks these peers too to endorse transactions: peers of as many organisations as the
    /// channel's policy `LifecycleEndorsement` wants for a commit. Only their connections are used;
    /// this administrator signs.
    #[must_use]
    pub fn with_endorsers<'p>(mut self, peers: impl IntoIterator<Item = &'p PeerAdmin>) -> Self {
        let others = peers.into_iter().map(|peer| Arc::clone(&peer.connection));
        self.endorsers.extend(others);
        self
    }
}
