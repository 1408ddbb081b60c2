//! Clients that put keys of their own: many at once for throughput, one alone for latency.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use fabric_gateway_sdk::Contract;
use tokio::task::JoinSet;

/// Clients at once: as many as the reference figures have.
pub(crate) const CLIENTS: usize = 256;
/// Caches fill and connections open before anything is counted.
const WARM_UP: Duration = Duration::from_secs(3);
/// Long enough for a rate that repeats within a few per cent.
const MEASURED: Duration = Duration::from_secs(15);
/// Transactions of the client that is alone: enough for a 95th percentile.
const ALONE: usize = 300;
/// Bytes of a value.
const VALUE_BYTES: usize = 100;

/// What many clients got.
#[derive(Debug)]
pub(crate) struct Throughput {
    pub(crate) per_second: f64,
    pub(crate) latency: Latency,
}

/// Submit to committed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Latency {
    pub(crate) p50: Duration,
    pub(crate) p95: Duration,
}

/// Lets all clients submit without a pause, and counts what commits.
pub(crate) async fn many(contract: &Contract) -> anyhow::Result<Throughput> {
    let next = Arc::new(AtomicU64::new(0));
    let from = Instant::now() + WARM_UP;
    let until = from + MEASURED;
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (contract, next) = (contract.clone(), Arc::clone(&next));
        clients.spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let start = Instant::now();
                put(&contract, next.fetch_add(1, Ordering::Relaxed)).await?;
                let end = Instant::now();
                if end >= until {
                    return Ok::<_, anyhow::Error>(latencies);
                }
                if end >= from {
                    latencies.push(end - start);
                }
            }
        });
    }
    let mut latencies = Vec::new();
    while let Some(client) = clients.join_next().await {
        latencies.extend(client??);
    }
    let count = u32::try_from(latencies.len())?;
    let per_second = f64::from(count) / MEASURED.as_secs_f64();
    Ok(Throughput {
        per_second,
        latency: percentiles(latencies)?,
    })
}

/// Commits a put of every one of these keys.
pub(crate) async fn put_all(contract: &Contract, keys: Range<u64>) -> anyhow::Result<()> {
    let next = Arc::new(AtomicU64::new(keys.start));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (contract, next) = (contract.clone(), Arc::clone(&next));
        clients.spawn(async move {
            loop {
                let key = next.fetch_add(1, Ordering::Relaxed);
                if key >= keys.end {
                    return Ok::<_, anyhow::Error>(());
                }
                put(&contract, key).await?;
            }
        });
    }
    while let Some(client) = clients.join_next().await {
        client??;
    }
    Ok(())
}

/// One client, one transaction after the other.
pub(crate) async fn alone(contract: &Contract) -> anyhow::Result<Latency> {
    let mut latencies = Vec::with_capacity(ALONE);
    for index in 0..ALONE {
        let start = Instant::now();
        put(contract, u64::try_from(index)?).await?;
        latencies.push(start.elapsed());
    }
    percentiles(latencies)
}

async fn put(contract: &Contract, key: u64) -> anyhow::Result<()> {
    let submit = contract
        .submit("put")
        .arg(format!("key-{key}"))
        .arg([b'v'; VALUE_BYTES]);
    submit.await.map(drop).context("a put did not commit")
}

fn percentiles(mut latencies: Vec<Duration>) -> anyhow::Result<Latency> {
    latencies.sort_unstable();
    let at = |percent: usize| latencies.get(latencies.len() * percent / 100).copied();
    Ok(Latency {
        p50: at(50).context("nothing committed")?,
        p95: at(95).context("nothing committed")?,
    })
}
