//! `selvedge demo`: the main job from an empty folder to a mirror that is proved.

mod cast;
mod report;
mod stage;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use tempfile::TempDir;

use crate::command::network::{Backend, Network};
use crate::output::Output;
use crate::place::Place;
use crate::signal::Signals;
use cast::Cast;
use report::Report;
use stage::Stage;

#[derive(Args)]
pub(crate) struct Demo {
    /// Which network to run on; `fabric` needs Fabric's programs on PATH or in FABRIC_BIN.
    #[arg(long, value_enum, default_value_t = Backend::Embedded)]
    network: Backend,
    /// Accounts that pay one shop at the same time.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=500))]
    payers: u16,
    /// Payments of each of them.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    payments: u16,
    /// Leave everything running when the job is done, until Ctrl-C.
    #[arg(long)]
    keep: bool,
    /// Folder for the network; a temporary one where none is given.
    #[arg(long)]
    dir: Option<PathBuf>,
}

impl Demo {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<ExitCode> {
        let mut signals = Signals::listen_with_terminal()?;
        let temporary = TempDir::with_prefix("selvedge-demo-").context("cannot make a folder")?;
        let dir = self
            .dir
            .clone()
            .unwrap_or_else(|| temporary.path().join("network"));
        let place = Place::new(dir);
        // Not cut short by a signal: a network that is half up could not be stopped.
        Stage::start_network(self.network, &place, output).await?;
        let played = tokio::select! {
            played = self.play(&place, output) => played,
            () = signals.received() => {
                Network::stop(&place, &Output::silent()).await.ok();
                bail!("interrupted; everything is stopped");
            }
        };
        let (stage, is_good) = match played {
            Ok(played) => played,
            Err(error) => {
                Network::stop(&place, &Output::silent()).await.ok();
                return Err(error);
            }
        };
        if self.keep {
            output.progress(&stage.how_to_look());
            signals.received().await;
        }
        stage.strike().await;
        Ok(if is_good {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    /// The whole job; says whether everything adds up.
    async fn play(&self, place: &Place, output: &Output) -> anyhow::Result<(Stage, bool)> {
        let stage = Stage::furnish(place, output).await?;
        let cast = Cast::enter(&stage, self.payers, output).await?;
        let run = cast.pay(self.payments, output).await?;
        let report = Report::make(&stage, &cast, &run, output).await?;
        output.result(&report, Report::describe)?;
        Ok((stage, report.is_good()))
    }
}
