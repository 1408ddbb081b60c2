//! `selvedge mirror`: follows the channel into PostgreSQL, and shows and checks the copy.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use asset_mirror::{
    Difference, Finding, Mirror as Follower, Options, Stage, Verification, Verifier,
    VerifyProgress, status,
};
use asset_store::Store;
use clap::Subcommand;
use fabric_gateway_sdk::Network;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::database::Database;
use crate::ledger::Session;
use crate::output::Output;

/// How often a verification tells how far it is.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(2);

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
    /// Prove the copy: every row and column of every table. Exits with 1 if anything is wrong.
    ///
    /// From the tables alone: header hashes and previous hashes are computed again and chain all
    /// blocks; Fabric's commit hashes are computed again from the codes in `transaction` and from
    /// `write`, and chain all changes of state; `state` is the last write of each key; `token`,
    /// `account`, `note` and `balance` are what the state says, `transfer` what the events say;
    /// `checkpoint` and `channel` are the last and the first block. What no hash of Fabric covers (ids,
    /// kinds, times, events, sizes, key metadata) is held against the seal that the mirror took of each
    /// block as it proved it. Times of mirroring prove nothing and are not looked at.
    ///
    /// Somebody who rewrites the database as a whole, hashes and seals included, is not found that way:
    /// keep the last commit hash or seal that this prints, or add --against-peer.
    Verify {
        #[command(flatten)]
        database: Database,
        /// Read every block from the peer too, and hold each row of block, transaction, write and event
        /// against it: proves the copy to whoever trusts the peer.
        #[arg(long)]
        against_peer: bool,
        #[command(flatten)]
        session: Session,
    },
}

impl Mirror {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<ExitCode> {
        match self {
            Self::Run { database, session } => follow(&database, &session, output).await,
            Self::Status { database } => print_status(&database, output).await,
            Self::Verify {
                database,
                against_peer,
                session,
            } => {
                let session = against_peer.then_some(&session);
                print_verification(&database, session, output).await
            }
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

async fn print_verification(
    database: &Database,
    peer: Option<&Session>,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let store = database.connect().await?;
    let network = peer.map(Session::network).transpose()?;
    let found = prove(&store, network.as_ref(), output).await?;
    let findings: Vec<_> = found.findings.iter().map(finding).collect();
    let last = found.last.as_ref().map(|block| {
        json!({
            "block": block.number,
            "header_hash": hex::encode(&block.header_hash),
            "commit_hash": block.commit_hash.as_ref().map(hex::encode),
            "seal": hex::encode(&block.seal),
        })
    });
    let document = json!({
        "verified": found.is_good(),
        "against_peer": found.is_against_peer,
        "blocks": found.blocks,
        "transactions": found.transactions,
        "rows": found.rows,
        "tokens": found.tokens,
        "last": last,
        "finding_count": found.finding_count,
        "findings": findings,
    });
    output.result(&document, |_| describe(&found))?;
    Ok(if found.is_good() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Verifies, telling every two seconds how far it is.
async fn prove(
    store: &Store,
    network: Option<&Network>,
    output: &Output,
) -> anyhow::Result<Verification> {
    let mut verifier = Verifier::new(store);
    if let Some(network) = network {
        verifier = verifier.against(network);
    }
    let progress = verifier.progress();
    let mut ticks = tokio::time::interval(PROGRESS_INTERVAL);
    ticks.tick().await;
    let show = async {
        loop {
            ticks.tick().await;
            let now = progress.borrow().clone();
            output.progress(&describe_progress(&now));
        }
    };
    tokio::select! {
        found = verifier.run() => found.context("the mirror cannot be verified"),
        never = show => never,
    }
}

fn describe_progress(now: &VerifyProgress) -> String {
    let stage = match now.stage {
        Stage::Chain => "chain",
        Stage::State => "state",
        Stage::Sums => "sums",
    };
    format!(
        "{stage}: {} of {} blocks, {} transactions, {} rows ({} per second), {} findings",
        now.blocks,
        now.blocks_total,
        now.transactions,
        now.rows,
        now.rows_per_second(),
        now.findings
    )
}

fn finding(finding: &Finding) -> Value {
    let (difference, column) = match &finding.difference {
        Difference::Missing => ("missing", None),
        Difference::Unexpected => ("unexpected", None),
        Difference::Column {
            column,
            expected,
            found,
        } => ("column", Some((column, expected, found))),
    };
    json!({
        "table": finding.table,
        "key": finding.key,
        "difference": difference,
        "column": column.map(|(column, _, _)| column),
        "expected": column.map(|(_, expected, _)| expected),
        "found": column.map(|(_, _, found)| found),
        "proof": finding.proof.to_string(),
        "text": finding.to_string(),
    })
}

/// What was proved, or what is wrong, in words.
pub(crate) fn describe(found: &Verification) -> String {
    if !found.is_good() {
        let texts: Vec<_> = found
            .findings
            .iter()
            .map(|one| format!("  {one}"))
            .collect();
        let more = found.finding_count - found.findings.len();
        let more = if more > 0 {
            format!("\n  and {more} more")
        } else {
            String::new()
        };
        return format!("mirror NOT verified:\n{}{more}", texts.join("\n"));
    }
    let Some(last) = &found.last else {
        return "mirror verified: it is empty".to_owned();
    };
    let hash = last
        .commit_hash
        .as_ref()
        .map_or_else(|| "-".to_owned(), hex::encode);
    let proved = if found.is_against_peer {
        "every row is what the peer's blocks say"
    } else {
        "every row follows from the mirrored hashes and seals (the peer was not asked: --against-peer)"
    };
    format!(
        "mirror verified: {} blocks, {} transactions, {} tokens; {proved}\n  \
         block {}: commit hash {hash}, seal {}",
        found.blocks,
        found.transactions,
        found.tokens,
        last.number,
        hex::encode(&last.seal)
    )
}
