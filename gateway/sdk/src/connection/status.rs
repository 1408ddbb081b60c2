//! A peer in figures.

use super::Peer;

/// How a gateway sees one of its peers at a moment: for metrics and health checks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerStatus {
    /// The peer's address.
    pub url: String,
    /// Whether calls are being sent there: false from the failure to reach it until a connection
    /// was made again. A gateway's only peer is always in reach.
    pub is_in_reach: bool,
    /// Calls of its gateway service that are open now.
    pub open_calls: usize,
    /// How many may be open: fewer after the peer said that it is overloaded.
    pub open_calls_max: usize,
}

impl PeerStatus {
    pub(crate) fn of(peer: &Peer) -> Self {
        Self {
            url: peer.endpoint.url().to_owned(),
            is_in_reach: !peer.is_down(),
            open_calls: peer.admission.open(),
            open_calls_max: peer.admission.limit(),
        }
    }
}
