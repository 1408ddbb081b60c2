//! Composite keys: an object type and attributes in one key, as chaincode shims write them.

/// Starts every composite key, so that it never falls into a range over simple keys.
const NAMESPACE: char = '\u{0}';
/// Ends the object type and every attribute.
const SEPARATOR: char = '\u{0}';
/// Above every attribute: the end of a range over a partial composite key.
const HIGHEST: char = '\u{10FFFF}';

/// Why parts cannot form a composite key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompositeKeyError {
    /// The object type is empty.
    #[error("a composite key needs an object type; the one given is empty")]
    NoObjectType,
    /// A part holds a character that composite keys reserve.
    #[error(
        "'{part}' holds U+0000 or U+10FFFF, which composite keys reserve: choose another value"
    )]
    ReservedCharacter {
        /// The object type or attribute at fault.
        part: String,
    },
}

/// Joins an object type and attributes into one key.
///
/// # Errors
/// Where the object type is empty or a part holds U+0000 or U+10FFFF.
pub fn join<A: AsRef<str>>(
    object_type: &str,
    attributes: impl IntoIterator<Item = A>,
) -> Result<String, CompositeKeyError> {
    if object_type.is_empty() {
        return Err(CompositeKeyError::NoObjectType);
    }
    let mut key = String::from(NAMESPACE);
    push_part(&mut key, object_type)?;
    for attribute in attributes {
        push_part(&mut key, attribute.as_ref())?;
    }
    Ok(key)
}

/// Object type and attributes of a composite key; `None` where `key` is not one.
#[must_use]
pub fn split(key: &str) -> Option<(&str, Vec<&str>)> {
    let parts = key.strip_prefix(NAMESPACE)?.strip_suffix(SEPARATOR)?;
    let mut parts = parts.split(SEPARATOR);
    let object_type = parts.next().filter(|part| !part.is_empty())?;
    Some((object_type, parts.collect()))
}

/// Start (included) and end (excluded) of the range of all keys that begin with these parts.
///
/// # Errors
/// As [`join`].
pub fn range<A: AsRef<str>>(
    object_type: &str,
    attributes: impl IntoIterator<Item = A>,
) -> Result<(String, String), CompositeKeyError> {
    let start = join(object_type, attributes)?;
    let mut end = start.clone();
    end.push(HIGHEST);
    Ok((start, end))
}

fn push_part(key: &mut String, part: &str) -> Result<(), CompositeKeyError> {
    if part.contains([SEPARATOR, HIGHEST]) {
        return Err(CompositeKeyError::ReservedCharacter { part: part.into() });
    }
    key.push_str(part);
    key.push(SEPARATOR);
    Ok(())
}
