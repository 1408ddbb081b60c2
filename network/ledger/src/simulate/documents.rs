//! Queries of a simulation over JSON documents. What they return goes into the read-write set as
//! keys that were read; nothing is recorded of what they did not find, so that a commit checks the
//! former only. (Fabric: txmgr/query_executor.go, queryResultsItr)

use super::batches::Batches;
use super::builder::RwsetBuilder;
use super::range::{KeyValue, RangePage};
use super::{FETCH, Outcome, SimulateError, Simulator, TOTAL_QUERY_LIMIT};
use crate::mango::{Find, Query};
use crate::state::State;

/// An open query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QueryId(usize);

#[derive(Debug)]
pub(super) struct OpenQuery {
    namespace: String,
    /// A collection's plaintext instead of public keys.
    collection: Option<String>,
    find: Find,
    batches: Batches,
}

impl OpenQuery {
    fn new(namespace: &str, query: Query) -> Self {
        Self {
            namespace: namespace.to_owned(),
            collection: None,
            find: Find::new(query),
            batches: Batches::default(),
        }
    }
}

impl<S: State> Simulator<'_, S> {
    /// Makes the simulation refuse keys and values that are no documents, as a peer does whose
    /// state CouchDB keeps.
    #[must_use]
    pub fn over_documents(mut self) -> Self {
        self.holds_documents = true;
        self
    }

    /// Begins a query.
    ///
    /// # Errors
    /// [`SimulateError::Query`] where it cannot be answered.
    pub fn open_query(&mut self, namespace: &str, query: &str) -> Outcome<QueryId, S> {
        let query = Query::parse(query, "")?;
        self.queries.push(OpenQuery::new(namespace, query));
        Ok(QueryId(self.queries.len() - 1))
    }

    /// Begins a query of a collection's plaintext, of which nothing is recorded. Only for
    /// transactions that do not write.
    ///
    /// # Errors
    /// After a write; [`SimulateError::Query`] where it cannot be answered.
    pub fn open_private_query(
        &mut self,
        namespace: &str,
        collection: &str,
        query: &str,
    ) -> Outcome<QueryId, S> {
        self.begin_private_query()?;
        let query = Query::parse(query, "")?;
        self.queries.push(OpenQuery {
            collection: Some(collection.to_owned()),
            ..OpenQuery::new(namespace, query)
        });
        Ok(QueryId(self.queries.len() - 1))
    }

    /// The next results of a query, with one more that is read and recorded, where there is one.
    ///
    /// # Errors
    /// Where the store fails or the query is not this simulation's.
    pub fn next_documents(&mut self, id: QueryId, size: usize) -> Outcome<RangePage, S> {
        let Self {
            state,
            builder,
            queries,
            ..
        } = self;
        let query = queries
            .get_mut(id.0)
            .ok_or(SimulateError::UnknownQuery(id))?;
        let OpenQuery {
            namespace,
            collection,
            find,
            batches,
        } = query;
        batches
            .next(size, || match collection {
                None => next(*state, builder, namespace, find),
                Some(collection) => next_private(*state, namespace, collection, find),
            })
            .map_err(SimulateError::State)
    }

    /// One page of at most `size` results (0 for as many as a peer gives), and the bookmark of the
    /// next page. Only for transactions that do not write.
    ///
    /// # Errors
    /// After a write, where the query cannot be answered, or where the store fails.
    pub fn bookmarked_documents(
        &mut self,
        namespace: &str,
        query: &str,
        bookmark: &str,
        size: usize,
    ) -> Outcome<(Vec<KeyValue>, String), S> {
        self.before_paged_query()?;
        let size = match size {
            0 => TOTAL_QUERY_LIMIT,
            size => size.min(TOTAL_QUERY_LIMIT),
        };
        let mut find = Find::new(Query::parse(query, bookmark)?);
        let mut results = Vec::new();
        while results.len() < size {
            let found = next(self.state, &mut self.builder, namespace, &mut find);
            let Some(found) = found.map_err(SimulateError::State)? else {
                break;
            };
            results.push(found);
        }
        Ok((results, find.bookmark()))
    }
}

fn next_private<S: State>(
    state: &S,
    namespace: &str,
    collection: &str,
    find: &mut Find,
) -> Result<Option<KeyValue>, S::Error> {
    let found = find.next(|start| state.private_range(namespace, collection, start, "", FETCH))?;
    Ok(found.map(|found| KeyValue {
        key: found.key,
        value: found.value,
    }))
}

fn next<S: State>(
    state: &S,
    builder: &mut RwsetBuilder,
    namespace: &str,
    find: &mut Find,
) -> Result<Option<KeyValue>, S::Error> {
    let found = find.next(|start| state.range(namespace, start, "", FETCH))?;
    Ok(found.map(|found| {
        builder.read(namespace, &found.key, Some(found.version));
        KeyValue {
            key: found.key,
            value: found.value,
        }
    }))
}
