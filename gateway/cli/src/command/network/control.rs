//! What the embedded network does on demand: blocks, snapshots, dumps.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use fabric_devnet::{CutBlock, Network, Snapshot as Taken};
use serde_json::{Value, json};

use crate::output::Output;
use crate::place::Place;

/// A dump of a large network takes as long as its ledger is to copy and to compress.
const DUMP_TIMEOUT: Duration = Duration::from_secs(3600);

#[derive(Args)]
pub(crate) struct Cut {
    /// Channel whose block is cut; the first one where none is given.
    #[arg(long)]
    channel: Option<String>,
    /// Transactions in the block at most; all that wait where none is given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    transactions: Option<u64>,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(crate) struct Snapshot {
    /// Name of the snapshot; the next free number where none is given.
    #[arg(conflicts_with_all = ["list", "forget"])]
    name: Option<String>,
    /// Print the snapshots there are, the oldest first.
    #[arg(long, conflicts_with = "forget")]
    list: bool,
    /// Forget a snapshot, so that the ledgers' files need not keep it.
    #[arg(long, value_name = "NAME")]
    forget: Option<String>,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(crate) struct Revert {
    /// Name of the snapshot.
    name: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(crate) struct Dump {
    /// File to write; it must not exist.
    file: PathBuf,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(crate) struct Load {
    /// File that `selvedge network dump` wrote.
    file: PathBuf,
    #[command(flatten)]
    place: Place,
}

impl Cut {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<()> {
        let request = json!({ "channel": self.channel, "count": self.transactions });
        let cut = self.place.admin("POST", "/cut", Some(&request)).await?;
        let cut: CutBlock = serde_json::from_value(cut)?;
        output.result(&cut, |cut| match cut.block {
            Some(number) => format!(
                "block {number} of {}: {} transaction(s); {} wait",
                cut.channel, cut.transactions, cut.waiting
            ),
            None => format!("no block: no transaction waits on {}", cut.channel),
        })
    }
}

impl Snapshot {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<()> {
        if let Some(name) = self.forget {
            let request = json!({ "name": name });
            let left = self
                .place
                .admin("POST", "/snapshots/forget", Some(&request));
            return list(left.await?, output);
        }
        if self.list {
            return list(self.place.admin("GET", "/snapshots", None).await?, output);
        }
        let request = json!({ "name": self.name });
        let taken = self
            .place
            .admin("POST", "/snapshots", Some(&request))
            .await?;
        let taken: Taken = serde_json::from_value(taken)?;
        output.result(&taken, |taken| {
            let name = &taken.name;
            format!(
                "{}\ngo back to it with `selvedge network revert {name}`",
                describe(taken)
            )
        })
    }
}

fn list(snapshots: Value, output: &Output) -> anyhow::Result<()> {
    let snapshots: Vec<Taken> = serde_json::from_value(snapshots)?;
    output.result(&snapshots, |snapshots| match snapshots.as_slice() {
        [] => "there is no snapshot".to_owned(),
        some => some.iter().map(describe).collect::<Vec<_>>().join("\n"),
    })
}

fn describe(snapshot: &Taken) -> String {
    let heights = snapshot.heights.iter();
    let heights = heights.map(|(channel, height)| format!("{channel} at height {height}"));
    let heights: Vec<_> = heights.collect();
    format!("snapshot {}: {}", snapshot.name, heights.join(", "))
}

impl Revert {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<()> {
        let request = json!({ "name": self.name });
        let reverted = self
            .place
            .admin("POST", "/snapshots/revert", Some(&request));
        let reverted: Taken = serde_json::from_value(reverted.await?)?;
        output.result(&reverted, |snapshot| {
            format!("back at {}", describe(snapshot))
        })
    }
}

impl Dump {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<()> {
        // The network's process has a working folder of its own.
        let file = std::path::absolute(&self.file)?;
        let request = json!({ "file": file });
        let place = &self.place;
        let written = place
            .admin_within(DUMP_TIMEOUT, "POST", "/dump", Some(&request))
            .await?;
        output.result(&written, |_| {
            let file = file.display();
            format!("{file}\nit holds private keys; begin with it by `selvedge network load {file} --dir DIR`")
        })
    }
}

impl Load {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<()> {
        if self.place.state().is_ok() {
            bail!(
                "{} holds a network; load into another folder with --dir",
                self.place.dir().display()
            );
        }
        let dir = self.place.dir();
        let (file, into) = (self.file, dir.to_owned());
        let unpacking = tokio::task::spawn_blocking(move || Network::unpack(&file, &into));
        let state = unpacking.await??;
        output.result(&state, |_| {
            let dir = dir.display();
            format!("loaded into {dir}\nstart it with `selvedge network up --dir {dir}`")
        })
    }
}
