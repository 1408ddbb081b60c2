//! `selvedge network`: starts, shows and stops a network, embedded or of real Fabric programs.

mod background;
mod status;
mod up;

use std::process::ExitCode;

use clap::Subcommand;

use crate::output::Output;
use crate::place::Place;

pub(crate) use up::{Backend, Cut, Ports, Up};

#[derive(Subcommand)]
pub(crate) enum Network {
    /// Start a network: a channel, an orderer, and a peer per organisation.
    ///
    /// The embedded network is one process and starts in a second; it is for development and tests and
    /// listens on loopback. `--network fabric` starts Fabric's own orderer and peers from FABRIC_BIN or
    /// PATH. Either keeps certificates, blocks and its state file in --dir, and goes on with what is there.
    Up(Up),
    /// Stop the network and keep its data.
    Down {
        #[command(flatten)]
        place: Place,
    },
    /// Print the network's endpoints and height; exits with 1 where it does not answer.
    Status {
        #[command(flatten)]
        place: Place,
    },
}

impl Network {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<ExitCode> {
        match self {
            Self::Up(up) => up.run(output).await,
            Self::Down { place } => Self::stop(&place, output).await,
            Self::Status { place } => status::print(&place, output).await,
        }
    }

    /// Stops the network of a folder, of either kind.
    pub(crate) async fn stop(place: &Place, output: &Output) -> anyhow::Result<ExitCode> {
        background::stop(place, output).await
    }
}
