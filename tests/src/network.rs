//! The network of a world, as its state file describes it: started, killed node by node, and started
//! again through the command line program.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fabric_testnet::{NetworkKind, wait_until};
use serde::Deserialize;

use crate::selvedge::Selvedge;
use crate::warden::{Warden, is_alive, kill_group};

/// A killed process is collected by its parent at once, or by the system a moment later.
const DEATH_DEADLINE: Duration = Duration::from_secs(10);

/// What the state file says, of either kind of network.
#[derive(Debug, Clone, Deserialize)]
pub struct State {
    /// `embedded` or `fabric`.
    pub kind: String,
    /// Name of the channel.
    pub channel: String,
    /// Where the orderer listens.
    pub orderer: String,
    /// A peer per organisation, in order.
    pub peers: Vec<Peer>,
    /// Certificates and keys, in cryptogen's layout.
    pub organizations: PathBuf,
    /// The process of an embedded network.
    pid: Option<u32>,
    /// The ordering nodes of a real network.
    #[serde(default)]
    orderers: Vec<Node>,
}

/// A peer.
#[derive(Debug, Clone, Deserialize)]
pub struct Peer {
    /// Its organisation.
    pub msp_id: String,
    /// Where it listens.
    pub address: String,
    /// Certificate of the authority for its TLS certificate.
    pub tls_ca: PathBuf,
    /// Health and metrics, plain HTTP; a real peer has them.
    #[serde(default)]
    pub operations: Option<String>,
    pid: Option<u32>,
}

#[derive(Debug, Clone, Deserialize)]
struct Node {
    pid: Option<u32>,
}

/// A process of a network that can be killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Victim {
    /// The embedded network, which is one process.
    Network,
    /// The first organisation's peer.
    Peer,
    /// The orderer.
    Orderer,
}

/// A network that runs detached from this process.
#[derive(Debug)]
pub struct RunningNetwork {
    kind: NetworkKind,
    folder: PathBuf,
    state: State,
    warden: Arc<Warden>,
}

impl RunningNetwork {
    /// Starts a network on free ports.
    pub async fn start(kind: NetworkKind, folder: &Path, warden: &Arc<Warden>) -> Self {
        up(kind, folder).await;
        let state = read(folder);
        let network = Self {
            kind,
            folder: folder.to_owned(),
            state,
            warden: Arc::clone(warden),
        };
        network.watch();
        network
    }

    /// Which kind it is.
    #[must_use]
    pub fn kind(&self) -> NetworkKind {
        self.kind
    }

    /// Endpoints and identities.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The ids of its processes.
    #[must_use]
    pub fn processes(&self) -> Vec<u32> {
        pids(&self.state)
    }

    /// What can be killed in a network of this kind.
    #[must_use]
    pub fn victims(&self) -> &'static [Victim] {
        match self.kind {
            NetworkKind::Embedded => &[Victim::Network],
            NetworkKind::Fabric => &[Victim::Peer, Victim::Orderer],
        }
    }

    /// Kills a process with SIGKILL, and returns when it is gone.
    ///
    /// # Panics
    /// Where the network has no such process.
    pub async fn kill(&self, victim: Victim) {
        let pid = self
            .pid(victim)
            .unwrap_or_else(|| panic!("the network has no {victim:?}"));
        kill_group(pid);
        let gone = wait_until(DEATH_DEADLINE, || async { !is_alive(pid) }).await;
        gone.unwrap_or_else(|error| panic!("{victim:?} {pid} does not die: {error}"));
        self.warden.forget(pid);
    }

    /// Starts again what does not run.
    pub async fn resume(&mut self) {
        for pid in pids(&self.state) {
            self.warden.forget(pid);
        }
        up(self.kind, &self.folder).await;
        self.state = read(&self.folder);
        self.watch();
    }

    fn pid(&self, victim: Victim) -> Option<u32> {
        match victim {
            Victim::Network => self.state.pid,
            Victim::Peer => self.state.peers.first()?.pid,
            Victim::Orderer => self.state.orderers.first()?.pid,
        }
    }

    fn watch(&self) {
        let pids = pids(&self.state);
        assert!(
            !pids.is_empty(),
            "network.json names no process: {:?}",
            self.state
        );
        for pid in pids {
            self.warden.watch(pid);
        }
    }
}

async fn up(kind: NetworkKind, folder: &Path) {
    let kind = match kind {
        NetworkKind::Embedded => "embedded",
        NetworkKind::Fabric => "fabric",
    };
    let arguments = [
        "network",
        "up",
        "--network",
        kind,
        "--ports",
        "free",
        "--detach",
    ];
    Selvedge::of(folder).run(&arguments).await;
}

#[track_caller]
fn read(folder: &Path) -> State {
    let path = folder.join("network.json");
    let text = std::fs::read(&path);
    let text = text.unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn pids(state: &State) -> Vec<u32> {
    let orderers = state.orderers.iter().filter_map(|node| node.pid);
    state
        .pid
        .into_iter()
        .chain(orderers)
        .chain(state.peers.iter().filter_map(|peer| peer.pid))
        .collect()
}
