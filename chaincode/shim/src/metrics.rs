//! What the server counts: transactions by outcome, their time, their requests, streams.

mod text;

pub(crate) use text::text;

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};

use fabric_protos::peer::chaincode_message::Type;

/// Microseconds: a transaction of one request takes about a millisecond, none more than half a minute.
const MICROS: [u64; 12] = [
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000,
    30_000_000,
];

/// Requests: with batches a transaction makes one or two, without them one for each key.
const REQUESTS: [u64; 10] = [0, 1, 2, 3, 5, 10, 30, 100, 1_000, 10_000];

/// Message types are below this number; newer ones are counted together at the last place.
const KINDS: usize = 32;

/// How a transaction ended, or why it was not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The contract answered with a status below 400.
    Ok,
    /// The contract answered with another status.
    Failed,
    /// The contract panicked.
    Panicked,
    /// It did not end in time.
    Overdue,
    /// It could not be read.
    Malformed,
    /// Its stream ended, or the server did, before it.
    Abandoned,
    /// It was answered with ERROR, for another peer to endorse.
    Refused,
}

impl Outcome {
    const ALL: [(Self, &str); 7] = [
        (Self::Ok, "ok"),
        (Self::Failed, "failed"),
        (Self::Panicked, "panicked"),
        (Self::Overdue, "overdue"),
        (Self::Malformed, "malformed"),
        (Self::Abandoned, "abandoned"),
        (Self::Refused, "refused"),
    ];
}

/// The figures of a server.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    outcomes: [AtomicU64; Outcome::ALL.len()],
    kinds: [AtomicU64; KINDS],
    requests: Histogram<{ REQUESTS.len() }>,
    micros: Histogram<{ MICROS.len() }>,
    streams: AtomicUsize,
    reloads: [AtomicU64; 2],
}

impl Metrics {
    /// A transaction was begun and has ended.
    pub(crate) fn transaction(&self, outcome: Outcome, took: Duration, requests: u64) {
        self.count(outcome);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.micros.observe(&MICROS, micros);
        self.requests.observe(&REQUESTS, requests);
    }

    /// A transaction was refused.
    pub(crate) fn refused(&self) {
        self.count(Outcome::Refused);
    }

    /// A request goes out to a peer.
    pub(crate) fn request(&self, kind: Type) {
        let index = usize::try_from(kind as i32).unwrap_or(KINDS);
        if let Some(count) = self.kinds.get(index.min(KINDS - 1)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Changed TLS material was taken into use, or could not be.
    pub(crate) fn reloaded(&self, usable: bool) {
        let [taken, refused] = &self.reloads;
        let count = if usable { taken } else { refused };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// A peer has connected; counted until the guard is dropped.
    pub(crate) fn stream(&self) -> OpenStream<'_> {
        self.streams.fetch_add(1, Ordering::Relaxed);
        OpenStream(&self.streams)
    }

    fn count(&self, outcome: Outcome) {
        if let Some(count) = self.outcomes.get(outcome as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A stream that is open.
#[derive(Debug)]
pub(crate) struct OpenStream<'m>(&'m AtomicUsize);

impl Drop for OpenStream<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Counts of values up to each bound, of all values, and their sum.
#[derive(Debug)]
struct Histogram<const N: usize> {
    below: [AtomicU64; N],
    count: AtomicU64,
    sum: AtomicU64,
}

impl<const N: usize> Default for Histogram<N> {
    fn default() -> Self {
        Self {
            below: std::array::from_fn(|_| AtomicU64::new(0)),
            count: AtomicU64::new(0),
            sum: AtomicU64::new(0),
        }
    }
}

impl<const N: usize> Histogram<N> {
    fn observe(&self, bounds: &[u64; N], value: u64) {
        for (below, bound) in self.below.iter().zip(bounds) {
            if value <= *bound {
                below.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.sum.fetch_add(value, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
    }
}
