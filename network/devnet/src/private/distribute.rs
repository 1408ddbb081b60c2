//! What an endorser does with plaintext: it hands it to members of the collections, and keeps it
//! until the transaction is committed.
//!
//! Source: `gossip/privdata/distributor.go`, `gossip/service/gossip_service.go`.

use fabric_ledger::rwset::PrivateWrites;

use super::{Collection, PeerState};

/// Why a transaction that writes private data is not endorsed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DistributeError {
    /// Too few members have a peer.
    #[error(
        "failed to distribute private collection, txID {transaction_id}, channel {channel}: could not build private data dissemination plan for chaincode {namespace} and collection {collection}: required to disseminate to at least {required} peers, but know of only {eligible} eligible peers"
    )]
    TooFewPeers {
        transaction_id: String,
        channel: String,
        namespace: String,
        collection: String,
        required: i32,
        eligible: usize,
    },
    /// No such collection any more.
    #[error("failed to obtain collections config")]
    NoCollection,
    /// The ledger cannot be read.
    #[error(transparent)]
    Storage(#[from] crate::storage::StorageError),
}

/// Checks that enough members can get the plaintext of a transaction; gives what they get. A set
/// that reaches no member is left out: nobody will have it when the transaction is committed.
pub(crate) fn plan(
    state: &PeerState<'_>,
    transaction_id: &str,
    mut writes: PrivateWrites,
) -> Result<PrivateWrites, DistributeError> {
    let (channel, peer) = (state.channel(), state.peer());
    let others = channel.private().others(peer);
    for set in &mut writes.namespaces {
        let namespace = &set.namespace;
        let mut reached = Vec::new();
        for writes in std::mem::take(&mut set.collections) {
            let collection =
                Collection::find(channel, state.view(), namespace, &writes.collection)?
                    .ok_or(DistributeError::NoCollection)?;
            let eligible = others
                .iter()
                .filter(|other| collection.has_member(other))
                .count();
            let required = collection.config.required_peer_count;
            if usize::try_from(required).is_ok_and(|required| eligible < required) {
                return Err(DistributeError::TooFewPeers {
                    transaction_id: transaction_id.to_owned(),
                    channel: channel.name().to_owned(),
                    namespace: namespace.clone(),
                    collection: writes.collection,
                    required,
                    eligible,
                });
            }
            let sent = eligible > 0 && collection.peers_max(peer) > 0;
            if sent || collection.is_kept_by(peer, &channel.msps()) {
                reached.push(writes);
            }
        }
        set.collections = reached;
    }
    writes.namespaces.retain(|set| !set.collections.is_empty());
    Ok(writes)
}
