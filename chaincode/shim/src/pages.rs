//! Rows of range, rich and history queries, as the peer encodes them.

use bytes::Bytes;
use fabric_contract_api_rust::peer::{
    HistoryPage, KeyModification, KeyValue, PageRequest, PeerError, QueryPage, Timestamp,
};
use fabric_protos::{
    peer::{QueryMetadata, QueryResponse, QueryResponseMetadata},
    queryresult,
};
use prost::Message;

use crate::stream_peer::{decode, malformed};

/// The request's paging; empty where there is none.
pub(crate) fn metadata(page: Option<PageRequest>) -> Result<Bytes, PeerError> {
    let Some(page) = page else {
        return Ok(Bytes::new());
    };
    let page_size = i32::try_from(page.size).unwrap_or(i32::MAX);
    if page_size == 0 {
        // To a peer this would mean all rows, unpaged.
        return Err(PeerError::Refused {
            message: "a page has at least one row".to_owned(),
        });
    }
    Ok(QueryMetadata {
        page_size,
        bookmark: page.bookmark,
    }
    .encode_to_vec()
    .into())
}

/// A batch of keys with values.
pub(crate) fn query(reply: Bytes) -> Result<QueryPage, PeerError> {
    let reply: QueryResponse = decode(reply, "a page of rows")?;
    let paging: QueryResponseMetadata = decode(reply.metadata, "a page's bookmark")?;
    let row = |row: Bytes| {
        let row: queryresult::Kv = decode(row, "a row")?;
        Ok(KeyValue {
            key: row.key,
            value: row.value.into(),
        })
    };
    Ok(QueryPage {
        items: rows(reply.results, row)?,
        has_more: open(reply.has_more, &reply.id)?,
        id: reply.id,
        bookmark: paging.bookmark,
    })
}

/// A batch of a key's changes.
pub(crate) fn history(reply: Bytes) -> Result<HistoryPage, PeerError> {
    let reply: QueryResponse = decode(reply, "a page of history")?;
    let row = |row: Bytes| {
        let row: queryresult::KeyModification = decode(row, "a change")?;
        let timestamp = row.timestamp.unwrap_or_default();
        Ok(KeyModification {
            transaction_id: row.tx_id,
            value: row.value.into(),
            timestamp: Timestamp {
                seconds: timestamp.seconds,
                nanoseconds: timestamp.nanos,
            },
            is_delete: row.is_delete,
        })
    };
    Ok(HistoryPage {
        items: rows(reply.results, row)?,
        has_more: open(reply.has_more, &reply.id)?,
        id: reply.id,
    })
}

fn rows<T>(
    results: Vec<fabric_protos::peer::QueryResultBytes>,
    row: impl Fn(Bytes) -> Result<T, PeerError>,
) -> Result<Vec<T>, PeerError> {
    results
        .into_iter()
        .map(|result| row(result.result_bytes))
        .collect()
}

/// More rows can only be asked for by the id of the open query.
fn open(has_more: bool, id: &str) -> Result<bool, PeerError> {
    if has_more && id.is_empty() {
        return Err(malformed("a page with more to come has no id".to_owned()));
    }
    Ok(has_more)
}
