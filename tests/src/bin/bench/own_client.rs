//! Our own client as a process of its own, so that its CPU time can be told from the network's:
//! `bench sdk-client`. Settings and figures are those of the other clients (see `rivals.rs`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use fabric_gateway_sdk::{Contract, Endpoint, Gateway, Identity, SigningIdentity};
use fabric_protos::peer::deliver_client::DeliverClient;
use fabric_protos::{common, peer};
use futures::TryStreamExt as _;
use prost::Message as _;
use tokio::task::JoinSet;
use tonic::transport::{Certificate, ClientTlsConfig};

/// Bytes of a value, as in the other clients.
const VALUE_BYTES: usize = 100;

fn setting(name: &str) -> anyhow::Result<String> {
    std::env::var(name).with_context(|| format!("{name} is not set: run scripts/bench sdk"))
}

/// Does what the environment says and prints the figures.
pub(crate) async fn run() -> anyhow::Result<()> {
    let (begun, network) = (
        Instant::now(),
        gateway()?.network(setting("INTEROP_CHANNEL")?),
    );
    let contract = network.contract(setting("INTEROP_CHAINCODE")?);
    let mode = setting("LOAD_MODE")?;
    let latencies = match mode.as_str() {
        "drain" => {
            let height = network.height().await?;
            let blocks = network
                .blocks()
                .from_block(0)
                .end_block(height - 1)
                .stream();
            let count = blocks.try_fold(0, async |sum, block| Ok(sum + block.transaction_count()));
            return print(count.await?, begun, &[]);
        }
        "bare drain" => return print(bare_drain(&network).await?, begun, &[]),
        _ => load(&contract, mode == "submit").await?,
    };
    print(latencies.len(), begun, &latencies)
}

fn gateway() -> anyhow::Result<Gateway> {
    let authority = std::fs::read(setting("INTEROP_TLS_CA")?)?;
    let url = format!("https://{}", setting("INTEROP_PEER")?);
    let identity =
        Identity::from_msp_dir(setting("INTEROP_USER_MSP")?, setting("INTEROP_MSP_ID")?)?;
    let endpoint = Endpoint::tls(url, authority)?;
    Ok(Gateway::builder(identity)
        .endpoint(endpoint)
        .connect_lazy()?)
}

/// Lets all clients call without a pause; gives the time that each call took, sorted.
async fn load(contract: &Contract, submits: bool) -> anyhow::Result<Vec<Duration>> {
    let (prefix, clients) = (setting("LOAD_PREFIX")?, setting("LOAD_CLIENTS")?.parse()?);
    let until = Instant::now() + Duration::from_secs(setting("LOAD_SECONDS")?.parse()?);
    let next = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..clients {
        let (contract, next, prefix) = (contract.clone(), Arc::clone(&next), prefix.clone());
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            while Instant::now() < until {
                let start = Instant::now();
                let key = format!("{prefix}-{}", next.fetch_add(1, Ordering::Relaxed));
                let value = [b'v'; VALUE_BYTES];
                if submits {
                    contract.submit("put").arg(key).arg(value).await?;
                } else {
                    contract.evaluate("put").arg(key).arg(value).await?;
                }
                latencies.push(start.elapsed());
            }
            anyhow::Ok(latencies)
        });
    }
    let mut latencies = Vec::new();
    while let Some(task) = tasks.join_next().await {
        latencies.extend(task??);
    }
    latencies.sort_unstable();
    Ok(latencies)
}

/// Reads the chain with a generated client alone: what a block stream costs at least.
async fn bare_drain(network: &fabric_gateway_sdk::Network) -> anyhow::Result<usize> {
    let height = network.height().await?;
    let request = network
        .blocks()
        .from_block(0)
        .end_block(height - 1)
        .request();
    let folder = setting("INTEROP_USER_MSP")?;
    let signer = SigningIdentity::from_msp_dir(folder, setting("INTEROP_MSP_ID")?)?;
    let signature = signer.sign(request.bytes())?;
    let request = common::Envelope::decode(request.with_signature(signature).to_bytes())?;
    let authority = Certificate::from_pem(std::fs::read(setting("INTEROP_TLS_CA")?)?);
    let url = format!("https://{}", setting("INTEROP_PEER")?);
    let channel = tonic::transport::Endpoint::from_shared(url)?
        .tls_config(ClientTlsConfig::new().ca_certificate(authority))?
        .tcp_nodelay(true)
        .initial_stream_window_size(4 << 20)
        .connect()
        .await?;
    let mut client = DeliverClient::new(channel).max_decoding_message_size(100 << 20);
    let open = futures::stream::once(async { request });
    let open = futures::StreamExt::chain(open, futures::stream::pending());
    let mut blocks = client.deliver(open).await?.into_inner();
    let (mut count, mut left) = (0, height);
    while left > 0 {
        let response = blocks.message().await?.context("the stream ended early")?;
        if let Some(peer::deliver_response::Type::Block(block)) = response.r#type {
            count += block.data.unwrap_or_default().data.len();
            left -= 1;
        }
    }
    Ok(count)
}

fn print(count: usize, begun: Instant, latencies: &[Duration]) -> anyhow::Result<()> {
    let at = |percent: usize| {
        let latency = latencies.get(latencies.len() * percent / 100)?;
        Some(latency.as_secs_f64() * 1000.0)
    };
    let figures = serde_json::json!({
        "count": count,
        "seconds": begun.elapsed().as_secs_f64(),
        "p50_ms": at(50),
        "p95_ms": at(95),
        "cpu_ms": cpu_ms()?,
    });
    println!("{figures}");
    Ok(())
}

/// User and system time of this process (`proc_pid_stat(5)`, fields 14 and 15), in ticks of 10 ms.
fn cpu_ms() -> anyhow::Result<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').context("a process has a name")?;
    let ticks = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(str::parse::<u64>);
    Ok(ticks.sum::<Result<u64, _>>()? * 10)
}
