//! Figures and ratios of the whole system, on the embedded network and, where `FABRIC_BIN` leads to
//! them, on Fabric's own programs: the time to start, memory, throughput, latency, how fast the
//! mirror copies, what a long chain costs, and what a contract costs in Rust, Go and Node. It prints;
//! it never judges.
//!
//! The put chaincode and the clients run in this process, on the same cores as the network.

mod contract;
mod contract_chaincode;
mod contract_figures;
mod contract_program;
mod endurance;
mod idle;
mod measured_network;
mod mirroring;
mod network;
mod own_client;
mod peer_counter;
mod process_figures;
mod put_chaincode;
mod report;
mod rivals;
mod submitting;

use std::process::ExitCode;

use anyhow::Context as _;
use fabric_testnet::NetworkKind;

use report::Report;

fn main() -> ExitCode {
    let what = std::env::args().nth(1);
    if what.as_deref() == Some(contract_chaincode::ARGUMENT) {
        return contract_chaincode::serve();
    }
    match measure(what.as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn measure(what: Option<&str>) -> anyhow::Result<()> {
    match what {
        None | Some("all") => {
            compare(Mirror::Measured).await?;
            endure().await
        }
        Some("network") => {
            compare(Mirror::LeftOut).await?;
            endure().await
        }
        Some("endurance") => endure().await,
        Some("contract") => contract::compare().await,
        Some("sdk") => rivals::measure().await,
        Some("sdk-client") => own_client::run().await,
        Some(other) => anyhow::bail!(
            "there is nothing to measure called `{other}`; say all, network, endurance, sdk or contract"
        ),
    }
}

/// Whether the mirror copies the chain that the network leaves.
#[derive(PartialEq, Eq)]
enum Mirror {
    Measured,
    LeftOut,
}

async fn compare(mirror: Mirror) -> anyhow::Result<()> {
    let embedded = network::measure(NetworkKind::Embedded).await?;
    let mirror = match mirror {
        Mirror::Measured => Some(mirroring::measure(&embedded.blocks).await?),
        Mirror::LeftOut => None,
    };
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

async fn endure() -> anyhow::Result<()> {
    let transactions = match std::env::var("BENCH_TRANSACTIONS") {
        Ok(text) => text
            .parse()
            .context("BENCH_TRANSACTIONS must be a number of transactions")?,
        Err(_) => endurance::TRANSACTIONS,
    };
    endurance::measure(transactions).await?.print()
}
