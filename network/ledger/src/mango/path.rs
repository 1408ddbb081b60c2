//! Names of fields: parts between dots, the way from a document to a value in it.
//! (CouchDB: mango_util.erl, parse_field; mango_doc.erl, get_field and set_field)

use super::error::QueryError;
use super::json::{Json, Object};

/// The way to a field; empty for the value itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Path(Vec<String>);

/// What is at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Lookup<'j> {
    Found(&'j Json),
    /// The last object on the way has no such member.
    Absent,
    /// The way leads through something that has no members.
    Broken,
}

impl Path {
    /// Parses a name such as `owner.name` or, with a dot in a part, `version\.major`.
    pub(super) fn parse(name: &str) -> Result<Self, QueryError> {
        let parts = split(name);
        if parts.iter().any(String::is_empty) {
            let reason = format!("Invalid field name: {name}");
            return Err(QueryError::refused("invalid_field_name", reason));
        }
        Ok(Self(parts))
    }

    /// The way that goes on with another.
    pub(super) fn join(&self, rest: Self) -> Self {
        let mut parts = self.0.clone();
        parts.extend(rest.0);
        Self(parts)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is the document's key.
    pub(super) fn is_id(&self) -> bool {
        matches!(self.0.as_slice(), [name] if name == "_id")
    }

    pub(super) fn find<'j>(&self, value: &'j Json) -> Lookup<'j> {
        let mut value = value;
        for part in &self.0 {
            match step(value, part) {
                Lookup::Found(next) => value = next,
                end => return end,
            }
        }
        Lookup::Found(value)
    }

    /// Puts a value at the end of the path into an object, which is made where it is absent.
    pub(super) fn set(&self, object: &mut Object, value: Json) {
        let Some((last, way)) = self.0.split_last() else {
            return;
        };
        let mut object = object;
        for part in way {
            let next = object
                .entry(part.clone())
                .or_insert_with(|| Json::Object(Object::new()));
            // A field chosen before holds the value already.
            let Json::Object(next) = next else {
                return;
            };
            object = next;
        }
        object.insert(last.clone(), value);
    }
}

fn step<'j>(value: &'j Json, part: &str) -> Lookup<'j> {
    match value {
        Json::Object(members) => members.get(part).map_or(Lookup::Absent, Lookup::Found),
        Json::Array(items) => {
            let position = part.parse::<usize>().ok();
            let item = position.and_then(|position| items.get(position));
            item.map_or(Lookup::Broken, Lookup::Found)
        }
        _ => Lookup::Broken,
    }
}

/// At dots that no backslash precedes; backslashes themselves go.
fn split(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for character in name.chars() {
        match character {
            '.' if !escaped => parts.push(String::new()),
            '\\' => {}
            other => {
                if let Some(part) = parts.last_mut() {
                    part.push(other);
                }
            }
        }
        escaped = character == '\\';
    }
    parts
}
