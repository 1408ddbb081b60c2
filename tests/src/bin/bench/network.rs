//! A network from its start to its last figure.

use std::time::{Duration, Instant};

use bytes::Bytes;
use fabric_gateway_sdk::Network;
use fabric_testnet::NetworkKind;
use futures::TryStreamExt as _;

use crate::idle::{self, Idle};
use crate::measured_network::MeasuredNetwork;
use crate::submitting::{self, Latency, Throughput};

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
    pub(crate) idle: Idle,
    /// Transactions a second that one client reads as blocks.
    pub(crate) drain_per_second: f64,
}

pub(crate) async fn measure(kind: NetworkKind) -> anyhow::Result<Measured> {
    eprintln!("measuring {kind:?}: about half a minute");
    let (mut measured, ready) = MeasuredNetwork::start(kind).await?;
    let resident_idle = measured.resident()?;
    measured.deploy().await?;
    let contract = measured.contract();
    let alone = submitting::alone(&contract).await?;
    let many = submitting::many(&contract).await?;
    let resident_loaded = measured.resident()?;
    let idle = idle::measure(&measured, &contract).await?;
    let (blocks, drain_per_second) = drain(&measured.channel()).await?;
    measured.remove().await?;
    let figures = Figures {
        ready,
        resident_idle,
        resident_loaded,
        many,
        alone,
        idle,
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
