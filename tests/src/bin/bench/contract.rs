//! One contract on four shims, one after the other on the same peer in one run.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use e2e::asset_client::network_as;
use e2e::network::RunningNetwork;
use e2e::selvedge::Selvedge;
use e2e::warden::Warden;
use fabric_gateway_sdk::Contract;
use fabric_testnet::NetworkKind;
use fabric_testnet::ports::Port;
use tokio::task::JoinSet;

use crate::contract_figures::{self, Figures};
use crate::contract_program::{Running, Shim};
use crate::{peer_counter, process_figures};

/// One endorsement: the same peer every time.
const POLICY: &str = "OR('Org1MSP.peer')";
/// Enough for a 95th percentile.
const ALONE: u64 = 300;
const WARM_UP: u64 = 50;
const CLIENTS: u64 = 64;
const MEASURED: Duration = Duration::from_secs(5);
/// Long transactions are repeated so often, and the middle one counts.
const REPEATS: usize = 3;
/// Rows of the query, and how many of them one transaction writes.
const ROWS: u64 = 10_000;
const ROWS_AT_ONCE: u64 = 100;
/// Shims that write key by key take seconds for thousands; a peer gives them 30.
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures all of them, and prints.
pub(crate) async fn compare() -> anyhow::Result<()> {
    let missing: Vec<&str> = Shim::ALL.iter().filter_map(|shim| shim.missing()).collect();
    if !missing.is_empty() {
        bail!(
            "what it compares with is not built:\n  {}",
            missing.join("\n  ")
        );
    }
    let kind = match std::env::var_os("FABRIC_BIN") {
        Some(_) => NetworkKind::Fabric,
        None => NetworkKind::Embedded,
    };
    let folder = tempfile::Builder::new()
        .prefix("selvedge-bench-")
        .tempdir()?
        .keep();
    let warden = Arc::new(Warden::of(&folder));
    let network = Compared {
        running: RunningNetwork::start(kind, &folder, &warden).await,
        folder,
    };
    let mut all = Vec::new();
    for shim in Shim::ALL {
        eprintln!("measuring {shim:?} on {kind:?}: about half a minute");
        all.push(network.measure(shim).await?);
    }
    contract_figures::print(&all);
    network.remove().await
}

/// The network, with the chaincodes deployed one by one.
struct Compared {
    running: RunningNetwork,
    folder: PathBuf,
}

impl Compared {
    async fn measure(&self, shim: Shim) -> anyhow::Result<Figures> {
        let port = Port::free()?;
        let address = port.address().to_string();
        let name = shim.chaincode();
        let deploy = [
            "chaincode",
            "deploy",
            name,
            "--address",
            &address,
            "--policy",
            POLICY,
        ];
        let deployed = Selvedge::of(&self.folder).run(&deploy).await;
        let id = deployed["package_id"]
            .as_str()
            .context("a deployment has a package id")?;
        drop(port);
        let (program, cold_start) = Running::start(shim, id, &address).await?;
        let caller = Caller {
            shim,
            contract: network_as(self.running.state(), 1, "User1").contract(name),
            next: Arc::default(),
        };
        caller.transfers(WARM_UP).await?;
        let before = self.requests(name).await?;
        let mut alone = caller.transfers(ALONE).await?;
        let requests = self.requests(name).await?.zip(before);
        alone.sort_unstable();
        let (evaluated_per_second, cpu) = caller.evaluate_many(program.pid()).await?;
        let submitted_per_second = caller.submit_many().await?;
        let writes_1_000 = ended(caller.fill(1_000).await);
        let writes_10_000 = ended(caller.fill(10_000).await);
        caller.insert(ROWS).await?;
        let scan_10_000 = ended(caller.scan(ROWS).await);
        Ok(Figures {
            shim,
            cold_start,
            requests: requests.map(|(after, before)| rate(after - before, ALONE)),
            p50: percentile(&alone, 50)?,
            p95: percentile(&alone, 95)?,
            evaluated_per_second,
            submitted_per_second,
            cpu,
            writes_1_000,
            writes_10_000,
            scan_10_000,
            resident: process_figures::bytes(program.pid(), "VmRSS:")?,
        })
    }

    async fn requests(&self, chaincode: &str) -> anyhow::Result<Option<u64>> {
        let peer = self.running.state().peers.first().context("a peer")?;
        match &peer.operations {
            Some(operations) => peer_counter::requests(operations, chaincode)
                .await
                .map(Some),
            None => Ok(None),
        }
    }

    async fn remove(self) -> anyhow::Result<()> {
        for victim in self.running.victims() {
            self.running.kill(*victim).await;
        }
        std::fs::remove_dir_all(&self.folder).context("the network's folder cannot be removed")
    }
}

/// What becomes of a transfer.
#[derive(Clone, Copy, Debug)]
enum Way {
    Evaluated,
    Submitted,
}

/// A client of one chaincode. No two calls use the same accounts.
#[derive(Clone)]
struct Caller {
    shim: Shim,
    contract: Contract,
    next: Arc<AtomicU64>,
}

