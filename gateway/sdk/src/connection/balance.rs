//! All peers of a gateway: which one serves next.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Peer, prober};
use crate::endpoint::EndpointError;
use crate::error::{Code, Error};

/// How calls are divided between the peers of a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Balance {
    /// One peer serves until it cannot be reached, then the next that can.
    #[default]
    OneAtATime,
    /// Each call goes to the peer with the fewest open calls among those that can be reached and
    /// that are known to have the blocks of this gateway's own transactions.
    LeastBusy,
}

/// All peers that a gateway may use.
pub(crate) struct Peers {
    list: Vec<Arc<Peer>>,
    balance: Balance,
    preferred: AtomicUsize,
}

impl Peers {
    pub(crate) fn new(list: Vec<Arc<Peer>>, balance: Balance) -> Result<Self, EndpointError> {
        if list.is_empty() {
            return Err(EndpointError::Missing);
        }
        Ok(Self {
            list,
            balance,
            preferred: AtomicUsize::new(0),
        })
    }

    pub(crate) fn list(&self) -> &[Arc<Peer>] {
        &self.list
    }

    /// Whether calls go to several peers at a time.
    pub(crate) fn divides(&self) -> bool {
        self.balance == Balance::LeastBusy && self.list.len() > 1
    }

    /// The peer to use now.
    pub(crate) fn pick(&self) -> Arc<Peer> {
        self.pick_where(|_| true)
    }

    /// The peer to use now; one that is `suitable` if any of those in reach is.
    pub(crate) fn pick_where(&self, suitable: impl Fn(&Peer) -> bool) -> Arc<Peer> {
        let preferred = self.preferred.load(Ordering::Relaxed) % self.list.len();
        let (before, from) = self.list.split_at(preferred);
        let in_turn = || from.iter().chain(before).filter(|peer| !peer.is_down());
        let chosen = match self.balance {
            Balance::OneAtATime => in_turn().next(),
            Balance::LeastBusy => {
                self.preferred.fetch_add(1, Ordering::Relaxed);
                let least = |peer: &&Arc<Peer>| peer.admission.open();
                in_turn()
                    .filter(|peer| suitable(peer))
                    .min_by_key(least)
                    .or_else(|| in_turn().min_by_key(least))
            }
        };
        Arc::clone(chosen.unwrap_or(&self.list[preferred]))
    }

    /// Another peer that may be in reach.
    pub(crate) fn other_than(&self, tried: &[usize]) -> Option<Arc<Peer>> {
        let mut others = self.list.iter().filter(|peer| !tried.contains(&peer.index));
        others.find(|peer| !peer.is_down()).cloned()
    }

    /// Whether another peer may do better with the same call.
    pub(crate) fn may_do_better(error: &Error) -> bool {
        Self::is_out_of_reach(error) || error.code() == Some(Code::Unavailable)
    }

    /// Whether an error arose on the way to the peer.
    fn is_out_of_reach(error: &Error) -> bool {
        error.failure().is_some_and(|failure| {
            failure.is_local && !matches!(failure.code, Code::OutOfRange | Code::DeadlineExceeded)
        })
    }

    /// Turns to the next peer if an error says that this one is out of reach or does not answer.
    pub(crate) fn note(&self, peer: &Arc<Peer>, error: &Error) {
        let is_silent = error
            .failure()
            .is_some_and(|failure| failure.is_local && failure.code == Code::DeadlineExceeded);
        if is_silent || Self::may_do_better(error) {
            self.leave(peer);
        }
        let is_news = Self::is_out_of_reach(error)
            && self.list.len() > 1
            && !peer.is_down.swap(true, Ordering::Relaxed);
        if is_news {
            tracing::warn!(peer = peer.endpoint.url(), %error, "the peer is out of reach");
            prober::watch(peer);
        }
    }

    /// Turns to the next peer, unless another caller already did.
    pub(crate) fn leave(&self, peer: &Arc<Peer>) {
        let current = self.preferred.load(Ordering::Relaxed);
        if Arc::ptr_eq(&self.list[current % self.list.len()], peer) {
            let next = (current + 1) % self.list.len();
            // A lost race means that another caller turned already.
            let _ = self.preferred.compare_exchange(
                current,
                next,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
        }
    }
}
