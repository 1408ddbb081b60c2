//! Figures for whoever keeps metrics.

use std::time::Duration;

use crate::error::{Error, Step};
use crate::validation_code::ValidationCode;

/// Hears what a gateway does. It is called where the work is done: it should count and return.
///
/// No call is told with its arguments, results, transient data or signatures.
pub trait Observer: Send + Sync + 'static {
    /// A call of a peer's gateway ended.
    fn called(&self, _call: &Called<'_>) {}

    /// The verdict on a transaction of this gateway is known.
    fn committed(&self, _commit: &Committed) {}

    /// A stream broke and is about to go on.
    fn resumed(&self, _step: Step, _error: &Error) {}
}

/// One call, from the wait for its slot to its answer.
#[derive(Debug)]
#[non_exhaustive]
pub struct Called<'a> {
    /// What was called.
    pub step: Step,
    /// The peer's address.
    pub url: &'a str,
    /// How long it waited, because as many calls were open as may be.
    pub waited: Duration,
    /// How long it took, without the wait.
    pub took: Duration,
    /// What went wrong; `None` if nothing did.
    pub error: Option<&'a Error>,
}

/// One commit, as somebody learnt it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Committed {
    /// The verdict.
    pub code: ValidationCode,
    /// How long somebody waited for it.
    pub waited: Duration,
    /// Whether the stream of blocks told it; otherwise a call did.
    pub from_stream: bool,
}
