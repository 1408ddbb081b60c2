//! Selectors: which documents a query is after. (CouchDB: mango_selector.erl)

mod parse;

use std::cmp::Ordering;

use regex::bytes::Regex;

use super::collation;
use super::json::Json;
use super::path::{Lookup, Path};

/// A condition on a value and its fields. Negations are as far inside as they go.
#[derive(Clone, Debug)]
pub(super) enum Selector {
    Everything,
    /// Each of them; true where there is none.
    All(Vec<Selector>),
    /// One of them; true where there is none, as in CouchDB.
    Any(Vec<Selector>),
    Field(Path, Condition),
}

/// A condition on one field's value.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    Compare(Comparison, Json),
    In(Vec<Json>),
    NotIn(Vec<Json>),
    All(Vec<Json>),
    Exists(bool),
    Type(String),
    Size(i128),
    Mod { divisor: i128, remainder: i128 },
    Regex(Box<Regex>),
    BeginsWith(String),
    ElementMatch(Box<Selector>),
    AllMatch(Box<Selector>),
    KeyMapMatch(Box<Selector>),
    Not(Box<Condition>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    GreaterOrEqual,
    Greater,
}

/// How two values compare.
type Order = fn(&Json, &Json) -> Ordering;

impl Selector {
    pub(super) fn matches(&self, value: &Json) -> bool {
        match self {
            Self::Everything => true,
            Self::All(parts) => parts.iter().all(|part| part.matches(value)),
            Self::Any(parts) => parts.is_empty() || parts.iter().any(|part| part.matches(value)),
            Self::Field(path, condition) => match path.find(value) {
                Lookup::Found(value) if path.is_id() => condition.matches(value, raw),
                Lookup::Found(value) => condition.matches(value, collation::compare),
                Lookup::Absent => matches!(condition, Condition::Exists(false)),
                Lookup::Broken => false,
            },
        }
    }
}

impl Condition {
    fn matches(&self, value: &Json, order: Order) -> bool {
        match self {
            Self::Compare(comparison, other) => comparison.holds(order(value, other)),
            Self::In(values) => is_in(value, values, order),
            Self::NotIn(values) => !is_in(value, values, order),
            Self::All(values) => has_all(value, values),
            Self::Exists(exists) => *exists,
            Self::Type(name) => value.type_name() == name,
            Self::Size(size) => matches!(value, Json::Array(items) if items.len() as i128 == *size),
            Self::Mod { divisor, remainder } => match value {
                Json::Number(number) => number
                    .integer()
                    .and_then(|integer| integer.checked_rem(*divisor))
                    .is_some_and(|found| found == *remainder),
                _ => false,
            },
            Self::Regex(regex) => {
                matches!(value, Json::String(text) if regex.is_match(text.as_bytes()))
            }
            Self::BeginsWith(start) => {
                matches!(value, Json::String(text) if text.starts_with(start))
            }
            Self::ElementMatch(selector) => {
                matches!(value, Json::Array(items) if items.iter().any(|item| selector.matches(item)))
            }
            Self::AllMatch(selector) => {
                matches!(value, Json::Array(items) if !items.is_empty()
                    && items.iter().all(|item| selector.matches(item)))
            }
            Self::KeyMapMatch(selector) => {
                matches!(value, Json::Object(members) if members.keys()
                    .any(|name| selector.matches(&Json::String(name.clone()))))
            }
            Self::Not(condition) => !condition.matches(value, order),
        }
    }
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Greater => order.is_gt(),
        }
    }

    fn negated(self) -> Self {
        match self {
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::GreaterOrEqual => Self::Less,
            Self::Greater => Self::LessOrEqual,
        }
    }
}

/// Keys compare byte by byte, and are larger than all that is no text.
fn raw(value: &Json, other: &Json) -> Ordering {
    match (value, other) {
        (Json::String(value), Json::String(other)) => value.cmp(other),
        (Json::String(_), _) => Ordering::Greater,
        _ => collation::compare(value, other),
    }
}

/// Of an array, whether one of its items is.
fn is_in(value: &Json, values: &[Json], order: Order) -> bool {
    let equals = |value: &Json| values.iter().any(|other| order(value, other).is_eq());
    match value {
        Json::Array(items) => items.iter().any(equals),
        value => equals(value),
    }
}

/// Exactly these values, `1` and `1.0` being two; or the array itself where it is the only one.
fn has_all(value: &Json, values: &[Json]) -> bool {
    let Json::Array(items) = value else {
        return false;
    };
    let is_array = matches!(values, [only @ Json::Array(_)] if only == value);
    !values.is_empty() && (is_array || values.iter().all(|value| items.contains(value)))
}
