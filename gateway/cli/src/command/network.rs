//! `selvedge network`: starts, shows and stops a network, embedded or of real Fabric programs.

mod background;
mod status;
mod trace;
mod up;
mod watch;

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
    /// Follow the channel: blocks as they come, throughput, and the keys that cause conflicts.
    ///
    /// Works on a network of any kind. With --json it prints a document per block.
    Watch(watch::Watch),
    /// Explain a transaction: what it read and wrote, what became of it, and of a conflict the key
    /// and the transaction that had changed it.
    ///
    /// The embedded network also tells the chaincode's ledger calls with their times, as long as it
    /// remembers them.
    Trace(trace::Trace),
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
            Self::Watch(watch) => watch.run(output).await,
            Self::Trace(trace) => trace.run(output).await,
            Self::Down { place } => Self::stop(&place, output).await,
            Self::Status { place } => status::print(&place, output).await,
        }
    }

    /// Stops the network of a folder, of either kind.
    pub(crate) async fn stop(place: &Place, output: &Output) -> anyhow::Result<ExitCode> {
        background::stop(place, output).await
    }
}
