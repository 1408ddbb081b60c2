//! Turns one argument's bytes into a typed value.

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use crate::failure::Failure;

/// Largest argument: JSON grows tenfold in memory, and every endorsing peer parses it.
pub const ARGUMENT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Longest reason in an error text: a parser may quote the argument.
const REASON_CHARACTERS_MAX: usize = 300;

/// Reads an argument; see [`Arguments::parse`](crate::Arguments::parse).
pub(crate) fn parse<T: DeserializeOwned>(
    argument: Option<&[u8]>,
    parameter: &str,
) -> Result<T, Failure> {
    let Some(bytes) = argument else {
        return serde_json::from_str("null").map_err(|_| missing(parameter));
    };
    if bytes.len() > ARGUMENT_BYTES_MAX {
        return Err(too_large(parameter, bytes.len()));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| invalid(parameter, &error))?;
    serde_json::from_str(text).or_else(|as_json| {
        serde_json::from_value(Value::String(text.to_owned()))
            .map_err(|as_text| invalid(parameter, &reason(text, as_json, as_text)))
    })
}

/// Reads an entry of the transient data; see [`Call::transient`](crate::Call::transient).
pub(crate) fn parse_transient<T: DeserializeOwned>(
    entry: Option<&[u8]>,
    name: &str,
) -> Result<T, Failure> {
    if entry.is_some() {
        return parse(entry, name);
    }
    let text = format!("the transient data has no entry `{name}`");
    serde_json::from_str("null")
        .map_err(|_| Failure::new(400, "MISSING_TRANSIENT", text).with("parameter", name))
}

/// Which of the two readings was meant, and so whose complaint is worth hearing.
fn reason(text: &str, as_json: serde_json::Error, as_text: serde_json::Error) -> serde_json::Error {
    if text.trim_start().starts_with(['{', '[', '"']) {
        return as_json;
    }
    // A parameter that can be made of text at all complains of this text, not of its type.
    let never_text = as_text.to_string().starts_with("invalid type");
    let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
    if never_text && is_json {
        as_json
    } else {
        as_text
    }
}

fn missing(parameter: &str) -> Failure {
    Failure::new(
        400,
        "MISSING_ARGUMENT",
        format!("argument `{parameter}` is missing"),
    )
    .with("parameter", parameter)
}

fn too_large(parameter: &str, bytes: usize) -> Failure {
    let text = format!(
        "argument `{parameter}` has {bytes} bytes, more than the {ARGUMENT_BYTES_MAX} allowed"
    );
    Failure::new(413, "ARGUMENT_TOO_LARGE", text)
        .with("parameter", parameter)
        .with("bytes", bytes)
}

fn invalid(parameter: &str, reason: &dyn std::fmt::Display) -> Failure {
    let reason: String = reason
        .to_string()
        .chars()
        .take(REASON_CHARACTERS_MAX)
        .collect();
    Failure::new(
        400,
        "INVALID_ARGUMENT",
        format!("argument `{parameter}` is not valid: {reason}"),
    )
    .with("parameter", parameter)
    .with("reason", reason)
}
