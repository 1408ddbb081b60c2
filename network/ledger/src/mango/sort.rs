//! The order that a query asks for. (CouchDB: mango_sort.erl)

use std::cmp::Ordering;

use super::collation;
use super::erlang;
use super::error::QueryError;
use super::json::Json;
use super::path::{Lookup, Path};

/// Fields to sort by, all in one direction.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sort {
    fields: Vec<Path>,
    descending: bool,
}

/// Where a document stands in the order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    /// The values of the fields, as one array.
    pub(super) values: Json,
    /// The document's key, which decides between equal values.
    pub(super) id: String,
}

impl Sort {
    /// Parses the value of `sort`; `None` where it names no field.
    pub(super) fn parse(sort: &Json) -> Result<Option<Self>, QueryError> {
        let Json::Array(specs) = sort else {
            let sort = erlang::pretty_term(sort);
            let reason = format!("Sort must be an array of sort specs, not: {sort}");
            return Err(QueryError::refused("invalid_sort_json", reason));
        };
        let specs = specs.iter().map(field).collect::<Result<Vec<_>, _>>()?;
        let Some((_, descending)) = specs.first().cloned() else {
            return Ok(None);
        };
        if specs.iter().any(|(_, other)| *other != descending) {
            return Err(QueryError::refused(
                "unsupported_mixed_sort",
                "Sorts currently only support a single direction for all fields.",
            ));
        }
        let fields = specs.into_iter().map(|(path, _)| path).collect();
        Ok(Some(Self { fields, descending }))
    }

    /// The document's place; `None` where it lacks a field, as an index would leave it out.
    pub(super) fn place(&self, document: &Json, id: &str) -> Option<Place> {
        let values = self.fields.iter().map(|path| match path.find(document) {
            Lookup::Found(value) => Some(value.clone()),
            Lookup::Absent | Lookup::Broken => None,
        });
        Some(Place {
            values: Json::Array(values.collect::<Option<_>>()?),
            id: id.to_owned(),
        })
    }

    pub(super) fn compare(&self, left: &Place, right: &Place) -> Ordering {
        let order = collation::compare(&left.values, &right.values);
        let order = order.then_with(|| left.id.cmp(&right.id));
        match self.descending {
            true => order.reverse(),
            false => order,
        }
    }
}

/// `"field"`, or `{"field": "asc"}` or `"desc"`.
fn field(spec: &Json) -> Result<(Path, bool), QueryError> {
    let invalid = || {
        let reason = format!("Invalid sort field: {}", erlang::pretty_term(spec));
        QueryError::refused("invalid_sort_field", reason)
    };
    match spec {
        Json::String(name) if !name.is_empty() => Ok((Path::parse(name)?, false)),
        Json::Object(members) if members.len() == 1 => {
            let (name, direction) = members.first_key_value().ok_or_else(invalid)?;
            let descending = match direction {
                Json::String(direction) if direction == "asc" => false,
                Json::String(direction) if direction == "desc" => true,
                _ => return Err(invalid()),
            };
            Ok((Path::parse(name)?, descending))
        }
        _ => Err(invalid()),
    }
}
