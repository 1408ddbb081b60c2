//! Queries that a chaincode has open: ranges of keys, histories of keys, rich queries.

mod rich;

use std::collections::HashMap;

use bytes::Bytes;
use fabric_ledger::simulate::{KeyValue, QueryId, RangeId, RangePage, TOTAL_QUERY_LIMIT};
use fabric_protos::{
    peer::{
        GetHistoryForKey, GetStateByRange, QueryMetadata, QueryResponse, QueryResponseMetadata,
        QueryResultBytes, QueryStateClose, QueryStateNext,
    },
    queryresult::{KeyModification, Kv},
};
use prost::Message as _;
use prost_types::Timestamp;

use super::request::{Failure, Ledger, decode};
use crate::limits::{QUERIES_MAX, QUERY_BATCH};

/// Open queries of one chaincode in one transaction, by the id that the chaincode knows.
#[derive(Debug, Default)]
pub(super) struct Queries {
    open: HashMap<String, Query>,
    opened: usize,
}

#[derive(Debug)]
enum Query {
    Range(RangeId),
    History(History),
    Documents(QueryId),
}

/// A history as far as it has been read.
#[derive(Debug)]
struct History {
    key: String,
    /// Block and index of the last row that was read.
    before: Option<(u64, u32)>,
    returned: usize,
}

impl Queries {
    /// Begins a query of a range, or answers one page of it.
    pub(super) fn range(
        &mut self,
        ledger: &mut Ledger<'_, '_>,
        payload: Bytes,
    ) -> Result<Bytes, Failure> {
        let GetStateByRange {
            start_key,
            end_key,
            collection,
            metadata,
        } = decode(payload)?;
        let id = self.new_id()?;
        let metadata: QueryMetadata = decode(metadata)?;
        if !collection.is_empty() {
            let bounds = [&*start_key, &*end_key];
            return self.private_range(ledger, id, &collection, bounds, metadata.page_size);
        }
        if metadata.page_size == 0 && metadata.bookmark.is_empty() {
            let range = ledger
                .simulator
                .open_range(ledger.namespace, &start_key, &end_key);
            self.open.insert(id.clone(), Query::Range(range));
            return self.batch(ledger, id);
        }
        let start = if metadata.bookmark.is_empty() {
            start_key
        } else {
            metadata.bookmark
        };
        let size = usize::try_from(metadata.page_size).unwrap_or(0);
        let size = if size == 0 {
            TOTAL_QUERY_LIMIT
        } else {
            size.min(TOTAL_QUERY_LIMIT)
        };
        let (rows, bookmark) =
            ledger
                .simulator
                .bookmarked_page(ledger.namespace, &start, &end_key, size)?;
        let metadata = QueryResponseMetadata {
            fetched_records_count: i32::try_from(rows.len()).unwrap_or(i32::MAX),
            bookmark,
        };
        let rows = key_values(ledger.namespace, rows);
        Ok(response(rows, false, id, metadata.encode_to_vec().into()))
    }

    /// Begins a query of a collection's plaintext. It has no pages, yet a page size within one
    /// message ends it.
    fn private_range(
        &mut self,
        ledger: &mut Ledger<'_, '_>,
        id: String,
        collection: &str,
        [start, end]: [&str; 2],
        page_size: i32,
    ) -> Result<Bytes, Failure> {
        ledger.check_private_query(collection)?;
        let limit = usize::try_from(page_size)
            .ok()
            .filter(|size| (1..=QUERY_BATCH).contains(size))
            .unwrap_or(usize::MAX);
        let namespace = ledger.namespace;
        let range = ledger
            .simulator
            .open_private_range(namespace, collection, start, end, limit)?;
        self.open.insert(id.clone(), Query::Range(range));
        self.batch(ledger, id)
    }

    /// Begins a query of a key's history.
    pub(super) fn history(
        &mut self,
        ledger: &mut Ledger<'_, '_>,
        payload: Bytes,
    ) -> Result<Bytes, Failure> {
        let GetHistoryForKey { key } = decode(payload)?;
        let id = self.new_id()?;
        let history = History {
            key,
            before: None,
            returned: 0,
        };
        self.open.insert(id.clone(), Query::History(history));
        self.batch(ledger, id)
    }

