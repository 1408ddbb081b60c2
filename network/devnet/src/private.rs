//! Private data collections: who may see and hold what, plaintext on its way from endorsement to
//! commit, and what the chain's deliver service shows of it.
//!
//! All peers of the network share one store of plaintext. Which of it a peer has is decided when it
//! is asked, by the collection's members, as after reconciliation on a real network: a peer whose
//! organisation joins a collection sees what was written before.

pub(crate) mod collection;
pub(crate) mod commit;
pub(crate) mod config;
pub(crate) mod deliver;
pub(crate) mod distribute;
pub(crate) mod state;
mod transient;

use std::sync::{Arc, Mutex, PoisonError};

use fabric_msp::Identity;

pub(crate) use collection::Collection;
pub(crate) use state::PeerState;
use transient::TransientStore;

/// What peers of one channel know of private data beside its ledger.
#[derive(Debug, Default)]
pub(crate) struct PrivateData {
    /// Plaintext of transactions that are endorsed and not committed yet.
    pub(crate) transient: TransientStore,
    /// The peers of the channel, who disseminate plaintext to each other.
    peers: Mutex<Vec<Arc<Identity>>>,
}

impl PrivateData {
    /// Adds a peer to those of the channel.
    pub(crate) fn join(&self, peer: Arc<Identity>) {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if !peers.iter().any(|known| same(known, &peer)) {
            peers.push(peer);
        }
    }

    /// The peers but this one.
    fn others(&self, peer: &Identity) -> Vec<Arc<Identity>> {
        let peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        let others = peers.iter().filter(|known| !same(known, peer));
        others.cloned().collect()
    }
}

fn same(one: &Identity, other: &Identity) -> bool {
    one.msp_id() == other.msp_id() && one.certificate() == other.certificate()
}
