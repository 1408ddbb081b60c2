//! `selvedge network`: starts, shows and stops a network, embedded or of real Fabric programs.

mod background;
mod control;
mod fault;
mod status;
mod trace;
mod up;
mod watch;

use std::process::ExitCode;

use clap::Subcommand;

use crate::output::Output;
use crate::place::Place;

pub(crate) use up::{Backend, Ports, Up};

#[derive(Subcommand)]
pub(crate) enum Network {
    /// Start a network: a channel, an orderer, and a peer per organisation.
    ///
    /// The embedded network is one process and starts in a second; it is for development and tests and
    /// listens on loopback. Its organisations, peers, channels and chaincodes can stand in a file
    /// (--file). `--network fabric` starts Fabric's own orderer and peers from FABRIC_BIN or
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
    /// Cut a block of the transactions that wait; for networks started with --cut manual.
    ///
    /// Prints the number of the block, once it is committed, and how many transactions still wait.
    /// Embedded network only, as are snapshot, revert, dump, load and fault.
    Cut(control::Cut),
    /// Keep the present state of all channels under a name, to go back to with `revert`.
    ///
    /// Begin every test with the same ledger: take a snapshot once, revert before each test. The
    /// ledgers' files grow by what changes after a snapshot until it is forgotten.
    Snapshot(control::Snapshot),
    /// Take all channels back to a snapshot, as often as wanted.
    ///
    /// Transactions that wait for a block are dropped; clients that follow blocks or events, or wait
    /// for a status, are told so with ABORTED; later snapshots are forgotten.
    Revert(control::Revert),
    /// Write the whole running network to one file: identities with their keys, channels, packages.
    Dump(control::Dump),
    /// Unpack a dump into an empty folder; `selvedge network up` then goes on with it.
    Load(control::Load),
    /// Make something go wrong on purpose: peers that lag, blocks lost, late or doubled, endorsements
    /// refused, chaincode streams broken, a wrong clock.
    ///
    /// Prints what is in force from now on. Nothing of it survives a restart.
    Fault(fault::Fault),
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
            Self::Cut(cut) => cut.run(output).await.map(|()| ExitCode::SUCCESS),
            Self::Snapshot(snapshot) => snapshot.run(output).await.map(|()| ExitCode::SUCCESS),
            Self::Revert(revert) => revert.run(output).await.map(|()| ExitCode::SUCCESS),
            Self::Dump(dump) => dump.run(output).await.map(|()| ExitCode::SUCCESS),
            Self::Load(load) => load.run(output).await.map(|()| ExitCode::SUCCESS),
            Self::Fault(fault) => fault.run(output).await.map(|()| ExitCode::SUCCESS),
            Self::Down { place } => Self::stop(&place, output).await,
            Self::Status { place } => status::print(&place, output).await,
        }
    }

    /// Stops the network of a folder, of either kind.
    pub(crate) async fn stop(place: &Place, output: &Output) -> anyhow::Result<ExitCode> {
        background::stop(place, output).await
    }
}
