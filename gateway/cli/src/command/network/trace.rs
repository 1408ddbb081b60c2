//! `selvedge network trace`: what a transaction read and wrote, what became of it, and why.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use fabric_gateway_sdk::admin::{ChannelAdmin, Refusal};
use fabric_ledger::block::{DecodedBlock, DecodedTransaction, EndorsedTransaction, decode_bytes};
use fabric_ledger::conflict::{Conflict, ConflictSearch};
use fabric_ledger::rwset::{NamespaceRwset, TxRwset};
use serde::Serialize;
use serde_json::Value;

use crate::conflicts::{find, is_conflict, key_name, look_back};
use crate::ledger::Session;
use crate::output::Output;

/// Blocks to go back in search of the writer behind a conflict.
const BLOCKS_BACK: u64 = 1000;

/// Explains a transaction.
#[derive(Args)]
pub(crate) struct Trace {
    /// The transaction's id.
    transaction_id: String,
    #[command(flatten)]
    session: Session,
}

/// What there is to say about a transaction.
#[derive(Serialize)]
struct Report {
    transaction_id: String,
    block: u64,
    index: usize,
    code: String,
    chaincode: Option<String>,
    arguments: Vec<String>,
    endorsements: usize,
    rwset: Option<TxRwset>,
    conflict: Option<Overwritten>,
    /// The ledger calls of the chaincode on each peer that ran it; only the embedded network
    /// remembers them, and only of the newest transactions.
    calls: Option<Value>,
}

/// A conflict with the transaction that caused it.
#[derive(Serialize)]
struct Overwritten {
    #[serde(flatten)]
    conflict: Conflict,
    by: String,
}

