//! `selvedge mirror`: follows the channel into PostgreSQL, and shows and checks the copy.

use std::process::ExitCode;

use anyhow::Context as _;
use asset_mirror::{Mirror as Follower, Options, status, verify};
use clap::Subcommand;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::database::Database;
use crate::ledger::Session;
use crate::output::Output;

#[derive(Subcommand)]
pub(crate) enum Mirror {
    /// Follow the channel until Ctrl-C: every block is proved before it is written.
    ///
    /// Starts where it stopped. A second mirror of the same schema waits until the first one ends.
    Run {
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        session: Session,
    },
    /// Print how far the mirror has come.
    Status {
        #[command(flatten)]
        database: Database,
    },
    /// Check the copy against itself: gaps, hash chain, state, balances, and every token's cap.
    ///
    /// Exits with 1 if anything is wrong.
    Verify {
        #[command(flatten)]
        database: Database,
    },
}

impl Mirror {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<ExitCode> {
        match self {
            Self::Run { database, session } => follow(&database, &session, output).await,
            Self::Status { database } => print_status(&database, output).await,
            Self::Verify { database } => print_verification(&database, output).await,
        }
    }
}

async fn follow(
    database: &Database,
    session: &Session,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let store = database.connect().await?;
    store.migrate().await?;
    let options = Options {
        chaincode: session.chaincode().to_owned(),
        ..Options::default()
    };
    let follower = Follower::new(session.network()?, store, options);
    let shutdown = CancellationToken::new();
    let signal = shutdown.clone();
    tokio::spawn(async move {
        let _ = crate::signal::ended().await;
        signal.cancel();
    });
    let mut progress = follower.progress();
    let show = async {
        let mut shown = None;
        while progress.changed().await.is_ok() {
            let now = progress.borrow_and_update().clone();
            if now.block != shown {
                shown = now.block;
                output.progress(&format!(
                    "block {}: {} transactions proved",
                    now.block.unwrap_or(0),
                    now.transactions
                ));
            }
        }
    };
    tokio::select! {
        outcome = follower.run(&shutdown) => outcome.context("the mirror stopped")?,
        () = show => {}
    }
    Ok(ExitCode::SUCCESS)
}

async fn print_status(database: &Database, output: &Output) -> anyhow::Result<ExitCode> {
    let found = status(&database.connect().await?).await?;
    let checkpoint = found.checkpoint.as_ref().map(|checkpoint| {
        let commit_hash = checkpoint.commit_hash.as_ref().map(hex::encode);
        json!({ "block": checkpoint.block, "commit_hash": commit_hash })
    });
    let document = json!({
        "schema": found.schema,
        "channel": found.channel,
        "checkpoint": checkpoint,
        "transactions": found.transactions,
        "valid_transactions": found.valid_transactions,
        "running": found.has_leader,
    });
    output.result(&document, |_| {
        format!(
            "channel {}, block {}, {} transactions ({} valid), {}",
            found.channel.as_deref().unwrap_or("-"),
            found
                .checkpoint
                .as_ref()
                .map_or_else(|| "-".to_owned(), |checkpoint| checkpoint.block.to_string()),
            found.transactions,
            found.valid_transactions,
            if found.has_leader {
                "a mirror runs"
            } else {
                "no mirror runs"
            }
        )
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn print_verification(database: &Database, output: &Output) -> anyhow::Result<ExitCode> {
    let found = verify(&database.connect().await?).await?;
    let findings: Vec<String> = found.findings.iter().map(ToString::to_string).collect();
    let document = json!({
        "verified": found.is_good(),
        "blocks": found.blocks,
        "tokens": found.tokens,
        "findings": findings,
    });
    output.result(&document, |_| match findings.is_empty() {
        true => format!("verified: {} blocks, {} tokens", found.blocks, found.tokens),
        false => format!("NOT verified:\n{}", findings.join("\n")),
    })?;
    Ok(if found.is_good() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
