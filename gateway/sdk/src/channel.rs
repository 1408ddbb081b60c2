//! What all handles of one channel share: how far its peers are, and who watches for commits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::connection::Peer;
use crate::gateway::Shared;
use crate::tracker::Tracker;

/// A channel of a gateway.
pub(crate) struct Channel {
    pub(crate) name: String,
    /// One for each peer of the gateway.
    trackers: Vec<Tracker>,
    /// Height of the chain with the last block that holds a transaction of this gateway.
    written: AtomicU64,
}

impl Channel {
    pub(crate) fn new(name: String, peers: usize) -> Self {
        Self {
            name,
            trackers: (0..peers).map(Tracker::new).collect(),
            written: AtomicU64::new(0),
        }
    }

    /// Who watches this peer's blocks.
    pub(crate) fn tracker(&self, peer: &Peer) -> &Tracker {
        &self.trackers[peer.index]
    }

    /// Gets the streams ready that a transaction through this peer will need: where calls are
    /// divided, those of all peers, which tell how far each one is.
    pub(crate) fn wake(self: &Arc<Self>, shared: &Arc<Shared>, peer: &Peer) {
        if shared.peers.divides() {
            for tracker in &self.trackers {
                tracker.wake(shared, self);
            }
        } else {
            self.tracker(peer).wake(shared, self);
        }
    }

    /// Whether the peer is known to have all blocks with this gateway's own transactions.
    pub(crate) fn is_up_to_date(&self, peer: &Peer) -> bool {
        self.tracker(peer).height() >= self.written.load(Ordering::Relaxed)
    }

    /// A transaction of this gateway is in this block.
    pub(crate) fn wrote(&self, block_number: u64) {
        let height = block_number.saturating_add(1);
        self.written.fetch_max(height, Ordering::Relaxed);
    }

    /// A peer has this block.
    pub(crate) fn has(&self, peer: &Peer, block_number: u64) {
        self.tracker(peer).reached(block_number.saturating_add(1));
    }
}
