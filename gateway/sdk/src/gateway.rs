//! The entrance: an identity and the peers that serve it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use futures::Stream;

use crate::channel::Channel;
use crate::connection::admission::CALLS_MAX;
use crate::connection::{Balance, Peer, PeerStatus, Peers};
use crate::endpoint::{Endpoint, EndpointError};
use crate::error::Error;
use crate::identity::{Identity, SignError};
use crate::invocation::{Receipt, Submit, submit_all};
use crate::network::Network;
use crate::observer::Observer;
use crate::timeouts::Timeouts;

/// As long as the nonces of Fabric's own clients.
type Nonce = [u8; 24];

/// Connections to each peer unless told otherwise: the work of one is bound to one core.
const CONNECTIONS: usize = 2;

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
    pub(crate) tracks_commits: bool,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    fixed: Option<Fixed>,
    channels: Mutex<HashMap<String, Arc<Channel>>>,
}

/// What makes requests repeat.
#[derive(Debug, Clone, Copy)]
struct Fixed {
    nonce: Nonce,
    now: SystemTime,
}

/// Settings of a gateway.
#[must_use]
pub struct GatewayBuilder {
    identity: Identity,
    endpoints: Vec<Endpoint>,
    timeouts: Timeouts,
    balance: Balance,
    connections: usize,
    calls_max: usize,
    tracks_commits: bool,
    observer: Option<Arc<dyn Observer>>,
    fixed: Option<Fixed>,
}

impl Gateway {
    /// Settings for acting as `identity`.
    pub fn builder(identity: impl Into<Identity>) -> GatewayBuilder {
        GatewayBuilder {
            identity: identity.into(),
            endpoints: Vec::new(),
            timeouts: Timeouts::default(),
            balance: Balance::default(),
            connections: CONNECTIONS,
            calls_max: CALLS_MAX,
            tracks_commits: true,
            observer: None,
            fixed: None,
        }
    }

    /// A channel.
    #[must_use]
    pub fn network(&self, channel: impl Into<String>) -> Network {
        let channel = self.shared.channel(channel.into());
        Network::new(Arc::clone(&self.shared), channel)
    }

    /// The peer that is used while it can be reached.
    pub(crate) fn first_peer(&self) -> Arc<Peer> {
        self.shared.peers.pick()
    }

    /// Takes many transactions to their commits, up to `concurrency` at once, and yields each one's
    /// outcome with its position, in the order in which they are known. What waits for its commit
    /// occupies no call of the peer, so that `concurrency` may well exceed the peer's limit. Dropping
    /// the stream abandons what is under way; it may commit all the same.
    pub fn submit_all(
        &self,
        calls: impl Stream<Item = Submit>,
        concurrency: usize,
    ) -> impl Stream<Item = (usize, Result<Receipt, Error>)> {
        submit_all(calls, concurrency)
    }

    /// The peers as this gateway sees them now, in the order in which they were given.
    #[must_use]
    pub fn peers(&self) -> Vec<PeerStatus> {
        let peers = self.shared.peers.list().iter();
        peers.map(|peer| PeerStatus::of(peer)).collect()
    }

    /// Who acts.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.shared.identity
    }
}

impl Shared {
    /// The time that requests carry.
    pub(crate) fn now(&self) -> SystemTime {
        self.fixed.map_or_else(SystemTime::now, |fixed| fixed.now)
    }

    /// A nonce that no proposal had before.
    pub(crate) fn nonce(&self) -> Result<Nonce, SignError> {
        if let Some(fixed) = self.fixed {
            return Ok(fixed.nonce);
        }
        let mut nonce = Nonce::default();
        aws_lc_rs::rand::fill(&mut nonce).map_err(SignError::new)?;
        Ok(nonce)
    }

    /// What is kept for a channel.
    fn channel(&self, name: String) -> Arc<Channel> {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        let peers = self.peers.list().len();
        let channel = channels
            .entry(name)
            .or_insert_with_key(|name| Arc::new(Channel::new(name.clone(), peers)));
        Arc::clone(channel)
    }
}

impl GatewayBuilder {
    /// Adds a peer. The first is used while it can be reached, then the next.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoints.push(endpoint);
        self
    }

    /// Divides the calls between several peers; without this, one serves until it cannot be reached.
    pub fn balance(mut self, balance: Balance) -> Self {
        self.balance = balance;
        self
    }

    /// Opens up to so many connections to each peer, which calls use in turn; 2 without this. One
    /// connection is one task's work at each end.
    pub fn connections_per_peer(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// Keeps the calls that are open on each peer at once below this; 450 without it. Peers turn
    /// calls away beyond their own limit, by default 500 for all their clients together. When a
    /// peer does, fewer are made until it can take more again; the rest wait here.
    pub fn concurrent_calls_max(mut self, calls: usize) -> Self {
        self.calls_max = calls;
        self
    }

    /// Whether commits are learnt from one stream of blocks per channel and peer (the default), or
    /// each by a call of its own. The stream needs the right to read blocks, as the call does.
    pub fn commit_stream(mut self, is_used: bool) -> Self {
        self.tracks_commits = is_used;
        self
    }

    /// Tells somebody who keeps metrics what happens.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Gives every request this time, and every proposal this nonce, so that requests repeat byte by
    /// byte: for tests that compare them. All transactions have the same id then.
    pub fn repeatable(mut self, nonce: [u8; 24], now: SystemTime) -> Self {
        self.fixed = Some(Fixed { nonce, now });
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
        let (connections, calls_max) = (self.connections, self.calls_max);
        let endpoints = self.endpoints.into_iter().enumerate();
        let peers = endpoints
            .map(|(index, endpoint)| Peer::new(endpoint, index, connections, calls_max))
            .collect::<Result<_, _>>()?;
        Ok(Gateway {
            shared: Arc::new(Shared {
                tracks_commits: self.tracks_commits && self.identity.has_key(),
                identity: self.identity,
                peers: Arc::new(Peers::new(peers, self.balance)?),
                timeouts: self.timeouts,
                observer: self.observer,
                fixed: self.fixed,
                channels: Mutex::default(),
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
