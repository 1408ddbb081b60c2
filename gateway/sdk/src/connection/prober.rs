//! Finds out when a peer that went away is back.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Peer;
use crate::backoff::Backoff;

/// Pauses between attempts to reach it.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// Tries to connect until it works or nobody uses the peer any more.
pub(super) fn watch(peer: &Arc<Peer>) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        // Nobody can watch; the next call will find out.
        peer.is_down.store(false, Ordering::Relaxed);
        return;
    };
    let (endpoint, peer) = (peer.endpoint.clone(), Arc::downgrade(peer));
    runtime.spawn(async move {
        let backoff = Backoff::new(PAUSE_FIRST, PAUSE_MAX);
        for attempt in 0_u32.. {
            tokio::time::sleep(backoff.delay(attempt)).await;
            if peer.strong_count() == 0 {
                return;
            }
            if endpoint.probe().await.is_ok() {
                break;
            }
        }
        if let Some(peer) = peer.upgrade() {
            tracing::info!(peer = peer.endpoint.url(), "the peer is back");
            peer.is_down.store(false, Ordering::Relaxed);
        }
    });
}
