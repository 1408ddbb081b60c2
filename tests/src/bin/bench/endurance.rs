//! A long chain: what a transaction costs at its beginning and at its end, what the chain takes of
//! memory and disk, and how long a killed network takes to come back to it.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use fabric_testnet::NetworkKind;

use crate::measured_network::MeasuredNetwork;
use crate::submitting;

/// How many transactions make the chain unless `BENCH_TRANSACTIONS` says otherwise.
pub(crate) const TRANSACTIONS: u64 = 100_000;
/// Transactions that one figure of the cost is taken over.
const STAGE: u64 = 10_000;

/// What a long chain costs.
pub(crate) struct Endured {
    transactions: u64,
    blocks: u64,
    stages: Vec<Stage>,
    resident: u64,
    resident_peak: u64,
    disk: u64,
    restart: Duration,
    height_kept: bool,
}

/// Transactions in a row.
struct Stage {
    took: Duration,
    cpu: Duration,
}

pub(crate) async fn measure(transactions: u64) -> anyhow::Result<Endured> {
    eprintln!("measuring a chain of {transactions} transactions");
    let (mut measured, _) = MeasuredNetwork::start(NetworkKind::Embedded).await?;
    measured.deploy().await?;
    let contract = measured.contract();
    let mut stages = Vec::new();
    let mut done = 0;
    while done < transactions {
        let count = STAGE.min(transactions - done);
        let (start, cpu) = (Instant::now(), measured.cpu()?);
        submitting::put_all(&contract, done..done + count).await?;
        stages.push(Stage {
            took: start.elapsed(),
            cpu: measured.cpu()?.saturating_sub(cpu),
        });
        done += count;
        eprint!("\r{done} of {transactions}");
    }
    eprintln!();
    let (resident, resident_peak) = (measured.resident()?, measured.resident_peak()?);
    let disk = measured.disk()?;
    let height = measured.channel().height().await?;
    let restart = measured.restart().await;
    let height_kept = measured.channel().height().await? == height;
    measured.remove().await?;
    Ok(Endured {
        transactions,
        blocks: height,
        stages,
        resident,
        resident_peak,
        disk,
        restart,
        height_kept,
    })
}

impl Endured {
    /// Prints the figures.
    pub(crate) fn print(&self) -> anyhow::Result<()> {
        let megabytes = |bytes: u64| bytes / 1_000_000;
        println!(
            "\nembedded, after {} one-key puts in {} blocks:",
            self.transactions, self.blocks
        );
        println!(
            "resident {} MB, at most {} MB (target: under 300 after 1,000,000)",
            megabytes(self.resident),
            megabytes(self.resident_peak)
        );
        println!(
            "disk {} MB, {} bytes a transaction",
            megabytes(self.disk),
            self.disk / self.transactions.max(1)
        );
        println!(
            "killed and back in {} ms with {} (target: under 2,000 ms after 1,000,000)",
            self.restart.as_millis(),
            if self.height_kept {
                "every block"
            } else {
                "another height: BLOCKS ARE MISSING"
            }
        );
        // The first stage warms caches up.
        let first = self.stages.get(1).or(self.stages.first());
        let (first, last) = first
            .zip(self.stages.last())
            .context("nothing was measured")?;
        println!(
            "network CPU of {STAGE} transactions: {} ms at the beginning, {} ms at the end, ratio {:.2} (target: flat)",
            first.cpu.as_millis(),
            last.cpu.as_millis(),
            last.cpu.as_secs_f64() / first.cpu.as_secs_f64()
        );
        println!(
            "time of {STAGE} transactions: {} ms at the beginning, {} ms at the end",
            first.took.as_millis(),
            last.took.as_millis()
        );
        Ok(())
    }
}
