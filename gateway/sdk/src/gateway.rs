//! The entrance: an identity and the peers that serve it.

use std::sync::Arc;

use crate::connection::{Peer, Peers};
use crate::endpoint::{Endpoint, EndpointError};
use crate::identity::Identity;
use crate::network::Network;
use crate::timeouts::Timeouts;

/// Acts as one identity through the gateway of one or several peers. Cheap to clone; the clones
/// share their connections.
#[derive(Clone)]
pub struct Gateway {
    shared: Arc<Shared>,
}

/// What all networks, contracts and steps of a gateway share.
pub(crate) struct Shared {
    pub(crate) identity: Identity,
    pub(crate) peers: Arc<Peers>,
    pub(crate) timeouts: Timeouts,
}

/// Settings of a gateway.
#[must_use]
pub struct GatewayBuilder {
    identity: Identity,
    endpoints: Vec<Endpoint>,
    timeouts: Timeouts,
}

impl Gateway {
    /// Settings for acting as `identity`.
    pub fn builder(identity: impl Into<Identity>) -> GatewayBuilder {
        GatewayBuilder {
            identity: identity.into(),
            endpoints: Vec::new(),
            timeouts: Timeouts::default(),
        }
    }

    /// A channel.
    #[must_use]
    pub fn network(&self, channel: impl Into<String>) -> Network {
        Network::new(Arc::clone(&self.shared), channel.into())
    }

    /// The peer that is used while it can be reached.
    pub(crate) fn first_peer(&self) -> Arc<Peer> {
        self.shared.peers.pick()
    }

    /// Who acts.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.shared.identity
    }
}

impl GatewayBuilder {
    /// Adds a peer. The first is used while it can be reached, then the next.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoints.push(endpoint);
        self
    }

    /// Sets how long each step may take.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// The gateway; connections are made when calls need them, and again when they break.
    /// Call it inside a Tokio runtime.
    ///
    /// # Errors
    ///
    /// [`EndpointError`] if there is no endpoint or one cannot be used.
    pub fn connect_lazy(self) -> Result<Gateway, EndpointError> {
        let peers = self
            .endpoints
            .into_iter()
            .map(|endpoint| Peer::new(endpoint).map(Arc::new));
        let peers = Arc::new(Peers::new(peers.collect::<Result<_, _>>()?)?);
        Ok(Gateway {
            shared: Arc::new(Shared {
                identity: self.identity,
                peers,
                timeouts: self.timeouts,
            }),
        })
    }

    /// The gateway, after a check that each peer can be reached.
    ///
    /// # Errors
    ///
    /// As [`GatewayBuilder::connect_lazy`], and [`EndpointError::Unreachable`].
    pub async fn connect(self) -> Result<Gateway, EndpointError> {
        for endpoint in &self.endpoints {
            endpoint.probe().await?;
        }
        self.connect_lazy()
    }
}
