//! Ranges, rich queries and histories that a chaincode has open on a simulated peer.

use fabric_ledger::simulate::{QueryId, RangeId, RangePage};

use super::simulated_peer::{SimulatedPeer, Use, refused};
use crate::peer::{HistoryPage, KeyModification, KeyValue, PageRequest, PeerError, QueryPage};

/// Rows of one batch, as a peer sends them.
const BATCH_ROWS: usize = 100;

/// A query in progress; its place in the list is its id.
#[derive(Debug)]
pub(super) enum Open {
    Range(RangeId),
    Documents(QueryId),
    History(Vec<KeyModification>),
}

impl SimulatedPeer<'_, '_> {
    pub(super) fn open_range(
        &mut self,
        collection: &str,
        [start, end]: [&str; 2],
        page: Option<PageRequest>,
    ) -> Result<QueryPage, PeerError> {
        if !collection.is_empty() {
            return self.open_private_range(collection, [start, end], page.as_ref());
        }
        let namespace = self.namespace();
        let Some(page) = page else {
            let mut simulator = self.simulator.borrow_mut();
            let range = simulator.open_range(namespace, start, end);
            drop(simulator);
            return self.begin(Open::Range(range));
        };
        self.ask(1);
        let start = match page.bookmark.as_str() {
            "" => start,
            bookmark => bookmark,
        };
        let mut simulator = self.simulator.borrow_mut();
        let (results, bookmark) =
            simulator.bookmarked_page(namespace, start, end, size_of(&page))?;
        Ok(last(results, bookmark))
    }

    /// A range of a collection has no pages; a page size within one batch ends it.
    fn open_private_range(
        &mut self,
        collection: &str,
        [start, end]: [&str; 2],
        page: Option<&PageRequest>,
    ) -> Result<QueryPage, PeerError> {
        self.check(Use::Read, collection)?;
        let limit = page
            .map(size_of)
            .filter(|size| (1..=BATCH_ROWS).contains(size))
            .unwrap_or(usize::MAX);
        let namespace = self.namespace();
        let range = self
            .simulator
            .borrow_mut()
            .open_private_range(namespace, collection, start, end, limit)?;
        self.begin(Open::Range(range))
    }

    pub(super) fn open_query(
        &mut self,
        collection: &str,
        query: &str,
        page: Option<PageRequest>,
    ) -> Result<QueryPage, PeerError> {
        let namespace = self.namespace();
        if !collection.is_empty() {
            self.check(Use::Read, collection)?;
            self.simulator.borrow_mut().begin_private_query()?;
        }
        if !self.scene.ledger.rich_queries {
            self.ask(1);
            return Err(refused("ExecuteQuery not supported for leveldb"));
        }
        if !collection.is_empty() {
            let query = self
                .simulator
                .borrow_mut()
                .open_private_query(namespace, collection, query)?;
            return self.begin(Open::Documents(query));
        }
        let Some(page) = page else {
            let query = self.simulator.borrow_mut().open_query(namespace, query)?;
            return self.begin(Open::Documents(query));
        };
        self.ask(1);
        let mut simulator = self.simulator.borrow_mut();
        let (results, bookmark) =
            simulator.bookmarked_documents(namespace, query, &page.bookmark, size_of(&page))?;
        Ok(last(results, bookmark))
    }

    pub(super) fn open_history(&mut self, key: &str) -> Result<HistoryPage, PeerError> {
        let key = (self.namespace().to_owned(), key.to_owned());
        let changes = self.scene.node.history.get(&key);
        self.open
            .push(Open::History(changes.cloned().unwrap_or_default()));
        self.next_changes(&(self.open.len() - 1).to_string())
    }

    pub(super) fn next_rows(&mut self, id: &str) -> Result<QueryPage, PeerError> {
        self.ask(1);
        let mut simulator = self.simulator.borrow_mut();
        let found = id
            .parse()
            .ok()
            .and_then(|index: usize| self.open.get(index));
        let page = match found {
            Some(Open::Range(range)) => simulator.next_page(*range, BATCH_ROWS)?,
            Some(Open::Documents(query)) => simulator.next_documents(*query, BATCH_ROWS)?,
            Some(Open::History(_)) | None => return Err(not_open()),
        };
        let RangePage { results, has_more } = page;
        Ok(QueryPage {
            id: id.to_owned(),
            items: rows(results),
            has_more,
            ..QueryPage::default()
        })
    }

    pub(super) fn next_changes(&mut self, id: &str) -> Result<HistoryPage, PeerError> {
        self.ask(1);
        let index: usize = id.parse().map_err(|_| not_open())?;
        let Some(Open::History(left)) = self.open.get_mut(index) else {
            return Err(not_open());
        };
        let rest = left.split_off(left.len().min(BATCH_ROWS));
        let items = std::mem::replace(left, rest);
        Ok(HistoryPage {
            id: id.to_owned(),
            has_more: !left.is_empty(),
            items,
        })
    }

    fn begin(&mut self, open: Open) -> Result<QueryPage, PeerError> {
        self.open.push(open);
        self.next_rows(&(self.open.len() - 1).to_string())
    }
}

fn size_of(page: &PageRequest) -> usize {
    usize::try_from(page.size).unwrap_or(usize::MAX)
}

/// A page, after which the request is over.
fn last(results: Vec<fabric_ledger::simulate::KeyValue>, bookmark: String) -> QueryPage {
    QueryPage {
        items: rows(results),
        bookmark,
        ..QueryPage::default()
    }
}

fn rows(results: Vec<fabric_ledger::simulate::KeyValue>) -> Vec<KeyValue> {
    let row = |row: fabric_ledger::simulate::KeyValue| KeyValue {
        key: row.key,
        value: row.value.to_vec(),
    };
    results.into_iter().map(row).collect()
}

fn not_open() -> PeerError {
    refused("the query is not open")
}