    /// Goes on with a query.
    pub(super) fn next(
        &mut self,
        ledger: &mut Ledger<'_, '_>,
        payload: Bytes,
    ) -> Result<Bytes, Failure> {
        let QueryStateNext { id } = decode(payload)?;
        if !self.open.contains_key(&id) {
            return Err(Failure("query iterator not found".to_owned()));
        }
        self.batch(ledger, id)
    }

    /// Ends a query; one that is not open is no mistake.
    pub(super) fn close(&mut self, payload: Bytes) -> Result<Bytes, Failure> {
        let QueryStateClose { id } = decode(payload)?;
        self.open.remove(&id);
        Ok(response(Vec::new(), false, id, Bytes::new()))
    }

    fn new_id(&mut self) -> Result<String, Failure> {
        if self.opened >= QUERIES_MAX {
            return Err(Failure(format!(
                "more than {QUERIES_MAX} queries in one transaction"
            )));
        }
        self.opened += 1;
        Ok(format!("query-{}", self.opened))
    }

    /// The next rows of a query, which is closed after the last.
    fn batch(&mut self, ledger: &mut Ledger<'_, '_>, id: String) -> Result<Bytes, Failure> {
        let (rows, has_more) = match self.open.get_mut(&id) {
            Some(Query::Range(range)) => {
                let page = ledger.simulator.next_page(*range, QUERY_BATCH)?;
                let RangePage { results, has_more } = page;
                (key_values(ledger.namespace, results), has_more)
            }
            Some(Query::History(history)) => history.batch(ledger)?,
            Some(Query::Documents(query)) => rich::next(ledger, *query)?,
            None => (Vec::new(), false),
        };
        if !has_more {
            self.open.remove(&id);
        }
        Ok(response(rows, has_more, id, Bytes::new()))
    }
}

impl History {
    fn batch(&mut self, ledger: &Ledger<'_, '_>) -> Result<(Vec<Bytes>, bool), Failure> {
        let left = TOTAL_QUERY_LIMIT.saturating_sub(self.returned);
        let wanted = QUERY_BATCH.min(left);
        let mut positions =
            ledger
                .state
                .view()
                .history(ledger.namespace, &self.key, self.before, wanted + 1)?;
        let has_more = positions.len() > wanted && wanted < left;
        positions.truncate(wanted);
        let mut rows = Vec::with_capacity(positions.len());
        for position in positions {
            rows.extend(self.row(ledger, position)?);
            self.before = Some(position);
            self.returned += 1;
        }
        Ok((rows, has_more))
    }

    /// What one transaction wrote to the key.
    fn row(
        &self,
        ledger: &Ledger<'_, '_>,
        (block, index): (u64, u32),
    ) -> Result<Option<Bytes>, Failure> {
        let Some(block) = ledger.channel.chain().block(block)? else {
            return Ok(None);
        };
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let Some(transaction) = block.decoded()?.transactions.get(index) else {
            return Ok(None);
        };
        let writes = transaction
            .endorsed()
            .and_then(|endorsed| endorsed.rwset.namespace(ledger.namespace))
            .map(|set| &set.writes);
        let write = writes.and_then(|writes| writes.iter().find(|write| write.key == self.key));
        let timestamp = transaction
            .header
            .as_ref()
            .and_then(|header| header.timestamp);
        Ok(write.map(|write| {
            KeyModification {
                tx_id: transaction.transaction_id().to_owned(),
                value: write.value.clone(),
                timestamp: timestamp.map(|(seconds, nanos)| Timestamp { seconds, nanos }),
                is_delete: write.deletes(),
            }
            .encode_to_vec()
            .into()
        }))
    }
}

fn key_values(namespace: &str, rows: Vec<KeyValue>) -> Vec<Bytes> {
    let rows = rows.into_iter();
    rows.map(|KeyValue { key, value }| {
        Kv {
            namespace: namespace.to_owned(),
            key,
            value,
        }
        .encode_to_vec()
        .into()
    })
    .collect()
}

fn response(rows: Vec<Bytes>, has_more: bool, id: String, metadata: Bytes) -> Bytes {
    let results = rows
        .into_iter()
        .map(|result_bytes| QueryResultBytes { result_bytes });
    QueryResponse {
        results: results.collect(),
        has_more,
        id,
        metadata,
    }
    .encode_to_vec()
    .into()
}
