//! A running network.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    Builder, Deployed, Deployment, DevnetError, StateFile, channel::Channel, endorser::Peer,
    lifecycle::Deployer, start,
};

/// An orderer and a peer per organisation, serving until [`Network::shutdown`] or drop.
#[derive(Debug)]
pub struct Network {
    pub(crate) state: Arc<StateFile>,
    pub(crate) channel: Arc<Channel>,
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

    /// Name of the channel.
    pub fn channel(&self) -> &str {
        self.channel.name()
    }

    /// MSP ids of the peers' organisations, in order.
    pub fn msp_ids(&self) -> impl Iterator<Item = &str> {
        self.state.peers.iter().map(|peer| peer.msp_id.as_str())
    }

    /// Where the peer of an organisation listens; none where there is no such organisation.
    pub fn peer_endpoint(&self, msp_id: &str) -> Option<SocketAddr> {
        self.state
            .peers
            .iter()
            .find(|peer| peer.msp_id == msp_id)
            .map(|peer| peer.address)
    }

    /// Where the orderer listens.
    pub fn orderer_endpoint(&self) -> SocketAddr {
        self.state.orderer
    }

    /// Where the admin endpoint listens: plain HTTP on loopback.
    pub fn admin_endpoint(&self) -> SocketAddr {
        self.state.admin
    }

    /// Number of blocks in the chain.
    pub fn height(&self) -> u64 {
        self.channel.chain().height()
    }

    /// Defines a chaincode on the channel, or changes its definition or address. A chaincode that
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
