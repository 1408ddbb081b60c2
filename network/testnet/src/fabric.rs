//! A real Fabric network on this machine without Docker, from Fabric's own programs: ordering nodes
//! that agree by Raft, and organisations with peers.
//!
//! A handle stops the network when it is dropped. [`RealFabric::detach`] leaves it running; the
//! state file in its folder is then all that another process needs to [`RealFabric::attach`].

mod administrator;
mod builder;
mod crash;
mod discovery;
mod genesis;
mod operations;
mod options;
mod orderer;
mod organizations;
mod peer;
mod state;
mod tools;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use fabric_gateway_sdk::admin::OrdererAdmin;
use futures::future::try_join_all;

pub use options::{Options, Ports};
pub use state::{FILE_NAME, OrdererNode, PeerNode, State};

use crate::chaincode::Chaincode;
use crate::deploy::{self, Deployed, DeploymentPeer};
use crate::error::Error;
use crate::folder::Folder;
use crate::process::{Lifetime, Process, Signal};
use options::PortPlan;
use organizations::Organizations;
use tools::Tools;

/// A network whose nodes run.
#[derive(Debug)]
pub struct RealFabric {
    // Fields drop in this order: the nodes end before their folder goes.
    peers: Vec<Process>,
    orderers: Vec<Process>,
    state: State,
    tools: Tools,
    lifetime: Lifetime,
    folder: Folder,
    /// None of a network that this handle did not start: its ports are taken by its nodes.
    _ports: Option<PortPlan>,
}

impl RealFabric {
    /// Starts a network with a channel that all peers have joined, and returns when it orders
    /// transactions and its peers know each other.
    ///
    /// # Errors
    /// [`Error::ProgramMissing`] without Fabric's programs; [`Error::Setting`] when the folder
    /// holds a network already; otherwise the end of a log or what a tool said.
    pub async fn start(options: Options) -> Result<Self, Error> {
        options.check()?;
        let folder = Folder::open(options.folder.as_deref(), "selvedge-fabric-")?;
        refuse_other_network(folder.path())?;
        let tools = Tools::find(options.fabric_bin.as_deref(), folder.path())?;
        for path in [tools.configuration(), &logs(folder.path())] {
            fs::create_dir_all(path).map_err(Error::io("create", path))?;
        }
        let ports = options.plan_ports()?;
        let organizations = open_organizations(&options, folder.path())?;
        let version = tools.version().await?;
        let state = State::new(&options, &tools, version, &organizations, &ports);
        genesis::generate(&tools, &state, &options, folder.path()).await?;
        peer::write_configuration(&tools, &state, &options, folder.path())?;

        let lifetime = folder.lifetime();
        let mut network = Self {
            peers: Vec::new(),
            orderers: Vec::new(),
            state,
            tools,
            lifetime,
            folder,
            _ports: Some(ports),
        };
        network.launch()?;
        network.answer().await?;
        network.join().await?;
        network.ready().await?;
        network.write_state()?;
        Ok(network)
    }

    /// Takes over a network that another process started and detached. The handle does not stop
    /// it when dropped.
    ///
    /// # Errors
    /// [`Error::Setting`] when no network was started in the folder.
    pub fn attach(folder: &Path) -> Result<Self, Error> {
        let state = State::read(folder)?.ok_or_else(|| Error::Setting {
            name: "folder",
            value: folder.display().to_string(),
            remedy: "start a network there first".to_owned(),
        })?;
        let folder = Folder::open(Some(folder), "")?;
        let tools = Tools::find(Some(&state.fabric_bin), folder.path())?;
        let logs = logs(folder.path());
        // A process id of 0 stands for a node that never ran; no process has it.
        let adopt = |name: &str, program: &str, pid: Option<u32>| {
            Process::adopt(name, &tools.bin().join(program), pid.unwrap_or(0), &logs)
        };

        let orderers = state.orderers.iter();
        let orderers = orderers.map(|node| adopt(&node.name, "orderer", node.pid));
        let orderers = orderers.collect();
        let peers = state.peers.iter();
        let peers = peers.map(|node| adopt(&node.name, "peer", node.pid));
        let peers = peers.collect();
        let lifetime = Lifetime::Detached;
        Ok(Self {
            peers,
            orderers,
            state,
            tools,
            lifetime,
            folder,
            _ports: None,
        })
    }

    /// Stops the network that was started in `folder` and keeps its data.
    ///
    /// # Errors
    /// As [`RealFabric::attach`].
    pub fn stop(folder: &Path) -> Result<(), Error> {
        let mut network = Self::attach(folder)?;
        for process in network.peers.iter_mut().chain(&mut network.orderers) {
            process.end(Signal::Terminate);
        }
        Ok(())
    }

    /// Starts those nodes that do not run, on their old data and ports.
    ///
    /// # Errors
    /// The end of a log when a node does not come up.
    pub async fn resume(&mut self) -> Result<(), Error> {
        for place in 0..self.orderers.len() {
            if !self.orderers[place].is_running() {
                self.orderers[place] = self.start_orderer(place)?;
            }
        }
        for index in 0..self.peers.len() {
            if !self.peers[index].is_running() {
                self.peers[index] = self.start_peer(index)?;
            }
        }
        self.answer().await?;
        self.ready().await?;
        self.write_state()
    }

    /// Leaves the network running, and its folder in place, and gives the folder.
    ///
    /// # Errors
    /// [`Error::Io`] when the state file cannot be written; the network is stopped then.
    pub fn detach(mut self) -> Result<PathBuf, Error> {
        self.write_state()?;
        self.folder.keep();
        for process in self.peers.iter_mut().chain(&mut self.orderers) {
            process.detach();
        }
        Ok(self.folder.path().to_owned())
    }

