//! A network with the put chaincode on it, and what its processes cost.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use e2e::asset_client::network_as;
use e2e::network::{RunningNetwork, State};
use e2e::selvedge::Selvedge;
use e2e::warden::Warden;
use fabric_chaincode_shim::Server;
use fabric_gateway_sdk::{Contract, Network};
use fabric_testnet::NetworkKind;
use fabric_testnet::ports::Port;
use tokio::task::JoinHandle;

use crate::process_figures;
use crate::put_chaincode::PutChaincode;

const CHAINCODE: &str = "put";
/// One endorsement, as in the reference figures.
const POLICY: &str = "OR('Org1MSP.peer','Org2MSP.peer')";

/// A network that runs, and the chaincode, which runs in this process.
pub(crate) struct MeasuredNetwork {
    running: RunningNetwork,
    folder: PathBuf,
    address: String,
    serving: Option<JoinHandle<()>>,
}

impl MeasuredNetwork {
    /// Starts a network; says how long `selvedge network up --detach` took.
    pub(crate) async fn start(kind: NetworkKind) -> anyhow::Result<(Self, Duration)> {
        let folder = tempfile::Builder::new()
            .prefix("selvedge-bench-")
            .tempdir()?
            .keep();
        let warden = Arc::new(Warden::of(&folder));
        let start = Instant::now();
        let running = RunningNetwork::start(kind, &folder, &warden).await;
        let ready = start.elapsed();
        let network = Self {
            running,
            folder,
            address: Port::free()?.address().to_string(),
            serving: None,
        };
        Ok((network, ready))
    }

    /// Deploys and serves the put chaincode.
    pub(crate) async fn deploy(&mut self) -> anyhow::Result<()> {
        let address = self.address.clone();
        let deploy = [
            "chaincode",
            "deploy",
            CHAINCODE,
            "--address",
            &address,
            "--policy",
            POLICY,
        ];
        let deployed = Selvedge::of(&self.folder).run(&deploy).await;
        let id = deployed["package_id"]
            .as_str()
            .context("a deployment has a package id")?;
        let server = Server::builder(PutChaincode)
            .id(id)
            .address(address)
            .bind()
            .await?;
        let serving = async move {
            if let Err(error) = server.serve_with_shutdown(std::future::pending()).await {
                eprintln!("the put chaincode stopped: {error}");
            }
        };
        self.serving = Some(tokio::spawn(serving));
        Ok(())
    }

    /// What its state file says.
    pub(crate) fn state(&self) -> &State {
        self.running.state()
    }

    /// Name of the put chaincode.
    pub(crate) fn chaincode(&self) -> &'static str {
        CHAINCODE
    }

    /// The channel, for a user of the first organisation.
    pub(crate) fn channel(&self) -> Network {
        network_as(self.running.state(), 1, "User1")
    }

    /// The put chaincode on it.
    pub(crate) fn contract(&self) -> Contract {
        self.channel().contract(CHAINCODE)
    }

    /// Resident memory of all processes, in bytes.
    pub(crate) fn resident(&self) -> anyhow::Result<u64> {
        self.sum(|pid| process_figures::bytes(pid, "VmRSS:"))
    }

    /// The most memory that the processes have had, in bytes.
    pub(crate) fn resident_peak(&self) -> anyhow::Result<u64> {
        self.sum(|pid| process_figures::bytes(pid, "VmHWM:"))
    }

    /// Time on all cores that the processes have taken so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let processes = self.running.processes().into_iter();
        processes.map(process_figures::cpu).sum()
    }

    /// Bytes of its files.
    pub(crate) fn disk(&self) -> anyhow::Result<u64> {
        folder_bytes(&self.folder)
    }

    /// Kills it with SIGKILL and starts it again; says how long the start took.
    pub(crate) async fn restart(&mut self) -> Duration {
        for victim in self.running.victims() {
            self.running.kill(*victim).await;
        }
        let start = Instant::now();
        self.running.resume().await;
        start.elapsed()
    }

    /// Ends everything and removes its files.
    pub(crate) async fn remove(self) -> anyhow::Result<()> {
        if let Some(serving) = self.serving {
            serving.abort();
        }
        for victim in self.running.victims() {
            self.running.kill(*victim).await;
        }
        std::fs::remove_dir_all(&self.folder).context("the network's folder cannot be removed")
    }

    fn sum(&self, of: impl Fn(u32) -> anyhow::Result<u64>) -> anyhow::Result<u64> {
        self.running.processes().into_iter().map(of).sum()
    }
}

fn folder_bytes(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() {
            folder_bytes(&entry.path())?
        } else {
            metadata.len()
        };
    }
    Ok(bytes)
}
