//! Whose endorsements to ask for.

use std::sync::Arc;

use fabric_ledger::channel::ChannelConfig;

use crate::{definitions::Chaincode, peer::Peer};

/// The fewest peers whose endorsements satisfy the policies of all these chaincodes: no peer of
/// them can be left out. Peers that come first are kept, peers that come last are left out first.
/// None where not even all of them together satisfy the policies.
pub(super) fn choose(
    config: &ChannelConfig,
    chaincodes: &[Arc<Chaincode>],
    candidates: &[Arc<Peer>],
) -> Option<Vec<Arc<Peer>>> {
    let satisfied = |peers: &[Arc<Peer>]| {
        let identities: Vec<_> = peers
            .iter()
            .map(|peer| Arc::clone(peer.endorser()))
            .collect();
        chaincodes
            .iter()
            .all(|chaincode| chaincode.satisfied(config, &identities))
    };
    if !satisfied(candidates) {
        return None;
    }
    let mut chosen = candidates.to_vec();
    for index in (0..candidates.len()).rev() {
        let mut fewer = chosen.clone();
        fewer.remove(index);
        if satisfied(&fewer) {
            chosen = fewer;
        }
    }
    Some(chosen)
}
