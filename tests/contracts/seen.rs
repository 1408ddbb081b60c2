//! What is seen of a transaction, in a form that is the same on every network.

use std::collections::BTreeMap;

use fabric_ledger::{Version, rwset::TxRwset};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// Sets above this size are noted as their hash.
const SET_BYTES_MAX: usize = 8 * 1024;

/// The transactions of a case that were committed, by their versions.
#[derive(Debug, Default)]
pub(crate) struct Versions(BTreeMap<Version, usize>);

impl Versions {
    /// The next transaction of the case has this version.
    pub(crate) fn committed(&mut self, version: Version) {
        let index = self.0.len();
        self.0.insert(version, index);
    }

    fn label(&self, version: &Value) -> String {
        let part = |name: &str| version[name].as_u64().unwrap_or_default();
        let version = Version::new(part("block_number"), part("transaction_number"));
        match self.0.get(&version) {
            Some(index) => format!("transaction {index}"),
            None => "before".to_owned(),
        }
    }
}

/// A transaction's answer, event and read-write set.
pub(crate) fn endorsed(
    payload: &[u8],
    event: Option<(&str, &[u8])>,
    rwset: &TxRwset,
    versions: &Versions,
) -> Value {
    let answers: Value = serde_json::from_slice(payload).expect("the program answers with JSON");
    let set = serde_json::to_value(rwset).expect("a set has a JSON form");
    let set = alike(set, versions);
    let text = set.to_string();
    let set = match text.len() > SET_BYTES_MAX {
        true => json!({ "sha256": hex::encode(Sha256::digest(&text)), "bytes": text.len() }),
        false => set,
    };
    let event = event.map(|(name, payload)| json!([name, String::from_utf8_lossy(payload)]));
    json!({ "answers": answers, "event": event, "rwset": set })
}

/// A transaction that no peer endorsed.
pub(crate) fn refused(status: i32) -> Value {
    json!({ "status": status })
}

/// Versions by their transaction; hashes over versions by their number; nothing that is empty.
fn alike(value: Value, versions: &Versions) -> Value {
    match value {
        Value::Object(entries) if entries.contains_key("block_number") => {
            versions.label(&Value::Object(entries)).into()
        }
        Value::Object(entries) => {
            let entries = entries.into_iter().map(|(name, value)| match &value {
                Value::Array(hashes) if name == "max_level_hashes" => (name, hashes.len().into()),
                _ => (name, alike(value, versions)),
            });
            let entries = entries.filter(|(_, value)| *value != json!([]) && *value != json!(""));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Value::Array(values) => values
            .into_iter()
            .map(|value| alike(value, versions))
            .collect(),
        other => other,
    }
}