    /// Deploys a chaincode, or changes its definition or address, and returns when every peer's
    /// gateway can find it. Deploying the same again does nothing.
    ///
    /// # Errors
    /// [`Error::Admin`] with what the peers said.
    pub async fn deploy(&mut self, chaincode: &Chaincode) -> Result<Deployed, Error> {
        let channel = self.state.channel.clone();
        self.deploy_on(&channel, chaincode).await
    }

    /// As [`RealFabric::deploy`], on a channel by its name.
    ///
    /// # Errors
    /// [`Error::Admin`] with what the peers said.
    pub async fn deploy_on(
        &mut self,
        channel: &str,
        chaincode: &Chaincode,
    ) -> Result<Deployed, Error> {
        let state = &self.state;
        let peers = state.peers.iter().map(|peer| DeploymentPeer {
            msp_id: peer.msp_id.clone(),
            address: peer.address,
            tls_ca: peer.tls_ca.clone(),
        });
        let peers: Vec<_> = peers.collect();
        let deployed = deploy::deploy(channel, &state.organizations, &peers, chaincode).await?;
        discovery::discovered(&self.tools, state, channel, &chaincode.name).await?;
        Ok(deployed)
    }

    /// Names, ports and process ids.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The network's folder: logs, configuration, data.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Certificates and keys, in cryptogen's layout.
    #[must_use]
    pub fn organizations_dir(&self) -> &Path {
        &self.state.organizations
    }

    /// Where an organisation's peer listens.
    ///
    /// # Errors
    /// [`Error::UnknownOrganization`].
    pub fn peer_endpoint(&self, msp_id: &str) -> Result<SocketAddr, Error> {
        self.state.peer(msp_id).map(|(_, peer)| peer.address)
    }

    /// The file with the authority of that peer's TLS certificate.
    ///
    /// # Errors
    /// [`Error::UnknownOrganization`].
    pub fn tls_ca(&self, msp_id: &str) -> Result<&Path, Error> {
        self.state.peer(msp_id).map(|(_, peer)| &*peer.tls_ca)
    }

    fn launch(&mut self) -> Result<(), Error> {
        for place in 0..self.state.orderers.len() {
            let node = &self.state.orderers[place];
            orderer::write_configuration(&self.tools, &self.state, node, self.folder.path())?;
            self.orderers.push(self.start_orderer(place)?);
        }
        for index in 0..self.state.peers.len() {
            self.peers.push(self.start_peer(index)?);
        }
        Ok(())
    }

    /// An ordering node, seen by its administrator, by its place from 0.
    ///
    /// # Errors
    /// [`Error::UnknownOrderer`], or what is wrong with the node's TLS files.
    pub fn orderer_admin(&self, place: usize) -> Result<OrdererAdmin, Error> {
        let node = self.state.orderers.get(place);
        administrator::of_orderer(&self.state, node.ok_or(Error::UnknownOrderer { place })?)
    }

    /// Waits until every node answers its administrator.
    async fn answer(&mut self) -> Result<(), Error> {
        let state = &self.state;
        let peers = state.peers.iter().zip(&mut self.peers);
        let peers = peers.map(|(node, process)| peer::answers(state, node, process));
        let orderers = state.orderers.iter().zip(&mut self.orderers);
        let orderers = orderers.map(|(node, process)| orderer::answers(state, node, process));
        tokio::try_join!(try_join_all(orderers), try_join_all(peers)).map(drop)
    }

    async fn join(&self) -> Result<(), Error> {
        let (state, folder) = (&self.state, self.folder.path());
        let peers = state.peers.iter();
        let peers = peers.map(|node| peer::join(state, node, folder));
        let orderers = state.orderers.iter();
        let orderers = orderers.map(|node| orderer::join(state, node, folder));
        tokio::try_join!(try_join_all(orderers), try_join_all(peers)).map(drop)
    }

    /// Waits until the channel orders transactions and its peers know each other.
    async fn ready(&mut self) -> Result<(), Error> {
        let state = &self.state;
        let others = state.peers.len() - 1;
        let peers = state.peers.iter().zip(&mut self.peers);
        let peers = peers.map(|(node, process)| peer::knows_others(state, node, process, others));
        let orderers = state.orderers.iter().zip(&mut self.orderers);
        let orderers =
            orderers.map(|(node, process)| orderer::follows_a_leader(state, node, process));
        tokio::try_join!(try_join_all(orderers), try_join_all(peers)).map(drop)
    }

    fn write_state(&mut self) -> Result<(), Error> {
        for (node, process) in self.state.orderers.iter_mut().zip(&self.orderers) {
            node.pid = Some(process.pid());
        }
        for (node, process) in self.state.peers.iter_mut().zip(&self.peers) {
            node.pid = Some(process.pid());
        }
        self.state.write(self.folder.path())
    }
}

/// Where the nodes' logs are, in the network's folder.
fn logs(folder: &Path) -> PathBuf {
    folder.join("logs")
}

fn refuse_other_network(folder: &Path) -> Result<(), Error> {
    if State::read(folder)?.is_none() {
        return Ok(());
    }
    Err(Error::Setting {
        name: "folder",
        value: folder.display().to_string(),
        remedy: "it holds a network: resume that one, remove it, or choose another folder"
            .to_owned(),
    })
}

fn open_organizations(options: &Options, folder: &Path) -> Result<Organizations, Error> {
    match &options.organizations_dir {
        Some(given) => {
            let given = given.canonicalize().map_err(Error::io("find", given))?;
            Ok(Organizations::at(&given))
        }
        None => Organizations::generate(&folder.join("organizations"), options),
    }
}
