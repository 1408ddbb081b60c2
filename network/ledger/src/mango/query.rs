//! A query as a chaincode writes it. (CouchDB: mango_opts.erl; Fabric: statecouchdb.go,
//! applyAdditionalQueryOptions)

use serde::Deserialize as _;
use serde_json::Value;

use super::bookmark;
use super::erlang;
use super::error::QueryError;
use super::json::{Json, Number, Object};
use super::path::Path;
use super::selector::Selector;
use super::sort::{Place, Sort};

/// Longest query. Those of applications have hundreds of bytes; each is compared with every
/// document of a namespace.
pub const QUERY_BYTES_MAX: usize = 256 * 1024;

/// A parsed query.
#[derive(Clone, Debug)]
pub struct Query {
    pub(super) selector: Selector,
    /// Fields to return; `None` for all.
    pub(super) fields: Option<Vec<Path>>,
    pub(super) sort: Option<Sort>,
    pub(super) skip: u64,
    /// Goes on after this place.
    pub(super) after: Option<Place>,
}

impl Query {
    /// Parses a query. A `limit` in it counts for nothing, as a peer sets its own; a bookmark beside
    /// it replaces its own, unless empty.
    ///
    /// # Errors
    /// [`QueryError`] in the words of CouchDB or of a peer.
    pub fn parse(text: &str, bookmark: &str) -> Result<Self, QueryError> {
        let mut options = object(text)?;
        let fields = match options.remove("fields") {
            None => None,
            Some(Json::Array(names)) => Some(names),
            Some(_) => return Err(QueryError::FieldsNotAnArray),
        };
        options.remove("limit");
        if !bookmark.is_empty() {
            let bookmark = Json::String(bookmark.to_owned());
            options.insert("bookmark".to_owned(), bookmark);
        }
        let query = Self {
            selector: selector(options.remove("selector"))?,
            after: take_options(&mut options)?,
            skip: skip(options.remove("skip"))?,
            sort: match options.remove("sort") {
                None => None,
                Some(sort) => Sort::parse(&sort)?,
            },
            fields: fields
                .map(|names| names.iter().map(field).collect())
                .transpose()?,
        };
        check_ignored(&mut options)?;
        match options.keys().next() {
            None => Ok(query),
            Some(name) => Err(QueryError::refused(
                "invalid_key",
                format!("Invalid key {name} for this request."),
            )),
        }
    }
}

/// The first JSON value of a text; Go ignores what follows.
fn object(text: &str) -> Result<Object, QueryError> {
    let length = text.len();
    if length > QUERY_BYTES_MAX {
        return Err(QueryError::TooLong { length });
    }
    let mut parser = serde_json::Deserializer::from_str(text);
    let value =
        Value::deserialize(&mut parser).map_err(|error| QueryError::unreadable(&error, text))?;
    match Json::of_query(value) {
        Some(Json::Object(options)) => Ok(options),
        Some(other) => Err(QueryError::not_an_object(&other)),
        None => Err(QueryError::Unreadable(
            "a number is out of range".to_owned(),
        )),
    }
}

fn selector(option: Option<Json>) -> Result<Selector, QueryError> {
    match option {
        Some(Json::Object(selector)) => Selector::parse(&selector),
        Some(other) => Err(QueryError::refused(
            "invalid_selector_json",
            format!(
                "Selector must be a JSON object, not: {}",
                erlang::term(&other)
            ),
        )),
        None => Err(QueryError::refused(
            "missing_required_key",
            "Missing required key: selector",
        )),
    }
}

/// Checks `use_index`, and reads the bookmark.
fn take_options(options: &mut Object) -> Result<Option<Place>, QueryError> {
    if let Some(index) = options.remove("use_index") {
        check_index(&index)?;
    }
    match options.remove("bookmark") {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) if text.is_empty() => Ok(None),
        Some(Json::String(text)) => bookmark::read(&text).map(Some),
        Some(other) => Err(QueryError::invalid_bookmark(&other.to_text())),
    }
}

/// A design document, or one and an index of it.
fn check_index(index: &Json) -> Result<(), QueryError> {
    let is_name = match index {
        Json::Null => true,
        Json::String(name) => {
            let name = name.strip_prefix("_design/").unwrap_or(name);
            name.split('/').count() <= 2
        }
        Json::Array(names) => {
            names.len() <= 2 && names.iter().all(|name| matches!(name, Json::String(_)))
        }
        _ => false,
    };
    match is_name {
        true => Ok(()),
        false => Err(QueryError::refused(
            "invalid_index_name",
            format!("Invalid index name: {}", erlang::term(index)),
        )),
    }
}

fn skip(option: Option<Json>) -> Result<u64, QueryError> {
    let Some(option) = option else {
        return Ok(0);
    };
    let integer = match &option {
        Json::Number(number) => number.integer(),
        _ => None,
    };
    integer
        .and_then(|integer| u64::try_from(integer).ok())
        .ok_or_else(|| {
            let option = erlang::term(&option);
            let reason = format!("{option} is not an integer greater than or equal to zero");
            QueryError::refused("invalid_non_neg_integer", reason)
        })
}

fn field(name: &Json) -> Result<Path, QueryError> {
    match name {
        Json::String(name) => Path::parse(name),
        other => Err(QueryError::refused(
            "invalid_field",
            format!("Invalid JSON for field spec: {}", erlang::term(other)),
        )),
    }
}

/// Options that say how CouchDB shall go about it, not what it finds.
fn check_ignored(options: &mut Object) -> Result<(), QueryError> {
    for name in [
        "conflicts",
        "update",
        "stable",
        "execution_stats",
        "allow_fallback",
    ] {
        match options.remove(name) {
            None | Some(Json::Bool(_)) => {}
            Some(other) => {
                let reason = format!("Invalid boolean value: {}", erlang::term(&other));
                return Err(QueryError::refused("invalid_boolean", reason));
            }
        }
    }
    if let Some(quorum) = options.remove("r") {
        check_quorum(&quorum)?;
    }
    options.remove("stale");
    Ok(())
}

fn check_quorum(quorum: &Json) -> Result<(), QueryError> {
    let integer = match quorum {
        Json::Number(number) => Number::integer(*number),
        _ => None,
    };
    match integer {
        Some(integer) if integer > 0 => Ok(()),
        _ => Err(QueryError::refused(
            "invalid_pos_integer",
            format!(
                "{} is not an integer greater than zero",
                erlang::term(quorum)
            ),
        )),
    }
}
