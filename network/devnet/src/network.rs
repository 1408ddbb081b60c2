//! A running network.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    Builder, CutBlock, Deployed, Deployment, DevnetError, PeerEntry, StateFile,
    channel::Channel,
    lifecycle::Deployer,
    peer::{Peer, PeerLedger},
    start,
};

/// An orderer and the peers of all organisations, serving until [`Network::shutdown`] or drop.
#[derive(Debug)]
pub struct Network {
    pub(crate) state: Arc<StateFile>,
    pub(crate) channels: Vec<Arc<Channel>>,
    pub(crate) peers: Vec<Arc<Peer>>,
    pub(crate) deployer: Arc<Deployer>,
    pub(crate) dir: PathBuf,
    pub(crate) shutdown: CancellationToken,
    pub(crate) tasks: Vec<JoinHandle<()>>,
    /// Goes away last, after everything that reads from it.
    pub(crate) temporary: Option<TempDir>,
}

impl Network {
    /// Starts to describe a network.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) async fn start(builder: Builder) -> Result<Self, DevnetError> {
        start::start(builder).await
    }

    /// Folder of the network: ledger, organisations, state file.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Folder of certificates and keys, in cryptogen's layout.
    pub fn organizations_dir(&self) -> &Path {
        &self.state.organizations
    }

    /// What the network's state file says.
    pub fn state(&self) -> &StateFile {
        &self.state
    }

    /// Name of the first channel.
    pub fn channel(&self) -> &str {
        &self.state.channel
    }

    /// Names of all channels.
    pub fn channels(&self) -> impl Iterator<Item = &str> {
        self.channels.iter().map(|channel| channel.name())
    }

    /// MSP ids of the peers' organisations, in order.
    pub fn msp_ids(&self) -> impl Iterator<Item = &str> {
        let mut known = BTreeSet::new();
        let peers = self.state.peers.iter();
        peers
            .map(|peer| peer.msp_id.as_str())
            .filter(move |msp_id| known.insert(*msp_id))
    }

    /// Where the first peer of an organisation listens; none where there is no such organisation.
    pub fn peer_endpoint(&self, msp_id: &str) -> Option<SocketAddr> {
        let mut peers = self.state.peers.iter();
        let first = peers.find(|peer| peer.msp_id == msp_id)?;
        Some(first.address)
    }

    /// A peer by its host name, `peer0.org1.example.com`.
    pub fn peer(&self, name: &str) -> Option<&PeerEntry> {
        self.state.peers.iter().find(|peer| peer.name == name)
    }

    /// Where the orderer listens.
    pub fn orderer_endpoint(&self) -> SocketAddr {
        self.state.orderer
    }

    /// Where the admin endpoint listens: plain HTTP on loopback.
    pub fn admin_endpoint(&self) -> SocketAddr {
        self.state.admin
    }

    /// Number of blocks in the chain of the first channel.
    pub fn height(&self) -> u64 {
        let first = self.channels.first();
        first.map_or(0, |channel| channel.chain().height())
    }

    /// Number of blocks in the chain of a channel; none where there is no such channel.
    pub fn height_of(&self, channel: &str) -> Option<u64> {
        let mut channels = self.channels.iter();
        let channel = channels.find(|known| known.name() == channel)?;
        Some(channel.chain().height())
    }

    /// Number of blocks that a peer has of a channel; none where it has not joined it.
    pub fn peer_height(&self, peer: &str, channel: &str) -> Option<u64> {
        Some(self.peer_ledger(peer, channel)?.height())
    }

    /// Makes a peer stay this many blocks behind a channel's chain, as soon as the chain has grown
    /// by as many: at most 100. False where the peer has not joined such a channel.
    pub fn lag(&self, peer: &str, channel: &str, blocks: usize) -> bool {
        let ledger = self.peer_ledger(peer, channel);
        ledger.inspect(|ledger| ledger.lag(blocks)).is_some()
    }

    /// Makes a peer stay at its present height of a channel. False where it has not joined it.
    pub fn hold(&self, peer: &str, channel: &str) -> bool {
        let ledger = self.peer_ledger(peer, channel);
        ledger.inspect(|ledger| ledger.hold()).is_some()
    }

    /// Lets a peer that lags or is held catch up. False where it has not joined such a channel.
    pub fn release(&self, peer: &str, channel: &str) -> bool {
        let ledger = self.peer_ledger(peer, channel);
        ledger.inspect(|ledger| ledger.release()).is_some()
    }

    fn peer_ledger(&self, peer: &str, channel: &str) -> Option<&Arc<PeerLedger>> {
        let peer = self.peers.iter().find(|known| known.name() == peer)?;
        peer.ledger(channel)
    }

    /// Cuts a block of at most so many of a channel's waiting transactions now, whatever the cutting
    /// rule is, and waits until it is committed. There is no block where nothing waits.
    ///
    /// # Errors
    /// [`DevnetError::UnknownChannel`], or [`DevnetError::Stopped`].
    pub async fn cut(&self, channel: &str, count_max: usize) -> Result<CutBlock, DevnetError> {
        self.deployer.orderer.cut(channel, count_max).await
    }

    /// Defines a chaincode on a channel, or changes its definition or address. A chaincode that
    /// is defined so already stays as it is.
    ///
    /// # Errors
    /// When the deployment makes no sense, or the network has stopped.
    pub async fn deploy(&self, deployment: Deployment) -> Result<Deployed, DevnetError> {
        self.deployer.deploy(deployment).await
    }

    /// Ends when the network stops by itself, which it does when its ledger fails.
    pub async fn stopped(&self) {
        self.shutdown.cancelled().await;
    }

    /// Stops serving, commits what the orderer has accepted and closes the ledger.
    pub async fn shutdown(mut self) {
        self.shutdown.cancel();
        for peer in &self.peers {
            peer.close().await;
        }
        for task in self.tasks.drain(..) {
            // A task that panicked has said so.
            let _ = task.await;
        }
        drop(self.temporary.take());
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}
