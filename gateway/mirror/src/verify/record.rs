//! Rows of records, column by column as texts, held against what they follow from.

use std::collections::BTreeMap;

use asset_store::{Record, RecordTable};
use serde_json::Value;

use crate::verify::finding::{Difference, Findings, Proof};

/// The one column that is JSON: PostgreSQL writes it with its own spaces and order.
const JSON_COLUMN: &str = "controllers";

/// The key of a record.
pub(crate) fn key<'r>(table: &RecordTable, record: &'r Record) -> &'r [Option<String>] {
    record.get(..table.key_columns).unwrap_or(record)
}

/// A key for people.
pub(crate) fn shown(key: &[Option<String>]) -> String {
    let parts: Vec<&str> = key
        .iter()
        .map(|part| part.as_deref().unwrap_or("NULL"))
        .collect();
    parts.join("/")
}

/// Compares records in both directions.
pub(crate) fn compare_records(
    table: &'static RecordTable,
    expected: &[Record],
    found: Vec<Record>,
    proof: Proof,
    findings: &mut Findings,
) {
    if expected == found {
        return;
    }
    let mut found: BTreeMap<Vec<Option<String>>, Record> = found
        .into_iter()
        .map(|record| (key(table, &record).to_vec(), record))
        .collect();
    for record in expected {
        let key = key(table, record);
        match found.remove(key) {
            None => findings.add(table.name, shown(key), Difference::Missing, proof),
            Some(found) => compare_columns(table, record, &found, proof, findings),
        }
    }
    for key in found.keys() {
        findings.add(table.name, shown(key), Difference::Unexpected, proof);
    }
}

fn compare_columns(
    table: &'static RecordTable,
    expected: &Record,
    found: &Record,
    proof: Proof,
    findings: &mut Findings,
) {
    let columns = table.columns.iter().zip(expected.iter().zip(found));
    for (column, (expected_text, found_text)) in columns {
        if *column == JSON_COLUMN && json(expected_text) == json(found_text) {
            continue;
        }
        let row = (table.name, shown(key(table, expected)));
        findings.compare(row, column, expected_text, found_text, proof);
    }
}

fn json(text: &Option<String>) -> Option<Value> {
    serde_json::from_str(text.as_deref()?).ok()
}
