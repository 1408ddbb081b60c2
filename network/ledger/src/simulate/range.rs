//! Range queries of a simulation: what the reader saw goes into the read-write set.
//! (Fabric: txmgr/query_executor.go, core/chaincode/query_response_generator.go)

use bytes::Bytes;

use super::batches::Batches;
use super::{FETCH, Outcome, SimulateError, Simulator};
use crate::rwset::merkle::RangeResultsBuilder;
use crate::rwset::{RangeQuery, Read};
use crate::state::{State, VersionedValue};

/// An open range query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RangeId(usize);

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyValue {
    /// The key.
    pub key: String,
    /// The value.
    pub value: Bytes,
}

/// A page of results.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RangePage {
    /// The results.
    pub results: Vec<KeyValue>,
    /// Whether there are more.
    pub has_more: bool,
}

#[derive(Debug)]
pub(super) struct Range {
    namespace: String,
    /// A collection's plaintext instead of public keys.
    collection: Option<String>,
    end: String,
    /// Where to go on in the state; `None` after the last key.
    next_start: Option<String>,
    fetched: std::vec::IntoIter<(String, VersionedValue)>,
    batches: Batches,
    /// Results left to give.
    left: usize,
    recorded: RangeQuery,
    results: RangeResultsBuilder,
}

impl Range {
    fn new(namespace: &str, start: &str, end: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            collection: None,
            end: end.to_owned(),
            next_start: Some(start.to_owned()),
            fetched: Vec::new().into_iter(),
            batches: Batches::default(),
            left: usize::MAX,
            recorded: RangeQuery {
                start_key: start.to_owned(),
                end_key: String::new(),
                exhausted: false,
                results: crate::rwset::RangeResults::Unrecorded,
            },
            results: RangeResultsBuilder::default(),
        }
    }

    /// A range of a collection's plaintext.
    pub(super) fn private(
        namespace: &str,
        collection: &str,
        start: &str,
        end: &str,
        limit: usize,
    ) -> Self {
        Self {
            collection: Some(collection.to_owned()),
            left: limit,
            ..Self::new(namespace, start, end)
        }
    }

    /// The namespace, and what is to be recorded; of private keys nothing is.
    pub(super) fn finish(self) -> Option<(String, RangeQuery)> {
        if self.collection.is_some() {
            return None;
        }
        let query = RangeQuery {
            results: self.results.finish(),
            ..self.recorded
        };
        Some((self.namespace, query))
    }

    /// The next result, recorded: the range ends at it until one more is read, and at its real end
    /// once that is reached.
    fn next<S: State>(&mut self, state: &S) -> Result<Option<KeyValue>, S::Error> {
        let next = match self.left {
            0 => None,
            _ => self.peek(state)?.cloned(),
        };
        let Some((key, value)) = next else {
            self.recorded.exhausted = true;
            self.recorded.end_key.clone_from(&self.end);
            return Ok(None);
        };
        self.fetched.next();
        self.left -= 1;
        if self.collection.is_none() {
            self.results.push(Read {
                key: key.clone(),
                version: Some(value.version),
            });
            self.recorded.end_key.clone_from(&key);
        }
        Ok(Some(KeyValue {
            key,
            value: value.value,
        }))
    }

    fn peek<S: State>(&mut self, state: &S) -> Result<Option<&(String, VersionedValue)>, S::Error> {
        if self.fetched.as_slice().is_empty()
            && let Some(start) = self.next_start.take()
        {
            let (namespace, end) = (&self.namespace, &self.end);
            let page = match &self.collection {
                None => state.range(namespace, &start, end, FETCH)?,
                Some(collection) => {
                    state.private_range(namespace, collection, &start, end, FETCH)?
                }
            };
            if let [.., (key, _)] = page.as_slice()
                && page.len() == FETCH
            {
                self.next_start = Some(format!("{key}\0"));
            }
            self.fetched = page.into_iter();
        }
        Ok(self.fetched.as_slice().first())
    }

    fn batch<S: State>(&mut self, state: &S, size: usize) -> Result<RangePage, S::Error> {
        let mut batches = std::mem::take(&mut self.batches);
        let batch = batches.next(size, || self.next(state));
        self.batches = batches;
        batch
    }
}

impl<S: State> Simulator<'_, S> {
    /// Begins a query of the keys from `start` (included; empty for the first) to `end` (excluded;
    /// empty for open).
    pub fn open_range(&mut self, namespace: &str, start: &str, end: &str) -> RangeId {
        self.ranges.push(Range::new(namespace, start, end));
        RangeId(self.ranges.len() - 1)
    }

    /// Begins a query of a collection's plaintext, bounds as in [`Simulator::open_range`], which
    /// gives at most `limit` results. Only for transactions that do not write, as nothing is
    /// recorded that a validator could compare.
    ///
    /// # Errors
    /// After a write.
    pub fn open_private_range(
        &mut self,
        namespace: &str,
        collection: &str,
        start: &str,
        end: &str,
        limit: usize,
    ) -> Outcome<RangeId, S> {
        self.begin_private_query()?;
        self.ranges
            .push(Range::private(namespace, collection, start, end, limit));
        Ok(RangeId(self.ranges.len() - 1))
    }

    /// The next result; `None` after the last.
    ///
    /// # Errors
    /// Where the store fails or the query is not this simulation's.
    pub fn next_in_range(&mut self, id: RangeId) -> Outcome<Option<KeyValue>, S> {
        let state = self.state;
        let next = self.range_mut(id)?.next(state);
        next.map_err(SimulateError::State)
    }

    /// The next page of a query, which reads and records one result more than it returns, where
    /// there is one: as a peer does for a chaincode, 100 results at a time.
    ///
    /// # Errors
    /// Where the store fails or the query is not this simulation's.
    pub fn next_page(&mut self, id: RangeId, size: usize) -> Outcome<RangePage, S> {
        let state = self.state;
        let page = self.range_mut(id)?.batch(state, size);
        page.map_err(SimulateError::State)
    }

    /// One page of at most `size` results, and the bookmark: where the next page starts, empty
    /// after the last. A full page is recorded as a range that ends at its last key, so that what
    /// follows it may change. Only for transactions that do not write.
    ///
    /// # Errors
    /// After a write, or where the store fails.
    pub fn bookmarked_page(
        &mut self,
        namespace: &str,
        start: &str,
        end: &str,
        size: usize,
    ) -> Outcome<(Vec<KeyValue>, String), S> {
        self.before_paged_query()?;
        let mut range = Range::new(namespace, start, end);
        let mut results = Vec::new();
        while results.len() < size {
            let next = range.next(self.state).map_err(SimulateError::State)?;
            let Some(next) = next else {
                break;
            };
            results.push(next);
        }
        let next = range.peek(self.state).map_err(SimulateError::State)?;
        let bookmark = next.map_or_else(String::new, |(key, _)| key.clone());
        self.ranges.push(range);
        Ok((results, bookmark))
    }

    fn range_mut(&mut self, id: RangeId) -> Outcome<&mut Range, S> {
        self.ranges
            .get_mut(id.0)
            .ok_or(SimulateError::UnknownRange(id))
    }
}
