//! `selvedge block`: fetches blocks from a peer, decodes them, and verifies a chain of them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use fabric_ledger::block::{DecodedBlock, MAX_BLOCK_BYTES, decode_bytes};
use fabric_ledger::chain::{BlockReport, ChainVerifier, Evidence};
use fabric_protos::common;
use futures::TryStreamExt as _;
use prost::Message as _;
use serde_json::json;

use crate::ledger::Session;
use crate::output::Output;
use crate::read::read_bounded;

#[derive(Subcommand)]
pub(crate) enum Block {
    /// Write a range of blocks to files `block_NNN.block`, as `peer channel fetch` would.
    Fetch {
        /// First and last block, both included.
        #[arg(value_name = "FROM..TO", value_parser = parse_range)]
        range: (u64, u64),
        /// Folder to write to.
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        session: Session,
    },
    /// Print what is inside a block.
    Decode {
        /// File with one block.
        file: PathBuf,
    },
    /// Verify a chain from block 0: hashes, orderer signatures, every validation code, commit hashes.
    ///
    /// Prints one line per block. Exits with 1 on any mismatch, naming block and transaction.
    Verify {
        /// Files with one block each, block 0 among them, in any order.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The blocks come from an orderer, which adds no validation codes and no commit hashes.
        #[arg(long)]
        from_orderer: bool,
    },
}

impl Block {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<ExitCode> {
        match self {
            Self::Fetch {
                range,
                out,
                session,
            } => fetch(range, &out, &session, output).await,
            Self::Decode { file } => {
                let block = decode_bytes(read(&file)?)
                    .with_context(|| format!("{} is not a block", file.display()))?;
                output.result(&block, describe)?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Verify {
                files,
                from_orderer,
            } => {
                let evidence = match from_orderer {
                    true => Evidence::Ordered,
                    false => Evidence::Validated,
                };
                verify(&files, evidence, output)
            }
        }
    }
}

async fn fetch(
    (from, to): (u64, u64),
    out: &Path,
    session: &Session,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let network = session.network()?;
    let height = network.height().await?;
    if to >= height {
        bail!(
            "the channel has blocks 0 to {}; ask for these",
            height.saturating_sub(1)
        );
    }
    std::fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    let mut blocks = network.blocks().from_block(from).end_block(to).stream();
    let mut count = 0_u64;
    while let Some(block) = blocks.try_next().await? {
        let path = out.join(format!("block_{:03}.block", block.number()));
        std::fs::write(&path, block.bytes())
            .with_context(|| format!("cannot write {}", path.display()))?;
        count += 1;
    }
    output.result(&json!({ "blocks": count, "folder": out }), |_| {
        format!("{count} block(s) in {}", out.display())
    })?;
    Ok(ExitCode::SUCCESS)
}

fn verify(files: &[PathBuf], evidence: Evidence, output: &Output) -> anyhow::Result<ExitCode> {
    let mut blocks = files
        .iter()
        .map(|path| read_block(path))
        .collect::<anyhow::Result<Vec<_>>>()?;
    blocks.sort_by_key(|block| block.header.as_ref().map_or(0, |header| header.number));
    let mut verifier = ChainVerifier::of(evidence);
    let mut reports = Vec::with_capacity(blocks.len());
    for block in &blocks {
        let report = verifier.feed(block)?;
        output.progress(&line(&report));
        reports.push(report);
    }
    let problems: Vec<String> = reports.iter().flat_map(problems).collect();
    let document = json!({ "blocks": reports, "problems": problems });
    output.result(&document, |_| match problems.is_empty() {
        true => format!("{} block(s) verified", blocks.len()),
        false => problems.join("\n"),
    })?;
    Ok(if problems.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn problems(report: &BlockReport) -> Vec<String> {
    report.problems().iter().map(ToString::to_string).collect()
}

/// One line per block: number, counts per code, the three hashes, signatures, codes.
fn line(report: &BlockReport) -> String {
    let counts: Vec<String> = report
        .counts
        .iter()
        .map(|(code, count)| format!("{code} {count}"))
        .collect();
    let differ = report
        .transactions
        .iter()
        .filter(|transaction| {
            transaction
                .peers
                .is_some_and(|peers| peers != transaction.ours)
        })
        .count();
    let codes = match differ {
        0 if !report.has_codes() => "none".to_owned(),
        0 => "ok".to_owned(),
        differ => format!("{differ} MISMATCH"),
    };
    format!(
        "block {:>4}  {:<40} data_hash {}  previous_hash {}  commit_hash {}  signatures {}  codes {codes}",
        report.number,
        counts.join(", "),
        report.data_hash,
        report.previous_hash,
        report.commit_hash,
        report.orderer_signatures,
    )
}

fn describe(block: &DecodedBlock) -> String {
    let codes = block.codes();
    let mut text = format!(
        "block {} with {} transaction(s)\n",
        block.number,
        block.transactions.len()
    );
    text.push_str(&format!(
        "  header hash {}\n",
        hex::encode(block.header_hash)
    ));
    for transaction in &block.transactions {
        let code = codes
            .as_ref()
            .and_then(|codes| codes.get(transaction.index))
            .map_or_else(|| "no code".to_owned(), ToString::to_string);
        text.push_str(&format!(
            "  {:>4}  {code}  {}\n",
            transaction.index,
            transaction.transaction_id()
        ));
        if let Some(endorsed) = transaction.endorsed() {
            let function = endorsed
                .chaincode
                .arguments
                .first()
                .map(|name| String::from_utf8_lossy(name));
            text.push_str(&format!(
                "        {}/{}, {} endorsement(s)\n",
                endorsed.chaincode.name,
                function.unwrap_or_default(),
                endorsed.endorsements.len()
            ));
        }
    }
    text + "use --json for everything that is inside"
}

fn read(path: &Path) -> anyhow::Result<bytes::Bytes> {
    let bytes = read_bounded(path, MAX_BLOCK_BYTES).context("a block is smaller")?;
    Ok(bytes.into())
}

fn read_block(path: &Path) -> anyhow::Result<common::Block> {
    let bytes = read(path)?;
    let length = bytes.len();
    let block = common::Block::decode(bytes)
        .with_context(|| format!("{} is not a block", path.display()))?;
    if block.encoded_len() != length {
        bail!(
            "{} holds more than a block: {length} bytes, of which the block has {}",
            path.display(),
            block.encoded_len()
        );
    }
    Ok(block)
}

fn parse_range(text: &str) -> Result<(u64, u64), String> {
    let wrong = || "write FROM..TO, such as 0..9, both included".to_owned();
    let (from, to) = text.split_once("..").ok_or_else(wrong)?;
    let range = (
        from.parse().map_err(|_| wrong())?,
        to.parse().map_err(|_| wrong())?,
    );
    if range.0 > range.1 {
        return Err(format!("{} comes after {}", range.0, range.1));
    }
    Ok(range)
}
