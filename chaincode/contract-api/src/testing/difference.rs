//! What is different between two runs of one transaction, in words.

use fabric_ledger::{rwset::TxRwset, simulate::SimulationResult};
use serde::Serialize;
use serde_json::{Value, json};

use crate::peer::Response;

/// Entries of lists are named by these members, where they have one.
const NAMES: [&str; 6] = [
    "namespace",
    "collection",
    "key",
    "key_hash",
    "start_key",
    "name",
];

/// The first difference between two runs; `None` where they did the same.
pub(super) fn between(
    (first, simulated): (&Response, &SimulationResult),
    (other, other_simulated): (&Response, &SimulationResult),
) -> Option<String> {
    if (first, &simulated.rwset, &simulated.private)
        == (other, &other_simulated.rwset, &other_simulated.private)
    {
        return None;
    }
    let found = of_values(
        &shown(first, &simulated.rwset),
        &shown(other, &other_simulated.rwset),
        "",
    );
    Some(found.unwrap_or_else(|| "the plaintext of private writes".to_owned()))
}

fn shown(response: &Response, rwset: &TxRwset) -> Value {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let event = response.event.as_ref();
    json!({
        "status": response.status,
        "message": response.message,
        "result": text(&response.payload),
        "event": event.map(|event| json!({"name": event.name, "payload": text(&event.payload)})),
        "rwset": json_of(rwset),
    })
}

fn json_of(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

fn of_values(first: &Value, other: &Value, path: &str) -> Option<String> {
    match (first, other) {
        (Value::Object(first), Value::Object(other)) => first.iter().find_map(|(name, value)| {
            let other = other.get(name).unwrap_or(&Value::Null);
            of_values(value, other, &join(path, name))
        }),
        (Value::Array(first), Value::Array(other)) => of_lists(first, other, path),
        _ if first == other => None,
        _ => Some(format!(
            "{path} is {first} in one run and {other} in another"
        )),
    }
}

fn of_lists(first: &[Value], other: &[Value], path: &str) -> Option<String> {
    let absent = Value::Null;
    let longest = first.len().max(other.len());
    (0..longest).find_map(|index| {
        let here = first.get(index).unwrap_or(&absent);
        let there = other.get(index).unwrap_or(&absent);
        let same_name = name_of(here) == name_of(there);
        match name_of(here).filter(|_| same_name) {
            Some(name) => of_values(here, there, &join(path, &format!("{name:?}"))),
            None if here == there => None,
            None => {
                let path = join(path, &index.to_string());
                Some(format!(
                    "{path} is {here} in one run and {there} in another"
                ))
            }
        }
    })
}

fn name_of(value: &Value) -> Option<&str> {
    NAMES.iter().find_map(|name| value.get(name)?.as_str())
}

fn join(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path} / {name}"),
    }
}
