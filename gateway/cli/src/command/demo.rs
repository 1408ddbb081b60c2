//! `selvedge demo`: the main job from an empty folder to a mirror that is proved.

mod cast;
mod report;
mod stage;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use tempfile::TempDir;

use crate::command::network::Backend;
use crate::output::Output;
use crate::place::Place;
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
        let temporary = TempDir::with_prefix("selvedge-demo-").context("cannot make a folder")?;
        let dir = self
            .dir
            .clone()
            .unwrap_or_else(|| temporary.path().join("network"));
        let stage = Stage::set(self.network, Place::new(dir), output).await?;
        let outcome = self.act(&stage, output).await;
        stage.strike().await;
        let is_good = outcome?;
        Ok(if is_good {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    async fn act(&self, stage: &Stage, output: &Output) -> anyhow::Result<bool> {
        let cast = Cast::enter(stage, self.payers, output).await?;
        let run = cast.pay(self.payments, output).await?;
        let report = Report::make(stage, &cast, &run, output).await?;
        output.result(&report, Report::describe)?;
        if self.keep {
            output.progress(&stage.how_to_look());
            crate::signal::ended().await?;
        }
        Ok(report.is_good())
    }
}
