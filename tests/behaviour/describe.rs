//! What a network answered, as text that a person can compare.

use std::fmt::Write as _;

use bytes::Bytes;
use e2e::wire::{chaincode_action, details};
use fabric_ledger::ValidationCode;
use fabric_ledger::rwset::{MetadataEntry, NamespaceRwset, RangeResults, Read, TxRwset};
use fabric_protos::peer::{ProposalResponse, Response};
use fabric_testnet::probe::{Answer, Data};
use tonic::Status;

/// Code, text and details of a failure.
pub(crate) fn failure(status: &Status) -> String {
    let mut text = format!("{:?}: {}", status.code(), status.message());
    let mut details = details(status);
    // A gateway asks peers in no certain order.
    details.sort_by(|one, other| one.msp_id.cmp(&other.msp_id));
    for detail in details {
        let (msp_id, address, message) = (detail.msp_id, detail.address, detail.message);
        let _ = write!(text, "\n[{msp_id} {address}] {message}");
    }
    text
}

/// Status, message and payload of a response; a list of answers with one in a line.
pub(crate) fn response(response: &Response) -> String {
    let mut text = response.status.to_string();
    if !response.message.is_empty() {
        let _ = write!(text, " {}", response.message);
    }
    if response.payload.is_empty() {
        return text;
    }
    match serde_json::from_slice::<Vec<Answer>>(&response.payload) {
        Ok(answers) => {
            for answer in answers {
                let answer = serde_json::to_string(&answer).expect("an answer can be written");
                let _ = write!(text, "\n{answer}");
            }
        }
        Err(_) => {
            let _ = write!(text, " {:?}", Data::from(&response.payload[..]));
        }
    }
    text
}

/// Response, endorsement and read-write set.
pub(crate) fn endorsement(answer: &ProposalResponse) -> String {
    let mut text = response(&answer.response.clone().unwrap_or_default());
    let signed = if answer.endorsement.is_some() {
        ""
    } else {
        "not "
    };
    let _ = write!(text, "\n{signed}endorsed");
    if let Some(action) = chaincode_action(&answer.payload) {
        text.push('\n');
        text.push_str(&results(action.results));
    }
    text
}

/// A read-write set, an entry in a line; what every chaincode reads of `_lifecycle` is left out.
pub(crate) fn results(bytes: Bytes) -> String {
    let set = match TxRwset::decode(bytes) {
        Ok(set) => set,
        Err(error) => return format!("no read-write set: {error}"),
    };
    let mut lines = Vec::new();
    for set in &set.namespaces {
        namespace(set, &mut lines);
    }
    lines.join("\n")
}

fn namespace(set: &NamespaceRwset, lines: &mut Vec<String>) {
    let name = &set.namespace;
    if name == "_lifecycle" && !set.has_writes() && set.collections.is_empty() {
        return;
    }
    lines.extend(
        set.reads
            .iter()
            .map(|one| format!("{name}: read {}", read(one))),
    );
    for query in &set.range_queries {
        let end = if query.exhausted { "exhausted" } else { "left" };
        let results = match &query.results {
            RangeResults::Unrecorded => "nothing".to_owned(),
            RangeResults::Reads(reads) => reads.iter().map(read).collect::<Vec<_>>().join(", "),
            RangeResults::Merkle(summary) => format!(
                "hashes of degree {} at level {}: {}",
                summary.max_degree,
                summary.max_level,
                summary.max_level_hashes.len()
            ),
        };
        let (start, stop) = (&query.start_key, &query.end_key);
        lines.push(format!(
            "{name}: range {start:?}..{stop:?} {end}: {results}"
        ));
    }
    for write in &set.writes {
        let deletes = if write.is_delete { " deleted" } else { "" };
        let value = Data::from(&write.value[..]);
        lines.push(format!("{name}: write {:?}{deletes} {value:?}", write.key));
    }
    for write in &set.metadata_writes {
        let entries = entries(&write.entries);
        lines.push(format!("{name}: metadata {:?} {entries}", write.key));
    }
    for set in &set.collections {
        let name = format!("{name}/{}", set.collection);
        for read in &set.reads {
            let key = hex::encode(&read.key_hash);
            let seen = seen(read.version.is_some());
            lines.push(format!("{name}: read {key} {seen}"));
        }
        for write in &set.writes {
            let (key, value) = (hex::encode(&write.key_hash), hex::encode(&write.value_hash));
            let deletes = if write.is_delete { " deleted" } else { "" };
            let purges = if write.is_purge { " purged" } else { "" };
            lines.push(format!("{name}: write {key}{deletes}{purges} {value}"));
        }
        for write in &set.metadata_writes {
            let key = hex::encode(&write.key_hash);
            lines.push(format!(
                "{name}: metadata {key} {}",
                entries(&write.entries)
            ));
        }
        let private = if set.private_hash.is_empty() {
            "no private writes"
        } else {
            "private writes"
        };
        lines.push(format!("{name}: {private}"));
    }
}

fn read(read: &Read) -> String {
    format!("{:?} {}", read.key, seen(read.version.is_some()))
}

fn seen(present: bool) -> &'static str {
    if present { "present" } else { "absent" }
}

fn entries(entries: &[MetadataEntry]) -> String {
    let entries = entries.iter().map(|entry| {
        let value = Data::from(&entry.value[..]);
        format!("{}={value:?}", entry.name)
    });
    entries.collect::<Vec<_>>().join(" ")
}

/// The name of a validation code.
pub(crate) fn code(byte: u8) -> String {
    ValidationCode::from_byte(byte).to_string()
}
