//! The asset ledger as a chaincode service: settings, logs, and the contracts of crate `assets`.
//!
//! Settings come from flags or, where a flag is absent, from the environment variables that Fabric's
//! own chaincode services read.

mod arguments;

use std::{io::stderr, process::ExitCode};

use anyhow::Context as _;
use clap::Parser as _;
use tracing_subscriber::EnvFilter;

use crate::arguments::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("asset-chaincode: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&arguments.log)
        .with_context(|| format!("--log {:?} is not a filter such as info", arguments.log))?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr);
    if arguments.log_json {
        logs.json().init();
    } else {
        logs.init();
    }
    let settings = arguments
        .settings()
        .context("the settings are incomplete; see --help")?;
    let chaincode = assets::chaincode().context("the contracts contradict each other")?;
    fabric_chaincode_shim::serve(chaincode, settings)?;
    Ok(())
}
