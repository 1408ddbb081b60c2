//! Bookmarks: where a page ended. Clients hand them back and do not look into them.

use serde_json::{Value, json};

use super::error::QueryError;
use super::json::Json;
use super::sort::Place;

/// What CouchDB answers where there is nothing to mark.
pub(super) const NOTHING: &str = "nil";

/// Text without meaning to clients.
pub(super) fn write(place: &Place) -> String {
    let values = place.values.to_text();
    let text = json!({"startkey": values, "startkey_docid": place.id}).to_string();
    hex::encode(text)
}

/// Reads what [`write`] writes.
pub(super) fn read(bookmark: &str) -> Result<Place, QueryError> {
    parse(bookmark).ok_or_else(|| QueryError::invalid_bookmark(bookmark))
}

fn parse(bookmark: &str) -> Option<Place> {
    let text = hex::decode(bookmark).ok()?;
    let mark: Value = serde_json::from_slice(&text).ok()?;
    let values = serde_json::from_str(mark.get("startkey")?.as_str()?).ok()?;
    let values = Json::of_query(values)?;
    let id = mark.get("startkey_docid")?.as_str()?.to_owned();
    matches!(values, Json::Array(_)).then_some(Place { values, id })
}
