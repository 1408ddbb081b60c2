//! How a peer hands results to a chaincode: in batches, up to a total.
//! (Fabric: core/chaincode/query_response_generator.go)

use super::range::{KeyValue, RangePage};

/// A peer's default of `ledger.state.totalQueryLimit`: a query ends after so many results, and no
/// one is told.
pub const TOTAL_QUERY_LIMIT: usize = 100_000;

/// What has been handed out of one query.
#[derive(Debug, Default)]
pub(super) struct Batches {
    /// A result that was read to know that there is one more, and belongs to the next batch.
    pending: Option<KeyValue>,
    read: usize,
}

impl Batches {
    /// The next batch: it reads one result beyond it, where there is one.
    pub(super) fn next<E>(
        &mut self,
        size: usize,
        mut next: impl FnMut() -> Result<Option<KeyValue>, E>,
    ) -> Result<RangePage, E> {
        let mut results: Vec<KeyValue> = self.pending.take().into_iter().collect();
        while self.read < TOTAL_QUERY_LIMIT {
            let Some(next) = next()? else {
                break;
            };
            self.read += 1;
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
