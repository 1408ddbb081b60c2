//! A network from its start to its last figure.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use e2e::asset_client::network_as;
use e2e::network::RunningNetwork;
use e2e::selvedge::Selvedge;
use e2e::warden::Warden;
use fabric_chaincode_shim::Server;
use fabric_gateway_sdk::Network;
use fabric_testnet::NetworkKind;
use fabric_testnet::ports::Port;
use futures::TryStreamExt as _;

use crate::put_chaincode::PutChaincode;
use crate::submitting::{self, Latency, Throughput};

const CHAINCODE: &str = "put";
/// One endorsement, as in the reference figures.
const POLICY: &str = "OR('Org1MSP.peer','Org2MSP.peer')";

/// What a network was, and the chain that it left.
pub(crate) struct Measured {
    pub(crate) figures: Figures,
    pub(crate) blocks: Vec<Bytes>,
}

/// Figures of one network.
#[derive(Debug)]
pub(crate) struct Figures {
    /// `selvedge network up --detach`, from start to return.
    pub(crate) ready: Duration,
    /// Resident memory of all its processes before and after the load, in bytes.
    pub(crate) resident_idle: u64,
    pub(crate) resident_loaded: u64,
    pub(crate) many: Throughput,
    pub(crate) alone: Latency,
    /// Transactions a second that one client reads as blocks.
    pub(crate) drain_per_second: f64,
}

pub(crate) async fn measure(kind: NetworkKind) -> anyhow::Result<Measured> {
    eprintln!("measuring {kind:?}: about half a minute");
    let folder = tempfile::Builder::new()
        .prefix("selvedge-bench-")
        .tempdir()?
        .keep();
    let warden = Arc::new(Warden::of(&folder));
    let start = Instant::now();
    let running = RunningNetwork::start(kind, &folder, &warden).await;
    let ready = start.elapsed();
    let resident_idle = resident(&running)?;

    let port = Port::free()?;
    let address = port.address().to_string();
    let deploy = [
        "chaincode",
        "deploy",
        CHAINCODE,
        "--address",
        &address,
        "--policy",
        POLICY,
    ];
    let deployed = Selvedge::of(&folder).run(&deploy).await;
    let id = deployed["package_id"]
        .as_str()
        .context("a deployment has a package id")?;
    let server = Server::builder(PutChaincode)
        .id(id)
        .address(address)
        .bind()
        .await?;
    let serving = tokio::spawn(server.serve_with_shutdown(std::future::pending()));

    let network = network_as(running.state(), 1, "User1");
    let contract = network.contract(CHAINCODE);
    let alone = submitting::alone(&contract).await?;
    let many = submitting::many(&contract).await?;
    serving.abort();
    let resident_loaded = resident(&running)?;
    let (blocks, drain_per_second) = drain(&network).await?;
    let figures = Figures {
        ready,
        resident_idle,
        resident_loaded,
        many,
        alone,
        drain_per_second,
    };
    Ok(Measured { figures, blocks })
}

/// Reads the whole chain, as fast as one stream goes.
async fn drain(network: &Network) -> anyhow::Result<(Vec<Bytes>, f64)> {
    let height = network.height().await?;
    let start = Instant::now();
    let mut stream = network
        .blocks()
        .from_block(0)
        .end_block(height - 1)
        .stream();
    let (mut blocks, mut transactions) = (Vec::new(), 0);
    while let Some(block) = stream.try_next().await? {
        transactions += block.transaction_count();
        blocks.push(block.bytes().clone());
    }
    let seconds = start.elapsed().as_secs_f64();
    Ok((blocks, f64::from(u32::try_from(transactions)?) / seconds))
}

/// Resident memory of all processes of a network, in bytes.
fn resident(network: &RunningNetwork) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for pid in network.processes() {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.split_whitespace().next());
        bytes += kibibytes.context("a process has a size")?.parse::<u64>()? * 1024;
    }
    Ok(bytes)
}
