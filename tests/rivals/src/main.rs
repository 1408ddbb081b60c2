//! The crate `fabric-gateway` under load, for `scripts/bench sdk`. What to do comes from the
//! environment, as `tests/src/bin/bench/rivals.rs` sets it; figures go out as one line of JSON.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use fabric_gateway::identity::EcdsaP256Signer;
use fabric_gateway::{Gateway, Identity};
use tonic::transport::{Certificate, Channel, ClientTlsConfig};

fn setting(name: &str) -> anyhow::Result<String> {
    std::env::var(name).with_context(|| format!("{name} is not set"))
}

/// The only file of a folder.
fn only_file(name: &str, part: &str) -> anyhow::Result<std::path::PathBuf> {
    let folder = std::path::Path::new(&setting(name)?).join(part);
    let entry = std::fs::read_dir(&folder)?.next().context("an empty folder")??;
    Ok(entry.path())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let authority = std::fs::read(setting("INTEROP_TLS_CA")?)?;
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority));
    let channel = Channel::from_shared(format!("https://{}", setting("INTEROP_PEER")?))?
        .tls_config(tls)?
        .tcp_nodelay(true)
        .connect()
        .await?;
    let certificate = only_file("INTEROP_USER_MSP", "signcerts")?;
    let identity = Identity::from_cert_file(setting("INTEROP_MSP_ID")?, certificate)?;
    let signer = Arc::new(EcdsaP256Signer::from_file(only_file("INTEROP_USER_MSP", "keystore")?)?);
    let gateway = Gateway::connect(identity, signer, channel)?;
    let network = gateway.get_network(&setting("INTEROP_CHANNEL")?);
    let contract = Arc::new(network.get_contract(&setting("INTEROP_CHAINCODE")?));
    let (submits, prefix) = (setting("LOAD_MODE")? == "submit", setting("LOAD_PREFIX")?);
    let clients: usize = setting("LOAD_CLIENTS")?.parse()?;
    let until = Instant::now() + Duration::from_secs(setting("LOAD_SECONDS")?.parse()?);
    let (begun, value, next) = (Instant::now(), "v".repeat(100), Arc::new(AtomicU64::new(0)));
    let mut tasks = Vec::new();
    for _ in 0..clients {
        let (contract, next) = (Arc::clone(&contract), Arc::clone(&next));
        let (prefix, value) = (prefix.clone(), value.clone());
        tasks.push(tokio::spawn(async move {
            let mut latencies = Vec::new();
            while Instant::now() < until {
                let start = Instant::now();
                let key = format!("{prefix}-{}", next.fetch_add(1, Ordering::Relaxed));
                let arguments = [key.as_str(), value.as_str()];
                if submits {
                    contract.submit_transaction("put", &arguments).await?;
                } else {
                    contract.evaluate_transaction("put", &arguments).await?;
                }
                latencies.push(start.elapsed().as_secs_f64() * 1000.0);
            }
            anyhow::Ok(latencies)
        }));
    }
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await??);
    }
    latencies.sort_by(f64::total_cmp);
    let at = |percent: usize| latencies.get(latencies.len() * percent / 100).copied();
    let figures = serde_json::json!({
        "count": latencies.len(),
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
    let (_, fields) = stat.rsplit_once(')').context("no name")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    Ok(ticks.sum::<Result<u64, _>>()? * 10)
}
