//! Rows as they come: a peer's batches, with a transaction's own writes among them.

use std::{cell::RefCell, collections::VecDeque, iter::Peekable, vec};

use serde::de::DeserializeOwned;

use crate::{
    error::LedgerError,
    key::{Key, decode_json},
    peer::{KeyValue, Peer, PeerError, QueryPage},
};

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The key.
    pub key: Key,
    /// The stored bytes.
    pub value: Vec<u8>,
}

impl Row {
    /// The value, read as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, LedgerError> {
        decode_json(&self.key, &self.value)
    }
}

impl From<KeyValue> for Row {
    fn from(KeyValue { key, value }: KeyValue) -> Self {
        Self {
            key: Key::stored(key),
            value,
        }
    }
}

/// The rows of a run of keys. It borrows the transaction: collect it before writing.
pub struct Range<'r> {
    stored: Cursor<'r, KeyValue>,
    own: Peekable<vec::IntoIter<(String, Option<Vec<u8>>)>>,
}

impl<'r> Range<'r> {
    pub(crate) fn new<'p: 'r>(
        peer: &'r RefCell<&'p mut dyn Peer>,
        first: QueryPage,
        own: Vec<(String, Option<Vec<u8>>)>,
    ) -> Self {
        Self {
            stored: rows_of(peer, first),
            own: own.into_iter().peekable(),
        }
    }
}

impl Iterator for Range<'_> {
    type Item = Result<Row, LedgerError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let stored_key = self.stored.peek().map(|row| row.key.as_str());
            let own_first = match (self.own.peek(), stored_key) {
                (None, _) => false,
                // After a failed fetch the stored side is unknown, not at its end.
                (Some(_), None) => !self.stored.has_failed(),
                (Some((own, _)), Some(stored)) => own.as_str() <= stored,
            };
            if !own_first {
                let row = self.stored.take();
                if matches!(row, Some(Err(_))) {
                    self.own = Vec::new().into_iter().peekable();
                }
                return row.map(|row| row.map(Row::from));
            }
            let (key, value) = self.own.next()?;
            if self.stored.peek().is_some_and(|row| row.key == key) {
                // The own write hides the stored row. A failed fetch shows on the next round.
                self.stored.skip();
            }
            if let Some(value) = value {
                return Some(Ok(Row {
                    key: Key::stored(key),
                    value,
                }));
            }
        }
    }
}

/// The rows that a rich query or a scan of private data gives, fetched as they are asked for.
pub struct Rows<'r>(Cursor<'r, KeyValue>);

impl<'r> Rows<'r> {
    pub(crate) fn new<'p: 'r>(peer: &'r RefCell<&'p mut dyn Peer>, first: QueryPage) -> Self {
        Self(rows_of(peer, first))
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, LedgerError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take().map(|row| row.map(Row::from))
    }
}

fn rows_of<'r, 'p: 'r>(
    peer: &'r RefCell<&'p mut dyn Peer>,
    first: QueryPage,
) -> Cursor<'r, KeyValue> {
    Cursor::new(peer, first.id, first.items, first.has_more, |peer, id| {
        peer.query_next(id).map(|page| (page.items, page.has_more))
    })
}

/// Rows, and whether more follow them.
type Batch<T> = Result<(Vec<T>, bool), PeerError>;

/// How the next batch of an open query is fetched.
type Fetch<T> = fn(&mut dyn Peer, &str) -> Batch<T>;

/// A peer's batches, one row at a time. The next batch is fetched with the last row of the one
/// before, as Fabric's own clients do, so that read-write sets come out the same.
pub(crate) struct Cursor<'r, T> {
    next: Box<dyn FnMut() -> Batch<T> + 'r>,
    rows: VecDeque<T>,
    has_more: bool,
    failed: Option<PeerError>,
}

impl<'r, T: 'r> Cursor<'r, T> {
    pub(crate) fn new<'p: 'r>(
        peer: &'r RefCell<&'p mut dyn Peer>,
        id: String,
        rows: Vec<T>,
        has_more: bool,
        fetch: Fetch<T>,
    ) -> Self {
        let next = Box::new(move || fetch(&mut **peer.borrow_mut(), &id));
        Self {
            next,
            rows: rows.into(),
            has_more,
            failed: None,
        }
    }

    fn peek(&self) -> Option<&T> {
        self.rows.front()
    }

    fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// The next row, or the error of the fetch after the last row; then nothing more.
    pub(crate) fn take(&mut self) -> Option<Result<T, LedgerError>> {
        match self.skip() {
            Some(row) => Some(Ok(row)),
            None => self.failed.take().map(|error| Err(error.into())),
        }
    }

    fn skip(&mut self) -> Option<T> {
        let row = self.rows.pop_front();
        if self.rows.is_empty() && self.has_more {
            self.fetch();
        }
        row
    }

    fn fetch(&mut self) {
        match (self.next)() {
            Ok((rows, true)) if rows.is_empty() => {
                let message = "an empty batch that is not the last".to_owned();
                self.fail(PeerError::Malformed { message });
            }
            Ok((rows, has_more)) => {
                self.rows = rows.into();
                self.has_more = has_more;
            }
            Err(error) => self.fail(error),
        }
    }

    fn fail(&mut self, error: PeerError) {
        self.has_more = false;
        self.failed = Some(error);
    }
}
