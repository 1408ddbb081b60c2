//! JSON values as Go reads and writes them, which is how they get into CouchDB and out of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

/// Go writes numbers of at least this size with an exponent.
const EXPONENT_MIN: f64 = 1e21;
/// And smaller ones than this.
const FRACTION_MIN: f64 = 1e-6;

/// A value. Members of objects are in byte order of their names.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Json>),
    Object(Object),
}

pub(super) type Object = BTreeMap<String, Json>;

/// A number, and whether CouchDB takes it for an integer, which some operators ask for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    pub(super) value: f64,
    pub(super) is_integer: bool,
}

impl Number {
    /// Of a document: a peer writes it as Go does, `5.0` as `5`.
    fn of_document(number: &serde_json::Number) -> Option<Self> {
        let value = number.as_f64().filter(|value| value.is_finite())?;
        Some(Self {
            value,
            is_integer: value.fract() == 0.0 && value.abs() < EXPONENT_MIN,
        })
    }

    /// Of a query: a peer hands it on as it is.
    fn of_query(number: &serde_json::Number) -> Option<Self> {
        let value = number.as_f64().filter(|value| value.is_finite())?;
        let text = number.to_string();
        Some(Self {
            value,
            is_integer: !text.contains(['.', 'e', 'E']),
        })
    }

    /// The number where it is an integer, as far as a float can hold one exactly.
    pub(super) fn integer(self) -> Option<i128> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "an integer is below 1e21 in a document, and anything larger saturates"
        )]
        let integer = self.value as i128;
        self.is_integer.then_some(integer)
    }

    /// As Go writes it.
    pub(super) fn to_text(self) -> String {
        let size = self.value.abs();
        if size == 0.0 || (FRACTION_MIN..EXPONENT_MIN).contains(&size) {
            return self.value.to_string();
        }
        let text = format!("{:e}", self.value);
        match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => {
                format!("{digits}e+{exponent}")
            }
            _ => text,
        }
    }
}

impl Json {
    /// The fields of a document; `None` where the value is no JSON object.
    pub(super) fn document(value: &[u8]) -> Option<Object> {
        let first = value.iter().find(|byte| !byte.is_ascii_whitespace());
        if first != Some(&b'{') {
            return None;
        }
        let value = serde_json::from_slice(value).ok()?;
        match Self::from_value(value, Number::of_document)? {
            Self::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// A part of a query; `None` for a number that no float can hold.
    pub(super) fn of_query(value: Value) -> Option<Self> {
        Self::from_value(value, Number::of_query)
    }

    /// Nesting is bounded by the parser that made the value.
    fn from_value(value: Value, number: fn(&serde_json::Number) -> Option<Number>) -> Option<Self> {
        Some(match value {
            Value::Null => Self::Null,
            Value::Bool(bool) => Self::Bool(bool),
            Value::Number(found) => Self::Number(number(&found)?),
            Value::String(text) => Self::String(text),
            Value::Array(items) => {
                let items = items.into_iter();
                let items = items.map(|item| Self::from_value(item, number));
                Self::Array(items.collect::<Option<_>>()?)
            }
            Value::Object(members) => {
                let members = members.into_iter();
                let members =
                    members.map(|(name, value)| Some((name, Self::from_value(value, number)?)));
                Self::Object(members.collect::<Option<_>>()?)
            }
        })
    }

    /// CouchDB's name of the type.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }

    /// As Go's `json.Marshal` writes it.
    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) {
        match self {
            Self::Null => text.push_str("null"),
            Self::Bool(true) => text.push_str("true"),
            Self::Bool(false) => text.push_str("false"),
            Self::Number(number) => text.push_str(&number.to_text()),
            Self::String(string) => write_string(string, text),
            Self::Array(items) => {
                text.push('[');
                for (position, item) in items.iter().enumerate() {
                    separate(position, text);
                    item.write(text);
                }
                text.push(']');
            }
            Self::Object(members) => write_object(members, text),
        }
    }
}

/// As Go's `json.Marshal` writes a map.
pub(super) fn write_object(members: &Object, text: &mut String) {
    text.push('{');
    for (position, (name, value)) in members.iter().enumerate() {
        separate(position, text);
        write_string(name, text);
        text.push(':');
        value.write(text);
    }
    text.push('}');
}

fn separate(position: usize, text: &mut String) {
    if position > 0 {
        text.push(',');
    }
}

/// Go escapes what would end a script in a web page, too.
fn write_string(string: &str, text: &mut String) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // Writing to a string cannot fail.
                let _ = write!(text, "\\u{:04x}", u32::from(character));
            }
            other => text.push(other),
        }
    }
    text.push('"');
}