impl Trace {
    pub(super) async fn run(self, output: &Output) -> anyhow::Result<ExitCode> {
        let id = self.transaction_id.as_str();
        let channel = self.session.channel_admin()?;
        let block = match channel.block_by_transaction(id).await {
            Err(error) if error.refusal() == Some(Refusal::NotFound) => {
                bail!("{}", self.unknown(channel.name())?)
            }
            block => block?,
        };
        let block = decode_bytes(block.bytes().clone())?;
        let Some(transaction) = find(&block, id) else {
            bail!("block {} does not hold transaction {id}", block.number);
        };
        let conflict = conflict(&channel, &block, transaction).await?;
        let calls = self.session.calls_of(id).await?;
        let report = Report::new(&block, transaction, conflict, calls);
        output.result(&report, Report::describe)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Trace {
    /// What to do about a transaction that the channel does not have.
    fn unknown(&self, channel: &str) -> anyhow::Result<String> {
        let id = &self.transaction_id;
        let others = self.session.other_channels()?;
        let elsewhere = match others.as_slice() {
            [] => String::new(),
            some => format!(", or name its channel with --channel: {}", some.join(", ")),
        };
        Ok(format!(
            "channel {channel} has no transaction {id}; give its whole id{elsewhere}"
        ))
    }
}

/// Goes back through the chain to whatever made the transaction void.
async fn conflict(
    channel: &ChannelAdmin,
    block: &DecodedBlock,
    transaction: &DecodedTransaction,
) -> anyhow::Result<Option<Overwritten>> {
    let codes = block.codes().unwrap_or_default();
    let lost = codes
        .get(transaction.index)
        .is_some_and(|code| is_conflict(*code));
    let Some(endorsed) = transaction.endorsed().filter(|_| lost) else {
        return Ok(None);
    };
    let mut search = ConflictSearch::new(endorsed);
    if let Some(conflict) = look_back(&mut search, block, transaction.index) {
        return Ok(Some(Overwritten::of(conflict, block)));
    }
    for number in (block.number.saturating_sub(BLOCKS_BACK)..block.number).rev() {
        let earlier = channel.block_by_number(number).await?;
        let earlier = decode_bytes(earlier.bytes().clone())?;
        if let Some(conflict) = look_back(&mut search, &earlier, usize::MAX) {
            return Ok(Some(Overwritten::of(conflict, &earlier)));
        }
    }
    Ok(None)
}

impl Overwritten {
    fn of(conflict: Conflict, block: &DecodedBlock) -> Self {
        let index = usize::try_from(conflict.overwritten_by.transaction_number);
        let writer = index.ok().and_then(|index| block.transactions.get(index));
        let by = writer.map_or_else(String::new, |writer| writer.transaction_id().to_owned());
        Self { conflict, by }
    }
}

impl Report {
    fn new(
        block: &DecodedBlock,
        transaction: &DecodedTransaction,
        conflict: Option<Overwritten>,
        calls: Option<Value>,
    ) -> Self {
        let endorsed = transaction.endorsed();
        let code = block
            .codes()
            .and_then(|codes| codes.get(transaction.index).copied());
        Self {
            transaction_id: transaction.transaction_id().to_owned(),
            block: block.number,
            index: transaction.index,
            code: code.map_or_else(|| "not validated".to_owned(), |code| code.to_string()),
            chaincode: endorsed.map(|endorsed| endorsed.chaincode.name.clone()),
            arguments: endorsed.map(arguments).unwrap_or_default(),
            endorsements: endorsed.map_or(0, |endorsed| endorsed.endorsements.len()),
            rwset: endorsed.map(|endorsed| endorsed.rwset.clone()),
            conflict,
            calls,
        }
    }

    fn describe(&self) -> String {
        let mut text = format!(
            "transaction {}\n  {} in block {}, index {}\n",
            self.transaction_id, self.code, self.block, self.index
        );
        if let Some(chaincode) = &self.chaincode {
            text.push_str(&format!(
                "  {chaincode}({}), {} endorsement(s)\n",
                self.arguments.join(", "),
                self.endorsements
            ));
        }
        if let Some(Overwritten { conflict, by }) = &self.conflict {
            let read = conflict.read.map_or_else(
                || "no such key".to_owned(),
                |version| format!("version {version}"),
            );
            text.push_str(&format!(
                "  conflict: it read {} as {read}{}; transaction {by} ({}) had changed it\n",
                key_name(conflict),
                if conflict.in_range { " in a range" } else { "" },
                conflict.overwritten_by,
            ));
        }
        for set in self.rwset.iter().flat_map(|rwset| &rwset.namespaces) {
            describe_namespace(&mut text, set);
        }
        for call in self.calls.iter().filter_map(Value::as_array).flatten() {
            text.push_str(&format!("  {}\n", describe_call(call)));
        }
        text
    }
}

fn arguments(endorsed: &EndorsedTransaction) -> Vec<String> {
    let arguments = endorsed.chaincode.arguments.iter();
    arguments
        .map(|argument| String::from_utf8_lossy(argument).escape_debug().collect())
        .collect()
}

fn describe_namespace(text: &mut String, set: &NamespaceRwset) {
    let name = &set.namespace;
    for read in &set.reads {
        let version = read
            .version
            .map_or_else(|| "absent".to_owned(), |version| version.to_string());
        text.push_str(&format!(
            "  read   {name}/{}  {version}\n",
            read.key.escape_debug()
        ));
    }
    for range in &set.range_queries {
        text.push_str(&format!(
            "  range  {name}/[{}, {})\n",
            range.start_key.escape_debug(),
            range.end_key.escape_debug()
        ));
    }
    for write in &set.writes {
        let what = if write.deletes() {
            "deleted".to_owned()
        } else {
            format!("{} bytes", write.value.len())
        };
        text.push_str(&format!(
            "  write  {name}/{}  {what}\n",
            write.key.escape_debug()
        ));
    }
    for write in &set.metadata_writes {
        text.push_str(&format!("  policy {name}/{}\n", write.key.escape_debug()));
    }
    for collection in &set.collections {
        text.push_str(&format!(
            "  private {name}/{}: {} read(s), {} write(s)\n",
            collection.collection,
            collection.reads.len(),
            collection.writes.len()
        ));
    }
}

/// One ledger call, as the admin endpoint tells it.
fn describe_call(call: &Value) -> String {
    let text = |field: &str| call[field].as_str().unwrap_or_default().to_owned();
    format!(
        "{:<10} {:>8.3} ms  {} {}",
        text("peer"),
        call["microseconds"].as_f64().unwrap_or_default() / 1000.0,
        text("call"),
        text("about"),
    )
}
