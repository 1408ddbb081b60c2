//! Range queries of a simulation: what the reader saw goes into the read-write set.
//! (Fabric: txmgr/query_executor.go, core/chaincode/query_response_generator.go)

use bytes::Bytes;

use super::{Outcome, SimulateError, Simulator};
use crate::rwset::merkle::RangeResultsBuilder;
use crate::rwset::{RangeQuery, Read};
use crate::state::{State, VersionedValue};

/// A peer's default of `ledger.state.totalQueryLimit`: a range query ends after so many results,
/// and no one is told.
pub const TOTAL_QUERY_LIMIT: usize = 100_000;
/// Keys taken from the state at a time: a page of results, the one after it, and some to spare.
const FETCH: usize = 128;

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
    end: String,
    /// Where to go on in the state; `None` after the last key.
    next_start: Option<String>,
    fetched: std::vec::IntoIter<(String, VersionedValue)>,
    /// Results left to give; a paged query ends there as if the range did.
    left: usize,
    /// A result that was read to know that there is one more, and belongs to the next page.
    pending: Option<KeyValue>,
    returned: usize,
    recorded: RangeQuery,
    results: RangeResultsBuilder,
}

impl Range {
    fn new(namespace: &str, start: &str, end: &str, limit: usize) -> Self {
        Self {
            namespace: namespace.to_owned(),
            end: end.to_owned(),
            next_start: Some(start.to_owned()),
            fetched: Vec::new().into_iter(),
            left: limit,
            pending: None,
            returned: 0,
            recorded: RangeQuery {
                start_key: start.to_owned(),
                end_key: String::new(),
                exhausted: false,
                results: crate::rwset::RangeResults::Unrecorded,
            },
            results: RangeResultsBuilder::default(),
        }
    }

    /// The namespace, and what is to be recorded.
    pub(super) fn finish(self) -> (String, RangeQuery) {
        let query = RangeQuery {
            results: self.results.finish(),
            ..self.recorded
        };
        (self.namespace, query)
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
        self.results.push(Read {
            key: key.clone(),
            version: Some(value.version),
        });
        self.recorded.end_key.clone_from(&key);
        Ok(Some(KeyValue {
            key,
            value: value.value,
        }))
    }

    fn peek<S: State>(&mut self, state: &S) -> Result<Option<&(String, VersionedValue)>, S::Error> {
        if self.fetched.as_slice().is_empty()
            && let Some(start) = self.next_start.take()
        {
            let page = state.range(&self.namespace, &start, &self.end, FETCH)?;
            if let [.., (key, _)] = page.as_slice()
                && page.len() == FETCH
            {
                self.next_start = Some(format!("{key}\0"));
            }
            self.fetched = page.into_iter();
        }
        Ok(self.fetched.as_slice().first())
    }

    /// A page as a peer cuts it for a chaincode: it reads one result beyond the page.
    fn page<S: State>(&mut self, state: &S, size: usize) -> Result<RangePage, S::Error> {
        let mut results: Vec<KeyValue> = self.pending.take().into_iter().collect();
        while self.returned < TOTAL_QUERY_LIMIT {
            let Some(next) = self.next(state)? else {
                break;
            };
            self.returned += 1;
            if results.len() >= size {
                self.pending = Some(next);
                return Ok(RangePage {
                    results,
                    has_more: true,
                });
            }
            results.push(next);
        }
        Ok(RangePage {
            results,
            has_more: false,
        })
    }
}

impl<S: State> Simulator<'_, S> {
    /// Begins a query of the keys from `start` (included; empty for the first) to `end` (excluded;
    /// empty for open).
    pub fn open_range(&mut self, namespace: &str, start: &str, end: &str) -> RangeId {
        self.ranges
            .push(Range::new(namespace, start, end, usize::MAX));
        RangeId(self.ranges.len() - 1)
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
        let page = self.range_mut(id)?.page(state, size);
        page.map_err(SimulateError::State)
    }

    /// One page of at most `size` results, and the bookmark: where the next page starts, empty
    /// after the last. Only for transactions that do not write.
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
        if self.wrote {
            return Err(SimulateError::PagedQueryAfterWrite(
                self.transaction_id.clone(),
            ));
        }
        self.paged = true;
        let mut range = Range::new(namespace, start, end, size);
        let page = range.page(self.state, size).map_err(SimulateError::State)?;
        let next = range.peek(self.state).map_err(SimulateError::State)?;
        let bookmark = next.map_or_else(String::new, |(key, _)| key.clone());
        self.ranges.push(range);
        Ok((page.results, bookmark))
    }

    fn range_mut(&mut self, id: RangeId) -> Outcome<&mut Range, S> {
        self.ranges
            .get_mut(id.0)
            .ok_or(SimulateError::UnknownRange(id))
    }
}
