//! `selvedge`: one command for networks, chaincode, tokens, the mirror and blocks. It parses, calls one
//! library function, and prints; the work is done in the crates.

mod bindgen;
mod command;
mod conflicts;
mod cutting;
mod database;
mod kyc;
mod ledger;
mod network_file;
mod output;
mod place;
mod project;
mod read;
mod signal;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::output::Output;

/// Runs a token ledger on Hyperledger Fabric: networks, chaincode, accounts, tokens, mirror, blocks.
///
/// Start with `selvedge doctor`, then `selvedge network up --detach`. Every command explains itself with
/// --help and prints JSON with --json.
#[derive(Parser)]
#[command(
    name = "selvedge",
    version,
    propagate_version = true,
    max_term_width = 100
)]
struct Arguments {
    /// Print one JSON document instead of text.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start, look at and stop a network.
    #[command(subcommand)]
    Network(command::network::Network),
    /// Package chaincode, deploy it on a network, and call it.
    #[command(subcommand)]
    Chaincode(command::chaincode::Chaincode),
    /// Make a chaincode project, and typed clients of any chaincode.
    #[command(subcommand)]
    Contract(command::contract::Contract),
    /// Open and read accounts.
    #[command(subcommand)]
    Account(command::account::Account),
    /// Create, mint, transfer and count tokens.
    #[command(subcommand)]
    Token(command::token::Token),
    /// Make keys, issue and verify credentials.
    #[command(subcommand)]
    Credential(command::credential::Credential),
    /// Keep an exact, proven copy of the ledger in PostgreSQL.
    #[command(subcommand)]
    Mirror(command::mirror::Mirror),
    /// Fetch, decode and verify blocks.
    #[command(subcommand)]
    Block(command::block::Block),
    /// Serve accounts and balances over HTTP.
    Serve(command::serve::Serve),
    /// Run the main job from an empty folder to a mirror that is proved.
    Demo(command::demo::Demo),
    /// Say what is installed, what is missing, and what to type.
    Doctor(command::doctor::Doctor),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return output::explain(&error),
    };
    let output = Output::new(arguments.json);
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()))
        .with_writer(std::io::stderr)
        .init();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            return output.fail(&anyhow::Error::new(error).context("cannot start threads"));
        }
    };
    let outcome = runtime.block_on(run(arguments.command, &output));
    runtime.shutdown_background();
    match outcome {
        Ok(code) => code,
        Err(error) => output.fail(&error),
    }
}

async fn run(command: Command, output: &Output) -> anyhow::Result<ExitCode> {
    match command {
        Command::Network(command) => command.run(output).await,
        Command::Chaincode(command) => command.run(output).await,
        Command::Contract(command) => command.run(output).await,
        Command::Account(command) => command.run(output).await,
        Command::Token(command) => command.run(output).await,
        Command::Credential(command) => command.run(output),
        Command::Mirror(command) => command.run(output).await,
        Command::Block(command) => command.run(output).await,
        Command::Serve(command) => command.run(output).await,
        Command::Demo(command) => command.run(output).await,
        Command::Doctor(command) => command.run(output),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "selvedge", &mut script);
            // A reader that went away (`| head`) is no error.
            let _ = std::io::stdout().write_all(&script);
            Ok(ExitCode::SUCCESS)
        }
    }
}
