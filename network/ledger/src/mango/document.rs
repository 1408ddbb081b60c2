//! Keys and values as documents. (Fabric: statecouchdb/couchdoc_conv.go)

use bytes::Bytes;

use super::error::QueryError;
use super::json::{Json, Object, write_object};
use super::path::{Lookup, Path};

const ID: &str = "_id";
/// Where a peer keeps a key's version and metadata in a document.
const VERSION: &str = "~version";

/// Refuses what a peer whose state CouchDB keeps refuses to write: keys and fields of JSON objects
/// that begin with `_`.
///
/// # Errors
/// Says what is refused, in the peer's words.
pub fn check_write(key: &str, value: &[u8]) -> Result<(), QueryError> {
    if key.is_empty() {
        return Err(QueryError::EmptyKey);
    }
    if key.starts_with('_') {
        return Err(QueryError::ReservedKey(key.to_owned()));
    }
    let fields = Json::document(value).unwrap_or_default();
    match fields.into_keys().find(|name| is_reserved(name)) {
        Some(name) => Err(QueryError::ReservedField(name)),
        None => Ok(()),
    }
}

fn is_reserved(name: &str) -> bool {
    name == VERSION || name.starts_with('_')
}

/// A document as CouchDB sees it.
pub(super) struct Document {
    /// The fields, and the key as `_id`.
    pub(super) fields: Json,
    /// Whether the value is a JSON object.
    is_json: bool,
}

impl Document {
    pub(super) fn new(key: &str, value: &[u8]) -> Self {
        let fields = Json::document(value);
        let is_json = fields.is_some();
        let mut fields = fields.unwrap_or_default();
        fields.retain(|name, _| !is_reserved(name));
        fields.insert(ID.to_owned(), Json::String(key.to_owned()));
        Self {
            fields: Json::Object(fields),
            is_json,
        }
    }

    /// The value that a chaincode is given: all of it or some fields, as a peer writes JSON.
    pub(super) fn value(&self, chosen: Option<&[Path]>, stored: &Bytes) -> Bytes {
        let members = match (chosen, &self.fields) {
            (Some(chosen), _) => self.choose(chosen),
            (None, Json::Object(fields)) if self.is_json => fields.clone(),
            _ => return stored.clone(),
        };
        let members = members.into_iter().filter(|(name, _)| !is_reserved(name));
        let mut text = String::new();
        write_object(&members.collect(), &mut text);
        text.into()
    }

    fn choose(&self, chosen: &[Path]) -> Object {
        let mut members = Object::new();
        for path in chosen {
            if let Lookup::Found(value) = path.find(&self.fields) {
                path.set(&mut members, value.clone());
            }
        }
        members
    }
}
