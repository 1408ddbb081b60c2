//! A peer of a channel, as others know it.

use std::sync::Arc;

use fabric_ledger::{lifecycle, policy::Signer, state::State as _};
use fabric_protos::{common::MspPrincipal, peer::ChaincodeInterest};

use super::{
    endorsers::{Candidate, Unendorsable},
    requirement::Requirement,
};
use crate::{
    peer::{Peer, PeerLedger},
    storage::{StorageError, View},
    system::NotRunning,
};

/// System chaincodes, which every peer has and no definition names.
pub(crate) const SYSTEM_CHAINCODES: [&str; 4] = ["lscc", "qscc", "cscc", lifecycle::NAMESPACE];

/// Chaincodes that a peer tells of. A channel has a few dozen at most.
const CHAINCODES_MAX: usize = 1000;

/// The sequence by which peers tell of the chaincode that keeps the definitions.
const LIFECYCLE_SEQUENCE: i64 = 1;

/// A peer that has joined a channel.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) peer: Arc<Peer>,
    pub(crate) height: u64,
    ledger: Arc<PeerLedger>,
}

impl Signer for Member {
    fn is(&self, principal: &MspPrincipal) -> bool {
        self.peer.endorser().is(principal)
    }
}

impl Candidate for Member {
    fn runs(&self, chaincode: &str, sequence: i64) -> bool {
        self.sequence(chaincode) == Some(sequence)
    }
}

impl Member {
    /// The peers that have joined a channel and are of its organisations, in their order, as a peer
    /// with this ledger knows them.
    pub(crate) fn all(ledger: &PeerLedger, peers: &[Arc<Peer>]) -> Vec<Self> {
        let (channel, config) = (ledger.channel().name(), ledger.config());
        let is_of_channel = |peer: &&Arc<Peer>| {
            let mut organizations = config.organizations().iter();
            organizations.any(|organization| organization.msp_id == peer.msp_id())
        };
        let joined = peers.iter().filter(is_of_channel).filter_map(|peer| {
            let ledger = Arc::clone(peer.ledger(channel)?);
            Some(Self {
                peer: Arc::clone(peer),
                height: ledger.height(),
                ledger,
            })
        });
        joined.collect()
    }

    /// Whether it runs a chaincode of this name, system chaincodes included.
    pub(crate) fn has(&self, chaincode: &str) -> bool {
        SYSTEM_CHAINCODES.contains(&chaincode) || self.sequence(chaincode).is_some()
    }

    /// The chaincodes that it tells others of, with their sequences.
    pub(crate) fn chaincodes(&self) -> Result<Vec<(String, i64)>, StorageError> {
        let names = defined(&self.ledger.view())?;
        let known = names.into_iter().filter_map(|name| {
            let sequence = self.sequence(&name)?;
            Some((name, sequence))
        });
        let own = (lifecycle::NAMESPACE.to_owned(), LIFECYCLE_SEQUENCE);
        Ok([own].into_iter().chain(known).collect())
    }

    /// The sequence of the definition by which it runs a chaincode.
    fn sequence(&self, chaincode: &str) -> Option<i64> {
        if chaincode == lifecycle::NAMESPACE {
            return Some(LIFECYCLE_SEQUENCE);
        }
        match self.running(chaincode) {
            Ok(sequence) => sequence,
            Err(error) => {
                tracing::error!(%error, chaincode, "the ledger cannot be read");
                None
            }
        }
    }

    /// A chaincode is run where the peer's organisation has approved the definition in force with
    /// a package that the peer has.
    fn running(&self, chaincode: &str) -> Result<Option<i64>, StorageError> {
        let view = self.ledger.view();
        let channel = self.ledger.channel();
        let Some(defined) = channel.definition(&view, chaincode)? else {
            return Ok(None);
        };
        let chaincodes = self.peer.chaincodes();
        match chaincodes.package(&view, channel.name(), &defined) {
            Ok(_) => Ok(Some(defined.sequence)),
            Err(NotRunning::NotApproved { .. } | NotRunning::NotInstalled(_)) => Ok(None),
            Err(NotRunning::Storage(error)) => Err(error),
        }
    }
}

/// Names of all chaincodes that a channel defines, in order.
fn defined(view: &View) -> Result<Vec<String>, StorageError> {
    let first = lifecycle::metadata_key("");
    // `0` follows the `/` with which the prefix ends.
    let end = format!("{}0", first.trim_end_matches('/'));
    let rows = view.range(lifecycle::NAMESPACE, &first, &end, CHAINCODES_MAX)?;
    let names = rows.into_iter();
    Ok(names
        .filter_map(|(key, _)| Some(key.strip_prefix(&first)?.to_owned()))
        .collect())
}

/// What the channel requires of those who endorse, for each chaincode of an interest.
pub(crate) fn requirements(
    ledger: &PeerLedger,
    interest: &ChaincodeInterest,
) -> Result<Result<Vec<Requirement>, Unendorsable>, StorageError> {
    let view = ledger.view();
    let channel = ledger.channel();
    let config = ledger.config();
    let config = &*config;
    let mut requirements = Vec::new();
    for call in &interest.chaincodes {
        let requirement = if call.name == lifecycle::NAMESPACE {
            Requirement::lifecycle(config, &call.collection_names)
        } else {
            channel.definition(&view, &call.name)?.and_then(|defined| {
                Requirement::new(
                    config,
                    (&call.name, defined.sequence),
                    &defined.policy,
                    &defined.collections,
                    &call.collection_names,
                )
            })
        };
        let Some(requirement) = requirement else {
            return Ok(Err(unknown(&call.name, channel.name())));
        };
        requirements.push(requirement);
    }
    Ok(Ok(requirements))
}

pub(crate) fn unknown(chaincode: &str, channel: &str) -> Unendorsable {
    Unendorsable::Unknown {
        chaincode: chaincode.to_owned(),
        channel: channel.to_owned(),
    }
}