impl Caller {
    async fn evaluate(&self, function: &str, args: &[&str]) -> anyhow::Result<String> {
        let function = self.shim.function(function);
        let mut call = self.contract.evaluate(function.as_str()).timeout(PATIENCE);
        for arg in args {
            call = call.arg(*arg);
        }
        let result = call.await;
        let result = result.with_context(|| format!("{function} on {:?}", self.shim))?;
        Ok(String::from_utf8(result.to_vec())?)
    }

    async fn submit(&self, function: &str, args: &[&str]) -> anyhow::Result<()> {
        let function = self.shim.function(function);
        let mut call = self
            .contract
            .submit(function.as_str())
            .endorse_timeout(PATIENCE)
            .submit_timeout(PATIENCE)
            .commit_timeout(PATIENCE);
        for arg in args {
            call = call.arg(*arg);
        }
        let committed = call.await.map(drop);
        committed.with_context(|| format!("{function} on {:?}", self.shim))
    }

    fn accounts(&self) -> [String; 2] {
        let pair = self.next.fetch_add(1, Ordering::Relaxed);
        ["payer", "payee"].map(|role| format!("{role}-{pair}"))
    }

    /// So many transfers, one after the other, and the time of each.
    async fn transfers(&self, count: u64) -> anyhow::Result<Vec<Duration>> {
        let mut times = Vec::new();
        for _ in 0..count {
            let [from, to] = self.accounts();
            let start = Instant::now();
            self.evaluate("transfer", &[&from, &to]).await?;
            times.push(start.elapsed());
        }
        Ok(times)
    }

    /// Transfers a second of many clients, and the chaincode's CPU for one.
    async fn evaluate_many(&self, pid: u32) -> anyhow::Result<(f64, Duration)> {
        let before = process_figures::cpu(pid)?;
        let (count, seconds) = self.many(Way::Evaluated).await?;
        let cpu = process_figures::cpu(pid)? - before;
        let one = cpu / u32::try_from(count.max(1))?;
        Ok((rate(count, 1) / seconds, one))
    }

    async fn submit_many(&self) -> anyhow::Result<f64> {
        let (count, seconds) = self.many(Way::Submitted).await?;
        Ok(rate(count, 1) / seconds)
    }

    /// How many transfers many clients made, and in how many seconds.
    async fn many(&self, way: Way) -> anyhow::Result<(u64, f64)> {
        let start = Instant::now();
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let caller = self.clone();
            clients.spawn(async move {
                let mut count = 0;
                while start.elapsed() < MEASURED {
                    let [from, to] = caller.accounts();
                    let args = [from.as_str(), to.as_str()];
                    match way {
                        Way::Evaluated => caller.evaluate("transfer", &args).await.map(drop)?,
                        Way::Submitted => caller.submit("transfer", &args).await?,
                    }
                    count += 1;
                }
                Ok::<u64, anyhow::Error>(count)
            });
        }
        let mut count = 0;
        while let Some(client) = clients.join_next().await {
            count += client??;
        }
        Ok((count, start.elapsed().as_secs_f64()))
    }

    /// One transaction that writes so many keys, endorsed and not committed.
    async fn fill(&self, keys: u64) -> anyhow::Result<Duration> {
        let mut times = Vec::new();
        for _ in 0..REPEATS {
            let start = Instant::now();
            self.evaluate("fill", &["fill-", &keys.to_string()]).await?;
            times.push(start.elapsed());
        }
        times.sort_unstable();
        percentile(&times, 50)
    }

    /// Commits so many rows.
    async fn insert(&self, rows: u64) -> anyhow::Result<()> {
        let mut parts = JoinSet::new();
        for part in 0..rows / ROWS_AT_ONCE {
            let caller = self.clone();
            parts.spawn(async move {
                let args = [format!("row-{part:04}-"), ROWS_AT_ONCE.to_string()];
                caller.submit("fill", &[&args[0], &args[1]]).await
            });
        }
        while let Some(part) = parts.join_next().await {
            part??;
        }
        Ok(())
    }

    /// A query of so many rows.
    async fn scan(&self, rows: u64) -> anyhow::Result<Duration> {
        let mut times = Vec::new();
        for _ in 0..REPEATS {
            let start = Instant::now();
            let found = self.evaluate("scan", &["row-", "row."]).await?;
            times.push(start.elapsed());
            anyhow::ensure!(found == rows.to_string(), "{found} rows instead of {rows}");
        }
        times.sort_unstable();
        percentile(&times, 50)
    }
}

/// The time of something that may not end in time, which is a figure too.
fn ended(took: anyhow::Result<Duration>) -> Option<Duration> {
    took.inspect_err(|error| eprintln!("did not end: {error:#}"))
        .ok()
}

fn percentile(sorted: &[Duration], percent: usize) -> anyhow::Result<Duration> {
    let found = sorted.get(sorted.len() * percent / 100).copied();
    found.context("nothing was measured")
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn rate(count: u64, of: u64) -> f64 {
    count as f64 / of as f64
}
