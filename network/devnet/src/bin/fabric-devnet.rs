//! Serves a network from a folder until it is told to stop: `fabric-devnet DIR`.
//!
//! The least that a script needs; `selvedge network up` is the command for people. The network's
//! addresses are in `DIR/network.json` as soon as it serves.

use std::{path::PathBuf, process::ExitCode};

use fabric_devnet::{Network, Ports};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    let Some(dir) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: fabric-devnet DIR");
        return ExitCode::from(2);
    };
    let network = match Network::builder().dir(dir).ports(Ports::Free).start().await {
        Ok(network) => network,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let told = tokio::select! {
        told = signalled() => told,
        () = network.stopped() => Ok(()),
    };
    network.shutdown().await;
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot wait for a signal: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Ends at the first SIGINT or SIGTERM.
async fn signalled() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}
