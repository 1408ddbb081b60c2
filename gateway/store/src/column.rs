//! Conversions between our numbers and texts and those that PostgreSQL's columns hold.

use asset_types::Amount;

use crate::StoreError;

/// A block number or other count as `bigint`.
pub(crate) fn bigint(what: &'static str, number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Number { what, number })
}

/// A position in a block as `integer`.
pub(crate) fn integer(what: &'static str, number: u32) -> Result<i32, StoreError> {
    i32::try_from(number).map_err(|_| StoreError::Number {
        what,
        number: number.into(),
    })
}

/// A `bigint` that this program wrote from an unsigned number.
pub(crate) fn unsigned(
    table: &'static str,
    column: &'static str,
    number: i64,
) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| corrupt(table, column, &number))
}

/// An `integer` that this program wrote from an unsigned number.
pub(crate) fn unsigned32(
    table: &'static str,
    column: &'static str,
    number: i32,
) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| corrupt(table, column, &number))
}

/// A value that this program wrote as text.
pub(crate) fn parsed<T: std::str::FromStr>(
    table: &'static str,
    column: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    text.parse().map_err(|_| corrupt(table, column, &text))
}

/// A `numeric(39,0)`, read as text.
pub(crate) fn amount(
    table: &'static str,
    column: &'static str,
    text: &str,
) -> Result<Amount, StoreError> {
    parsed(table, column, text)
}

/// A text from somewhere in a block, as it is stored: PostgreSQL's texts cannot hold U+0000.
#[must_use]
pub fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// Bytes for people.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

pub(crate) fn corrupt(
    table: &'static str,
    column: &'static str,
    value: &impl ToString,
) -> StoreError {
    StoreError::Corrupt {
        table,
        column,
        value: value.to_string(),
    }
}
