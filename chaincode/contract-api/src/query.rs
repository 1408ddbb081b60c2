//! What a `#[query]` function asks the ledger. It has no way to write.

use std::ops::Deref;

use crate::{
    contract::FunctionKind,
    dispatch,
    error::LedgerError,
    failure::Failure,
    key::{Key, KeyRange, StateKey},
    page::{PAGE_ROWS_MAX, Page, Paged},
    peer::{KeyModification, PageRequest, QueryPage, Response},
    private::{PrivateQuery, PrivateReader},
    range::{Cursor, Row},
    reader::Reader,
    tx::owned,
};

/// A query: the reads of [`Reader`], pages, history and scans of private data.
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

impl<'p> Query<'p> {
    /// One page of a run of keys, in one request (Go's `GetStateByRangeWithPagination`,
    /// `GetStateByPartialCompositeKeyWithPagination` and, with [`KeyRange::all_composite`],
    /// `GetAllStatesCompositeKeyWithPagination`). Pages are not checked at commit.
    pub fn page(&self, range: &KeyRange, page: &Page) -> Result<Paged<Row>, LedgerError> {
        let request = requested(page)?;
        let mut peer = self.session.peer.borrow_mut();
        let answer = peer.range("", range.start(), range.end(), Some(request))?;
        Ok(paged(answer))
    }

    /// One page of what a rich query finds (Go's `GetQueryResultWithPagination`): CouchDB's
    /// selector language. A peer whose state is in LevelDB refuses.
    pub fn rich_page(&self, query: &str, page: &Page) -> Result<Paged<Row>, LedgerError> {
        let request = requested(page)?;
        let mut peer = self.session.peer.borrow_mut();
        let answer = peer.query("", query, Some(request))?;
        Ok(paged(answer))
    }

    /// The committed changes of a key, newest first (Go's `GetHistoryForKey`). A peer without a
    /// history database refuses.
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

    /// A private collection, to read and scan. Its name is letters, digits, `_` and `-`.
    pub fn private(&self, collection: &str) -> Result<PrivateQuery<'p>, LedgerError> {
        let reader = PrivateReader::new(&self.session, collection)?;
        Ok(PrivateQuery { reader })
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

    /// [`Query::invoke_chaincode`] that gives the callee's whole answer, whatever its status.
    pub fn invoke_chaincode_response(
        &self,
        name: &str,
        channel: &str,
        args: &[Vec<u8>],
    ) -> Result<Response, LedgerError> {
        self.call_response(name, channel, args)
    }

    /// Calls a `#[query]` function of a contract of this chaincode, such as `tokens:balance`, with
    /// arguments as a client sends them; its result is read by [`read_reply`](crate::read_reply).
    pub fn call_contract<A: AsRef<[u8]>>(
        &self,
        target: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Vec<u8>, Failure> {
        let arguments = owned(arguments);
        dispatch::nested(&self.session, target, arguments, FunctionKind::Query)
    }
}

fn requested(page: &Page) -> Result<PageRequest, LedgerError> {
    if page.size == 0 || page.size > PAGE_ROWS_MAX {
        return Err(LedgerError::PageSize { size: page.size });
    }
    Ok(PageRequest {
        size: page.size,
        bookmark: page.bookmark.clone().unwrap_or_default(),
    })
}

fn paged(answer: QueryPage) -> Paged<Row> {
    Paged {
        items: answer.items.into_iter().map(Row::from).collect(),
        bookmark: Some(answer.bookmark).filter(|bookmark| !bookmark.is_empty()),
    }
}
