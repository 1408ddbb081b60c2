//! Rich queries: what selectors match, in which order, page by page, and what is refused.

mod options;
mod selectors;

use bytes::Bytes;
use fabric_ledger::Version;
use fabric_ledger::simulate::Simulator;
use fabric_ledger::state::{MemoryState, VersionedValue};

/// A state with these documents in `cc`, and one in another namespace that no query finds.
fn state(documents: &[(&str, &str)]) -> MemoryState {
    let mut state = MemoryState::new();
    for (index, (key, value)) in (0..).zip(documents) {
        let value = VersionedValue {
            value: Bytes::copy_from_slice(value.as_bytes()),
            metadata: Bytes::new(),
            version: Version::new(1, index),
        };
        state.insert("cc", key, value);
    }
    let value = VersionedValue {
        value: r#"{"kind":"other"}"#.into(),
        metadata: Bytes::new(),
        version: Version::new(1, 0),
    };
    state.insert("other", "x", value);
    state
}

/// Keys and values that a query returns.
fn run(state: &MemoryState, query: &str) -> Result<Vec<(String, String)>, String> {
    let mut simulator = Simulator::new(state, "tx");
    let id = simulator
        .open_query("cc", query)
        .map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    loop {
        let page = simulator
            .next_documents(id, 100)
            .map_err(|error| error.to_string())?;
        rows.extend(page.results);
        if !page.has_more {
            break;
        }
    }
    Ok(rows
        .into_iter()
        .map(|row| (row.key, String::from_utf8(row.value.to_vec()).unwrap()))
        .collect())
}

#[track_caller]
fn keys(state: &MemoryState, query: &str) -> String {
    let rows = run(state, query).unwrap();
    let keys: Vec<String> = rows.into_iter().map(|(key, _)| key).collect();
    keys.join(" ")
}

/// What CouchDB says of a query that it refuses.
#[track_caller]
fn check_refused(query: &str, error: &str, reason: &str) {
    let expect = format!(
        "error handling CouchDB request. Error:{error},  Status Code:400,  Reason:{reason}"
    );
    assert_eq!(run(&state(&[]), query).unwrap_err(), expect);
}
