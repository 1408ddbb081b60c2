//! `selvedge network watch`: blocks as they come, throughput, and the keys that cause conflicts.

mod tally;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::bail;
use clap::Args;
use fabric_ledger::block::decode_bytes;
use futures::TryStreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};

use crate::ledger::Session;
use crate::output::Output;
use crate::signal;

use tally::{Seen, Tally};

/// Follows a channel.
#[derive(Args)]
pub(crate) struct Watch {
    /// Block to begin with; the next one where none is given.
    #[arg(long, value_name = "BLOCK")]
    from: Option<u64>,
    /// Stop after this many blocks instead of at Ctrl-C.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    blocks: Option<u64>,
    #[command(flatten)]
    session: Session,
}

impl Watch {
    pub(super) async fn run(self, output: &Output) -> anyhow::Result<ExitCode> {
        let network = self.session.network()?;
        let height = network.height().await?;
        let from = self.from.unwrap_or(height);
        if from > height {
            bail!(
                "the channel has blocks 0 to {}, so that block {height} is the next; begin with it, or an earlier one",
                height.saturating_sub(1)
            );
        }
        let mut events = network.blocks().from_block(from);
        if let Some(count) = self.blocks {
            events = events.end_block(from.saturating_add(count - 1));
        }
        let mut blocks = events.stream();
        // How fast blocks that were there before come says nothing about the network.
        let mut tally = Tally::live_from(height);
        let status = status_line(output);
        let ended = signal::ended();
        tokio::pin!(ended);
        loop {
            let block = tokio::select! {
                block = blocks.try_next() => block?,
                signal = &mut ended => { signal?; None }
            };
            let Some(block) = block else { break };
            let seen = tally.add(decode_bytes(block.bytes().clone())?, Instant::now());
            show(output, &status, &seen, &tally)?;
        }
        status.finish_and_clear();
        output.result(&tally.summary(), ToString::to_string)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The last line of a terminal; nothing where the output is no terminal.
fn status_line(output: &Output) -> ProgressBar {
    if output.is_json() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{msg}") {
        bar.set_style(style);
    }
    bar.set_message("waiting for blocks; Ctrl-C ends");
    bar
}

fn show(output: &Output, status: &ProgressBar, seen: &Seen, tally: &Tally) -> anyhow::Result<()> {
    if output.is_json() {
        return output.event(seen);
    }
    status.suspend(|| output.progress(&seen.to_string()));
    status.set_message(tally.summary().to_string());
    Ok(())
}
