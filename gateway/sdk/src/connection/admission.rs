//! How many calls may be open on a peer at once: below the peer's own limit, and less when it says
//! that it is overloaded.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::Peer;
use crate::error::{Error, Step};
use crate::transaction_id::TransactionId;

/// A peer takes 500 calls of its gateway at once by default (`peer.limits.concurrency.gatewayService`);
/// a tenth is left to others.
pub(crate) const CALLS_MAX: usize = 450;
/// However often a peer complains, so many calls stay possible: the limit must be able to grow again.
const CALLS_MIN: usize = 4;
/// Complaints that arrive together are about one moment.
const COMPLAINT_INTERVAL: Duration = Duration::from_millis(100);

/// The calls that may be open on one peer.
pub(crate) struct Admission {
    slots: Semaphore,
    /// Waits for commits hold their slots long: at most half of all, so that submits go on.
    waits: Semaphore,
    limit: AtomicUsize,
    limit_max: usize,
    /// Slots that are to disappear when they are given back.
    surplus: AtomicUsize,
    open: AtomicUsize,
    successes: AtomicUsize,
    created: Instant,
    /// Milliseconds after `created` of the last complaint that counted.
    complained: AtomicUsize,
}

/// The right to one call; given back when dropped.
pub(crate) struct Slot {
    peer: Arc<Peer>,
    is_wait: bool,
}

impl Admission {
    pub(super) fn new(calls_max: usize) -> Self {
        let calls_max = calls_max.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            slots: Semaphore::new(calls_max),
            waits: Semaphore::new(calls_max.div_ceil(2)),
            limit: AtomicUsize::new(calls_max),
            limit_max: calls_max,
            surplus: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            successes: AtomicUsize::new(0),
            created: Instant::now(),
            complained: AtomicUsize::new(0),
        }
    }

    /// Calls that are open now.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// How many may be open now.
    pub(crate) fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    /// A call went well: after as many as the limit is, one more may be open.
    pub(crate) fn succeeded(&self) {
        let limit = self.limit();
        if limit >= self.limit_max {
            return;
        }
        if self.successes.fetch_add(1, Ordering::Relaxed) < limit {
            return;
        }
        self.successes.store(0, Ordering::Relaxed);
        self.limit.fetch_add(1, Ordering::Relaxed);
        if !self.absorb() {
            self.slots.add_permits(1);
        }
    }

    /// The peer said that it is overloaded: half as many calls may be open.
    pub(crate) fn overloaded(&self) {
        let now = usize::try_from(self.created.elapsed().as_millis()).unwrap_or(usize::MAX);
        let last = self.complained.load(Ordering::Relaxed);
        let interval = COMPLAINT_INTERVAL.as_millis() as usize;
        let is_new = last == 0 || now >= last.saturating_add(interval);
        let counts = is_new
            && self
                .complained
                .compare_exchange(last, now.max(1), Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if !counts {
            return;
        }
        let halved = |limit: usize| Some((limit / 2).max(CALLS_MIN.min(self.limit_max)));
        let (set, get) = (Ordering::Relaxed, Ordering::Relaxed);
        let Ok(before) = self.limit.fetch_update(set, get, halved) else {
            return;
        };
        self.successes.store(0, Ordering::Relaxed);
        let less = before - halved(before).unwrap_or(before).min(before);
        let gone = self.slots.forget_permits(less);
        self.surplus.fetch_add(less - gone, Ordering::Relaxed);
        tracing::warn!(
            limit = before - less,
            "the peer is overloaded: fewer calls are made at once"
        );
    }

    /// Takes one slot out of circulation, if one is to disappear.
    fn absorb(&self) -> bool {
        self.surplus
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |surplus| {
                surplus.checked_sub(1)
            })
            .is_ok()
    }
}

impl Slot {
    /// Waits for a slot until the deadline of the call. Nothing has been sent if it fails.
    pub(crate) async fn take(
        peer: &Arc<Peer>,
        step: Step,
        transaction_id: Option<&TransactionId>,
        deadline: Instant,
    ) -> Result<Self, Error> {
        let admission = &peer.admission;
        let is_wait = step == Step::CommitStatus;
        if !is_wait && let Ok(slot) = admission.slots.try_acquire() {
            slot.forget();
            return Ok(Self::taken(peer, is_wait));
        }
        let refused = || Error::busy(step, transaction_id, admission.limit());
        let enter = async {
            let wait = match is_wait {
                true => Some(admission.waits.acquire().await.map_err(|_| refused())?),
                false => None,
            };
            let slot = admission.slots.acquire().await.map_err(|_| refused())?;
            slot.forget();
            if let Some(wait) = wait {
                wait.forget();
            }
            Ok(Self::taken(peer, is_wait))
        };
        timeout_at(deadline, enter)
            .await
            .unwrap_or_else(|_| Err(refused()))
    }
}

impl Slot {
    fn taken(peer: &Arc<Peer>, is_wait: bool) -> Self {
        peer.admission.open.fetch_add(1, Ordering::Relaxed);
        Self {
            peer: Arc::clone(peer),
            is_wait,
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let admission = &self.peer.admission;
        admission.open.fetch_sub(1, Ordering::Relaxed);
        if self.is_wait {
            admission.waits.add_permits(1);
        }
        if !admission.absorb() {
            admission.slots.add_permits(1);
        }
    }
}
