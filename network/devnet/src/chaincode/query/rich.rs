//! Rich queries: refused as a peer does whose state LevelDB keeps, or answered over JSON documents
//! as one does whose state CouchDB keeps.
//!
//! Source: `core/chaincode/handler.go`, HandleGetQueryResult.

use bytes::Bytes;
use fabric_ledger::simulate::{QueryId, RangePage};
use fabric_protos::peer::{GetQueryResult, QueryMetadata, QueryResponseMetadata};
use prost::Message as _;
use tokio::runtime::{Handle, RuntimeFlavor};

use super::{Queries, Query, key_values, response};
use crate::{
    chaincode::request::{Failure, Ledger, decode},
    limits::QUERY_BATCH,
};

impl Queries {
    /// Begins a rich query, or answers one page of it.
    pub(in crate::chaincode) fn rich(
        &mut self,
        ledger: &mut Ledger<'_, '_>,
        payload: Bytes,
    ) -> Result<Bytes, Failure> {
        let GetQueryResult {
            query,
            collection,
            metadata,
        } = decode(payload)?;
        if !collection.is_empty() {
            return self.rich_private(ledger, &collection, &query);
        }
        let metadata: QueryMetadata = decode(metadata)?;
        let is_paged = metadata.page_size != 0 || !metadata.bookmark.is_empty();
        if !ledger.rich_queries {
            return Err(refused(ledger, is_paged));
        }
        let id = self.new_id()?;
        if is_paged {
            return page(ledger, &query, &metadata, id);
        }
        let opened = ledger.simulator.open_query(ledger.namespace, &query)?;
        self.open.insert(id.clone(), Query::Documents(opened));
        self.batch(ledger, id)
    }

    /// Begins a rich query of a collection's plaintext, which has no pages.
    fn rich_private(
        &mut self,
        ledger: &mut Ledger<'_, '_>,
        collection: &str,
        query: &str,
    ) -> Result<Bytes, Failure> {
        ledger.check_private_query(collection)?;
        if !ledger.rich_queries {
            return Err(Failure("ExecuteQuery not supported for leveldb".to_owned()));
        }
        let id = self.new_id()?;
        let namespace = ledger.namespace;
        let opened = ledger
            .simulator
            .open_private_query(namespace, collection, query)?;
        self.open.insert(id.clone(), Query::Documents(opened));
        self.batch(ledger, id)
    }
}

/// The next documents of a query.
pub(super) fn next(
    ledger: &mut Ledger<'_, '_>,
    query: QueryId,
) -> Result<(Vec<Bytes>, bool), Failure> {
    let RangePage { results, has_more } =
        blocking(|| ledger.simulator.next_documents(query, QUERY_BATCH))?;
    Ok((key_values(ledger.namespace, results), has_more))
}

fn page(
    ledger: &mut Ledger<'_, '_>,
    query: &str,
    metadata: &QueryMetadata,
    id: String,
) -> Result<Bytes, Failure> {
    // As for a range, a negative size is no bound.
    let size = usize::try_from(metadata.page_size).unwrap_or(0);
    let (namespace, bookmark) = (ledger.namespace, &metadata.bookmark);
    let (rows, bookmark) = blocking(|| {
        ledger
            .simulator
            .bookmarked_documents(namespace, query, bookmark, size)
    })?;
    let metadata = QueryResponseMetadata {
        fetched_records_count: i32::try_from(rows.len()).unwrap_or(i32::MAX),
        bookmark,
    };
    let rows = key_values(ledger.namespace, rows);
    Ok(response(rows, false, id, metadata.encode_to_vec().into()))
}

/// A page that is asked for after a write fails for that first.
fn refused(ledger: &mut Ledger<'_, '_>, is_paged: bool) -> Failure {
    if !is_paged {
        return Failure("ExecuteQuery not supported for leveldb".to_owned());
    }
    match ledger.simulator.before_paged_query() {
        Ok(()) => Failure("ExecuteQueryWithMetadata not supported for leveldb".to_owned()),
        Err(error) => error.into(),
    }
}

/// Goes through a whole namespace without holding up other transactions.
fn blocking<T>(scan: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(scan),
        _ => scan(),
    }
}
