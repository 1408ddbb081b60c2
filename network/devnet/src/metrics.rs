//! What the network counts: transactions, commits, calls. `/metrics` shows it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use fabric_ledger::ValidationCode;

use crate::limiter::Limiter;

/// Upper bounds of the time that a commit takes, in seconds.
const BOUNDS: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 10.0];

/// Different calls that are counted one by one. A client can make up names of methods.
const CALLS_MAX: usize = 1000;

/// The figures of one channel.
#[derive(Debug)]
pub(crate) struct ChannelMetrics {
    codes: Vec<AtomicU64>,
    buckets: [AtomicU64; BOUNDS.len()],
    commits: AtomicU64,
    micros: AtomicU64,
}

impl Default for ChannelMetrics {
    fn default() -> Self {
        Self {
            codes: (0..=u8::MAX).map(|_| AtomicU64::new(0)).collect(),
            buckets: Default::default(),
            commits: AtomicU64::new(0),
            micros: AtomicU64::new(0),
        }
    }
}

impl ChannelMetrics {
    /// Counts a block.
    pub(crate) fn committed(&self, codes: &[ValidationCode], took: Duration) {
        for code in codes {
            if let Some(count) = self.codes.get(usize::from(code.byte())) {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
        let seconds = took.as_secs_f64();
        for (bucket, bound) in self.buckets.iter().zip(BOUNDS) {
            if seconds <= bound {
                bucket.fetch_add(1, Ordering::Relaxed);
            }
        }
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Ordering::Relaxed);
        self.commits.fetch_add(1, Ordering::Relaxed);
    }

    /// How many transactions have each code.
    pub(crate) fn codes(&self) -> impl Iterator<Item = (ValidationCode, u64)> {
        let counts = (0..=u8::MAX).zip(&self.codes);
        counts
            .map(|(code, count)| {
                let count = count.load(Ordering::Relaxed);
                (ValidationCode::from_byte(code), count)
            })
            .filter(|(_, count)| *count > 0)
    }

    /// Commits within each bound, all commits, and the seconds that they took together.
    pub(crate) fn commits(&self) -> (Vec<(f64, u64)>, u64, f64) {
        let buckets = BOUNDS.iter().zip(&self.buckets);
        let buckets = buckets
            .map(|(bound, count)| (*bound, count.load(Ordering::Relaxed)))
            .collect();
        let took = Duration::from_micros(self.micros.load(Ordering::Relaxed));
        let commits = self.commits.load(Ordering::Relaxed);
        (buckets, commits, took.as_secs_f64())
    }
}

/// One kind of call with one outcome.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CallKey {
    pub(crate) node: String,
    pub(crate) service: String,
    pub(crate) method: String,
    /// gRPC status as a number.
    pub(crate) code: String,
}

/// Node, path and status of a call.
type Answered = (Arc<str>, String, String);

/// The figures of the endpoints.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    calls: Mutex<BTreeMap<Answered, u64>>,
    limiters: Mutex<Vec<(Arc<str>, Limiter)>>,
}

/// Counts the calls of one node.
#[derive(Clone, Debug)]
pub(crate) struct NodeMetrics {
    pub(crate) node: Arc<str>,
    pub(crate) metrics: Arc<Metrics>,
}

impl NodeMetrics {
    /// A limiter whose calls in progress are shown.
    pub(crate) fn watch(&self, limiter: Limiter) -> Limiter {
        let mut limiters = lock(&self.metrics.limiters);
        limiters.push((Arc::clone(&self.node), limiter.clone()));
        limiter
    }
}

impl Metrics {
    /// Calls that were answered.
    pub(crate) fn calls(&self) -> Vec<(CallKey, u64)> {
        let calls = lock(&self.calls);
        calls
            .iter()
            .map(|((node, path, code), count)| {
                let path = path.trim_start_matches('/');
                let (service, method) = path.split_once('/').unwrap_or((path, ""));
                let key = CallKey {
                    node: node.to_string(),
                    service: service.to_owned(),
                    method: method.to_owned(),
                    code: code.clone(),
                };
                (key, *count)
            })
            .collect()
    }

    /// Node, service, and how many calls of it are being served.
    pub(crate) fn open(&self) -> Vec<(String, String, usize)> {
        let limiters = lock(&self.limiters);
        limiters
            .iter()
            .map(|(node, limiter)| {
                let service = limiter.service().trim_start_matches('/');
                (node.to_string(), service.to_owned(), limiter.open())
            })
            .collect()
    }
}

/// Counts a call when it is answered; a failure stands in the head of the answer.
pub(crate) async fn count(
    State(NodeMetrics { node, metrics }): State<NodeMetrics>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    let status = response.headers().get("grpc-status");
    let code = status
        .and_then(|status| status.to_str().ok())
        .unwrap_or("0");
    let mut calls = lock(&metrics.calls);
    let room = calls.len() < CALLS_MAX;
    let key = (node, path, code.to_owned());
    match calls.get_mut(&key) {
        Some(count) => *count += 1,
        None if room && is_name(&key.1) && is_name(code) => {
            calls.insert(key, 1);
        }
        None => {}
    }
    response
}

/// Whether a text of a client can be shown as it is.
fn is_name(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
