//! Selectors from JSON: implicit operators made explicit, names of fields joined to paths,
//! negations pushed inside. (CouchDB: mango_selector.erl, norm_ops, norm_fields, norm_negations)

use regex::bytes::{Regex, RegexBuilder};

use super::{Comparison, Condition, Selector};
use crate::mango::error::QueryError;
use crate::mango::json::{Json, Object};
use crate::mango::path::Path;

/// Largest compiled expression. A search takes time in proportion to it and to the text.
const REGEX_BYTES_MAX: usize = 1 << 20;
/// Operators of Mango that CouchDB knows and does not answer.
const UNSUPPORTED: [&str; 6] = [
    "$where",
    "$geoWithin",
    "$geoIntersects",
    "$near",
    "$nearSphere",
    "$text",
];

type Parsed<T> = Result<T, QueryError>;

impl Selector {
    /// Parses a whole selector. Nesting is bounded by the parser of the JSON.
    pub(in crate::mango) fn parse(selector: &Object) -> Parsed<Self> {
        if selector.is_empty() {
            return Ok(Self::Everything);
        }
        let selector = Place::default().members(selector)?;
        match selector {
            Self::Field(path, _) if path.is_empty() => Err(QueryError::refused(
                "invalid_selector",
                "One or more conditions is missing a field name.",
            )),
            selector => Ok(selector),
        }
    }

    fn conjunction(parts: Vec<Self>, negated: bool) -> Self {
        match negated {
            false => Self::All(parts),
            true => Self::Any(parts),
        }
    }
}

/// Where in a selector the parser is: below which field, below how many negations.
#[derive(Clone, Default)]
struct Place {
    path: Path,
    negated: bool,
}

impl Place {
    fn not(&self) -> Self {
        Self {
            path: self.path.clone(),
            negated: !self.negated,
        }
    }

    fn value(&self, value: &Json) -> Parsed<Selector> {
        match value {
            Json::Object(members) if !members.is_empty() => self.members(members),
            value => Ok(self.compare(Comparison::Equal, value)),
        }
    }

    /// Several members stand for all of them.
    fn members(&self, members: &Object) -> Parsed<Selector> {
        let mut parts = members
            .iter()
            .map(|(name, value)| self.member(name, value))
            .collect::<Parsed<Vec<_>>>()?;
        match parts.len() {
            1 => Ok(parts.remove(0)),
            _ => Ok(Selector::conjunction(parts, self.negated)),
        }
    }

    fn member(&self, name: &str, argument: &Json) -> Parsed<Selector> {
        if !name.starts_with('$') {
            let place = Self {
                path: self.path.join(Path::parse(name)?),
                negated: self.negated,
            };
            return place.value(argument);
        }
        match name {
            "$and" => Ok(Selector::conjunction(
                self.list(name, argument)?,
                self.negated,
            )),
            "$or" => Ok(Selector::conjunction(
                self.list(name, argument)?,
                !self.negated,
            )),
            "$nor" => Ok(Selector::conjunction(
                self.not().list(name, argument)?,
                self.negated,
            )),
            "$not" => match argument {
                Json::Object(_) => self.not().value(argument),
                _ => Err(QueryError::bad_argument(name, argument)),
            },
            _ => Ok(self.field(condition(name, argument)?)),
        }
    }

    fn list(&self, name: &str, argument: &Json) -> Parsed<Vec<Selector>> {
        let items = list(name, argument)?.iter();
        items.map(|item| self.value(item)).collect()
    }

    fn compare(&self, comparison: Comparison, value: &Json) -> Selector {
        self.field(Condition::Compare(comparison, value.clone()))
    }

    fn field(&self, condition: Condition) -> Selector {
        let condition = match self.negated {
            true => negated(condition),
            false => condition,
        };
        Selector::Field(self.path.clone(), condition)
    }
}

