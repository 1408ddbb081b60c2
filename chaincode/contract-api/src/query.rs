//! What a `#[query]` function asks the ledger. It has no way to write.

use std::ops::Deref;

use crate::{
    error::LedgerError,
    key::{Key, KeyRange, StateKey},
    page::{PAGE_ROWS_MAX, Page, Paged},
    peer::{KeyModification, PageRequest},
    range::{Cursor, Row},
    reader::Reader,
};

/// A query: the reads of [`Reader`], pages and history.
///
/// ```compile_fail
/// # use fabric_contract_api_rust::prelude::*;
/// fn write(query: &Query) -> Result<(), LedgerError> {
///     query.put("key", b"value")
/// }
/// ```
pub struct Query<'p> {
    pub(crate) reader: Reader<'p>,
}

impl<'p> Deref for Query<'p> {
    type Target = Reader<'p>;

    fn deref(&self) -> &Reader<'p> {
        &self.reader
    }
}

impl Query<'_> {
    /// One page of a run of keys, in one request. Pages are not checked at commit.
    pub fn page(&self, range: &KeyRange, page: &Page) -> Result<Paged<Row>, LedgerError> {
        if page.size == 0 || page.size > PAGE_ROWS_MAX {
            return Err(LedgerError::PageSize { size: page.size });
        }
        let bookmark = page.bookmark.clone().unwrap_or_default();
        let request = PageRequest {
            size: page.size,
            bookmark,
        };
        let answer =
            self.session
                .peer
                .borrow_mut()
                .range("", range.start(), range.end(), Some(request))?;
        let items = answer.items.into_iter().map(Row::from).collect();
        let bookmark = Some(answer.bookmark).filter(|bookmark| !bookmark.is_empty());
        Ok(Paged { items, bookmark })
    }

    /// The committed changes of a key, newest first. A peer without a history database refuses.
    pub fn history<K: StateKey + ?Sized>(
        &self,
        key: &K,
    ) -> Result<impl Iterator<Item = Result<KeyModification, LedgerError>> + '_, LedgerError> {
        let key: Key = key.key()?;
        let peer = &self.session.peer;
        let first = peer.borrow_mut().history(key.as_str())?;
        let mut changes = Cursor::new(peer, first.id, first.items, first.has_more, |peer, id| {
            peer.history_next(id)
                .map(|page| (page.items, page.has_more))
        });
        Ok(std::iter::from_fn(move || changes.take()))
    }

    /// Asks other chaincode; an empty `channel` is this one. Gives its result on success.
    pub fn invoke_chaincode(
        &self,
        name: &str,
        channel: &str,
        args: &[Vec<u8>],
    ) -> Result<Vec<u8>, LedgerError> {
        self.call(name, channel, args)
    }
}
