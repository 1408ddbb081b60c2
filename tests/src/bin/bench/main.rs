//! Figures and ratios of the whole system, on the embedded network and, where `FABRIC_BIN` leads to
//! them, on Fabric's own programs: the time to start, memory, throughput, latency, and how fast the
//! mirror copies. It prints; it never judges.
//!
//! The put chaincode and the clients run in this process, on the same cores as the network.

mod mirroring;
mod network;
mod put_chaincode;
mod report;
mod submitting;

use fabric_testnet::NetworkKind;

use report::Report;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let embedded = network::measure(NetworkKind::Embedded).await?;
    let mirror = mirroring::measure(&embedded.blocks).await?;
    let fabric = match std::env::var_os("FABRIC_BIN") {
        Some(_) => Some(network::measure(NetworkKind::Fabric).await?.figures),
        None => None,
    };
    Report {
        embedded: embedded.figures,
        fabric,
        mirror,
    }
    .print();
    Ok(())
}
