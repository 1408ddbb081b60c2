//! Going through the documents of a query, as a peer does: a thousand at a time, the next thousand
//! by the bookmark of the last. (Fabric: statecouchdb.go, queryScanner)

use bytes::Bytes;

use super::bookmark;
use super::document::Document;
use super::json::Json;
use super::query::Query;
use super::sort::{Place, Sort};
use crate::state::VersionedValue;
use crate::version::Version;

/// Results that a peer asks CouchDB for at a time (`ledger.state.couchDBConfig.internalQueryLimit`).
/// The `skip` of a query counts in each such request.
const INTERNAL_QUERY_LIMIT: usize = 1000;

/// A query that is being answered.
#[derive(Debug)]
pub struct Find {
    query: Query,
    rows: Rows,
    /// The last document that was returned or skipped.
    last: Option<Place>,
    /// Documents of this request still to be skipped, and returned by it so far.
    to_skip: u64,
    returned: usize,
}

/// A document that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The key.
    pub key: String,
    /// The value, or the fields of it that were asked for.
    pub value: Bytes,
    /// The transaction that wrote it.
    pub version: Version,
}

/// Keys with their values, in the order of the keys.
pub type Page = Vec<(String, VersionedValue)>;

#[derive(Debug)]
enum Rows {
    /// In the order of the keys, read as they are asked for; `None` after the last page.
    Unsorted {
        next_start: Option<String>,
        page: std::vec::IntoIter<(String, VersionedValue)>,
    },
    /// To be sorted once the first is asked for.
    Unread,
    Sorted(std::vec::IntoIter<Row>),
}

/// A document that matches.
#[derive(Debug)]
struct Row {
    place: Place,
    found: Found,
}

impl Find {
    /// Begins a query.
    #[must_use]
    pub fn new(query: Query) -> Self {
        let rows = match (&query.sort, &query.after) {
            (Some(_), _) => Rows::Unread,
            (None, after) => {
                // Keys after `k` begin at `k` and U+0000.
                let start = after.as_ref().map(|after| format!("{}\0", after.id));
                Rows::Unsorted {
                    next_start: Some(start.unwrap_or_default()),
                    page: Page::new().into_iter(),
                }
            }
        };
        Self {
            rows,
            last: query.after.clone(),
            to_skip: query.skip,
            returned: 0,
            query,
        }
    }

    /// The next document. `read` gives a page of the namespace's keys from one on; an empty page is
    /// the end.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn next<E>(
        &mut self,
        mut read: impl FnMut(&str) -> Result<Page, E>,
    ) -> Result<Option<Found>, E> {
        if self.returned == INTERNAL_QUERY_LIMIT {
            self.returned = 0;
            self.to_skip = self.query.skip;
        }
        while let Some(Row { place, found }) = self.rows.next(&self.query, &mut read)? {
            self.last = Some(place);
            if self.to_skip == 0 {
                self.returned += 1;
                return Ok(Some(found));
            }
            self.to_skip -= 1;
        }
        Ok(None)
    }

    /// Where another query can go on.
    #[must_use]
    pub fn bookmark(&self) -> String {
        let last = self.last.as_ref();
        last.map_or_else(|| bookmark::NOTHING.to_owned(), bookmark::write)
    }
}

impl Rows {
    fn next<E>(
        &mut self,
        query: &Query,
        read: &mut impl FnMut(&str) -> Result<Page, E>,
    ) -> Result<Option<Row>, E> {
        if let (Self::Unread, Some(sort)) = (&self, &query.sort) {
            *self = Self::Sorted(sorted(query, sort, read)?.into_iter());
        }
        match self {
            Self::Sorted(rows) => Ok(rows.next()),
            Self::Unread => Ok(None),
            Self::Unsorted { next_start, page } => {
                while let Some((key, value)) = next_key(next_start, page, read)? {
                    if let Some((_, found)) = matching(query, &key, &value) {
                        let place = Place {
                            values: Json::Array(Vec::new()),
                            id: key,
                        };
                        return Ok(Some(Row { place, found }));
                    }
                }
                Ok(None)
            }
        }
    }
}

/// All documents that match, after the bookmark.
fn sorted<E>(
    query: &Query,
    sort: &Sort,
    read: &mut impl FnMut(&str) -> Result<Page, E>,
) -> Result<Vec<Row>, E> {
    let mut rows = Vec::new();
    let (mut next_start, mut page) = (Some(String::new()), Page::new().into_iter());
    while let Some((key, value)) = next_key(&mut next_start, &mut page, read)? {
        let Some((document, found)) = matching(query, &key, &value) else {
            continue;
        };
        let Some(place) = sort.place(&document.fields, &key) else {
            continue;
        };
        let after = query.after.as_ref();
        if after.is_none_or(|after| sort.compare(&place, after).is_gt()) {
            rows.push(Row { place, found });
        }
    }
    rows.sort_by(|left, right| sort.compare(&left.place, &right.place));
    Ok(rows)
}

fn next_key<E>(
    next_start: &mut Option<String>,
    page: &mut std::vec::IntoIter<(String, VersionedValue)>,
    read: &mut impl FnMut(&str) -> Result<Page, E>,
) -> Result<Option<(String, VersionedValue)>, E> {
    if page.as_slice().is_empty()
        && let Some(start) = next_start.take()
    {
        let keys = read(&start)?;
        *next_start = keys.last().map(|(key, _)| format!("{key}\0"));
        *page = keys.into_iter();
    }
    Ok(page.next())
}

fn matching(query: &Query, key: &str, value: &VersionedValue) -> Option<(Document, Found)> {
    let document = Document::new(key, &value.value);
    if !query.selector.matches(&document.fields) {
        return None;
    }
    let found = Found {
        key: key.to_owned(),
        value: document.value(query.fields.as_deref(), &value.value),
        version: value.version,
    };
    Some((document, found))
}
