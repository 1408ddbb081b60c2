//! One byte sequence per JSON value (RFC 8785), for hashing and signing. No floats.

use serde::Serialize;
use serde_json::Value;

/// `value` as canonical JSON: no white space, members sorted by name.
///
/// Our values contain strings, booleans and small integers only, which `serde_json` writes exactly
/// as RFC 8785 asks; member names are ASCII, so their byte order is the order of UTF-16 units.
///
/// # Errors
/// Where `value` cannot be written as JSON at all.
pub fn canonical_json(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = Vec::new();
    write(&serde_json::to_value(value)?, &mut text)?;
    Ok(text)
}

fn write(value: &Value, text: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    match value {
        Value::Array(items) => {
            text.push(b'[');
            for (index, item) in items.iter().enumerate() {
                separate(index, text);
                write(item, text)?;
            }
            text.push(b']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| name.as_str());
            text.push(b'{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                separate(index, text);
                serde_json::to_writer(&mut *text, name)?;
                text.push(b':');
                write(member, text)?;
            }
            text.push(b'}');
        }
        scalar => serde_json::to_writer(&mut *text, scalar)?,
    }
    Ok(())
}

fn separate(index: usize, text: &mut Vec<u8>) {
    if index > 0 {
        text.push(b',');
    }
}
