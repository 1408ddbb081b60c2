//! Many transactions, some at once.

use std::future::IntoFuture as _;

use futures::{Stream, StreamExt as _};

use super::{Receipt, Submit};
use crate::error::Error;

/// Takes all to their commits, so many at once. See [`Gateway::submit_all`](crate::Gateway::submit_all).
pub(crate) fn submit_all(
    calls: impl Stream<Item = Submit>,
    concurrency: usize,
) -> impl Stream<Item = (usize, Result<Receipt, Error>)> {
    let numbered = calls.enumerate().map(|(position, call)| {
        let committed = call.into_future();
        async move { (position, committed.await) }
    });
    numbered.buffer_unordered(concurrency.max(1))
}
