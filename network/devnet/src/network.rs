//! A running network.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    Builder, CutBlock, Deployed, Deployment, DevnetError, Fault, PeerEntry, Snapshot, StateFile,
    control::Control, dump, folder::Folder, lifecycle::Deployer, start,
};

/// An orderer and the peers of all organisations, serving until [`Network::shutdown`] or drop.
#[derive(Debug)]
pub struct Network {
    pub(crate) control: Arc<Control>,
    pub(crate) deployer: Arc<Deployer>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) tasks: Vec<JoinHandle<()>>,
    pub(crate) folder: Option<Folder>,
}

impl Network {
    /// Starts to describe a network.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) async fn start(builder: Builder) -> Result<Self, DevnetError> {
        start::start(builder).await
    }

    /// Unpacks a dump into a folder that holds no network, without starting it; gives what it says of
    /// the network, for [`Builder::like`]. Blocks the thread.
    ///
    /// # Errors
    /// [`DevnetError::Dump`] where the file is no dump, [`DevnetError::OtherNetwork`] where the
    /// folder holds a network.
    pub fn unpack(file: &Path, dir: &Path) -> Result<StateFile, DevnetError> {
        std::fs::create_dir_all(dir).map_err(|source| DevnetError::File {
            path: dir.to_owned(),
            source,
        })?;
        dump::unpack(file, dir)
    }

    /// Folder of the network: ledger, organisations, state file.
    pub fn dir(&self) -> &Path {
        &self.control.dir
    }

    /// Folder of certificates and keys, in cryptogen's layout.
    pub fn organizations_dir(&self) -> &Path {
        &self.control.state.organizations
    }

    /// What the network's state file says.
    pub fn state(&self) -> &StateFile {
        &self.control.state
    }

    /// Name of the first channel.
    pub fn channel(&self) -> &str {
        &self.control.state.channel
    }

    /// Names of all channels.
    pub fn channels(&self) -> impl Iterator<Item = &str> {
        self.control.channels.iter().map(|channel| channel.name())
    }

    /// MSP ids of the peers' organisations, in order.
    pub fn msp_ids(&self) -> impl Iterator<Item = &str> {
        let mut known = BTreeSet::new();
        let peers = self.control.state.peers.iter();
        peers
            .map(|peer| peer.msp_id.as_str())
            .filter(move |msp_id| known.insert(*msp_id))
    }

    /// Where the first peer of an organisation listens; none where there is no such organisation.
    pub fn peer_endpoint(&self, msp_id: &str) -> Option<SocketAddr> {
        let mut peers = self.control.state.peers.iter();
        let first = peers.find(|peer| peer.msp_id == msp_id)?;
        Some(first.address)
    }

    /// A peer by its host name, `peer0.org1.example.com`.
    pub fn peer(&self, name: &str) -> Option<&PeerEntry> {
        self.control
            .state
            .peers
            .iter()
            .find(|peer| peer.name == name)
    }

    /// Where the orderer listens.
    pub fn orderer_endpoint(&self) -> SocketAddr {
        self.control.state.orderer
    }

    /// Where the admin endpoint listens: plain HTTP on loopback.
    pub fn admin_endpoint(&self) -> SocketAddr {
        self.control.state.admin
    }

    /// Number of blocks in the chain of the first channel.
    pub fn height(&self) -> u64 {
        let first = self.control.channels.first();
        first.map_or(0, |channel| channel.chain().height())
    }

    /// Number of blocks in the chain of a channel; none where there is no such channel.
    pub fn height_of(&self, channel: &str) -> Option<u64> {
        let mut channels = self.control.channels.iter();
        let channel = channels.find(|known| known.name() == channel)?;
        Some(channel.chain().height())
    }

    /// Number of blocks that a peer has of a channel; none where it has not joined it.
    pub fn peer_height(&self, peer: &str, channel: &str) -> Option<u64> {
        let ledger = self.control.ledger(peer, channel).ok()?;
        Some(ledger.height())
    }

    /// Makes something go wrong on purpose, or right again: peers that lag, blocks that streams
    /// deliver late, twice or not at all, organisations that refuse, chaincode streams that break, a
    /// clock that is wrong.
    ///
    /// # Errors
    /// [`DevnetError::Refused`] or [`DevnetError::UnknownChannel`] where it names what the network
    /// does not have.
    pub async fn inject(&self, fault: Fault) -> Result<(), DevnetError> {
        self.control.inject(fault).await
    }

    /// What goes wrong on purpose at present.
    pub fn faults(&self) -> Vec<Fault> {
        self.control.faults()
    }

    /// Keeps the present state of all channels under this name, to be reverted to any number of
    /// times. The ledgers' files keep every page of it until it is forgotten.
    ///
    /// # Errors
    /// [`DevnetError::Refused`] where the name is taken or none, or there are too many.
    pub async fn snapshot(&self, name: impl Into<String>) -> Result<Snapshot, DevnetError> {
        self.control.snapshot(Some(name.into())).await
    }

    /// Takes all channels back to a snapshot. Transactions that wait for a block are dropped;
    /// streams of blocks and events and those who wait for a status end with `ABORTED`; peers no
    /// longer lag; snapshots that were made later are forgotten.
    ///
    /// # Errors
    /// [`DevnetError::Refused`] where there is no such snapshot.
    pub async fn revert(&self, name: &str) -> Result<Snapshot, DevnetError> {
        self.control.revert(name).await
    }

    /// All snapshots, the oldest first.
    pub async fn snapshots(&self) -> Vec<Snapshot> {
        self.control.snapshots().await
    }

    /// Forgets a snapshot.
    ///
    /// # Errors
    /// [`DevnetError::Refused`] where there is no such snapshot.
    pub async fn forget_snapshot(&self, name: &str) -> Result<(), DevnetError> {
        self.control.forget_snapshot(name).await
    }

    /// Writes the whole network to a file that [`Builder::load`] begins with: identities, channels,
    /// packages. It goes on meanwhile; each channel is written as of one block.
    ///
    /// # Errors
    /// Where the file exists or cannot be written.
    pub async fn dump(&self, file: impl Into<PathBuf>) -> Result<PathBuf, DevnetError> {
        self.control.dump(file.into()).await
    }

    /// Cuts a block of at most so many of a channel's waiting transactions now, whatever the cutting
    /// rule is, and waits until it is committed. There is no block where nothing waits.
    ///
    /// # Errors
    /// [`DevnetError::UnknownChannel`], or [`DevnetError::Stopped`].
    pub async fn cut(&self, channel: &str, count_max: usize) -> Result<CutBlock, DevnetError> {
        self.control.cut(channel, count_max).await
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
        for peer in &self.control.peers {
            peer.close().await;
        }
        for task in self.tasks.drain(..) {
            // A task that panicked has said so.
            let _ = task.await;
        }
        drop(self.folder.take());
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}