fn negated(condition: Condition) -> Condition {
    match condition {
        Condition::Compare(comparison, value) => Condition::Compare(comparison.negated(), value),
        Condition::In(values) => Condition::NotIn(values),
        Condition::NotIn(values) => Condition::In(values),
        Condition::Exists(exists) => Condition::Exists(!exists),
        other => Condition::Not(Box::new(other)),
    }
}

fn condition(name: &str, argument: &Json) -> Parsed<Condition> {
    let compare = |comparison| Ok(Condition::Compare(comparison, argument.clone()));
    match (name, argument) {
        ("$lt", _) => compare(Comparison::Less),
        ("$lte", _) => compare(Comparison::LessOrEqual),
        ("$eq", _) => compare(Comparison::Equal),
        ("$ne", _) => compare(Comparison::NotEqual),
        ("$gte", _) => compare(Comparison::GreaterOrEqual),
        ("$gt", _) => compare(Comparison::Greater),
        ("$in", _) => Ok(Condition::In(list(name, argument)?.to_vec())),
        ("$nin", _) => Ok(Condition::NotIn(list(name, argument)?.to_vec())),
        ("$all", _) => Ok(Condition::All(list(name, argument)?.to_vec())),
        ("$exists", Json::Bool(exists)) => Ok(Condition::Exists(*exists)),
        ("$type", Json::String(name)) => Ok(Condition::Type(name.clone())),
        ("$beginsWith", Json::String(start)) => Ok(Condition::BeginsWith(start.clone())),
        ("$size", Json::Number(size)) => match size.integer() {
            Some(size) if size >= 0 => Ok(Condition::Size(size)),
            _ => Err(QueryError::bad_argument(name, argument)),
        },
        ("$mod", Json::Array(numbers)) => {
            modulo(numbers).ok_or_else(|| QueryError::bad_argument(name, argument))
        }
        ("$regex", Json::String(pattern)) => regex(pattern)
            .map(|regex| Condition::Regex(Box::new(regex)))
            .ok_or_else(|| QueryError::bad_argument(name, argument)),
        ("$elemMatch", Json::Object(_)) => Ok(Condition::ElementMatch(inner(argument)?)),
        ("$allMatch", Json::Object(_)) => Ok(Condition::AllMatch(inner(argument)?)),
        ("$keyMapMatch", Json::Object(_)) => Ok(Condition::KeyMapMatch(inner(argument)?)),
        (
            "$exists" | "$type" | "$beginsWith" | "$size" | "$mod" | "$regex" | "$elemMatch"
            | "$allMatch" | "$keyMapMatch",
            _,
        ) => Err(QueryError::bad_argument(name, argument)),
        (name, _) if UNSUPPORTED.contains(&name) => Err(QueryError::refused(
            "not_supported",
            format!("Unsupported operator: {name}"),
        )),
        (name, _) => Err(QueryError::refused(
            "invalid_operator",
            format!("Invalid operator: {name}"),
        )),
    }
}

/// A selector of its own, on the items of an array or the names in an object.
fn inner(argument: &Json) -> Parsed<Box<Selector>> {
    Place::default().value(argument).map(Box::new)
}

fn list<'j>(name: &str, argument: &'j Json) -> Parsed<&'j [Json]> {
    match argument {
        Json::Array(items) => Ok(items),
        _ => Err(QueryError::bad_argument(name, argument)),
    }
}

fn modulo(numbers: &[Json]) -> Option<Condition> {
    let [Json::Number(divisor), Json::Number(remainder)] = numbers else {
        return None;
    };
    let (divisor, remainder) = (divisor.integer()?, remainder.integer()?);
    (divisor != 0).then_some(Condition::Mod { divisor, remainder })
}

/// CouchDB searches bytes; an expression that cannot be taken so is searched for in characters.
fn regex(pattern: &str) -> Option<Regex> {
    let build = |unicode| {
        RegexBuilder::new(pattern)
            .unicode(unicode)
            .size_limit(REGEX_BYTES_MAX)
            .dfa_size_limit(REGEX_BYTES_MAX)
            .build()
            .ok()
    };
    build(false).or_else(|| build(true))
}
