//! Faults on purpose: what a test wants to go wrong, and what does so at present.
//!
//! Nothing here decides anything: peers and streams ask, and do what they are told.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::limits::FAULTS_MAX;

/// Something that is to go wrong, or to go right again.
///
/// In JSON a `fault` names the kind, and the other fields stand beside it:
/// `{"fault": "lag", "peer": "peer0.org1.example.com", "channel": "mychannel", "blocks": 3}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Fault {
    /// A peer stays at its present height of a channel.
    Hold {
        /// Host name of the peer.
        peer: String,
        /// Name of the channel.
        channel: String,
    },
    /// A peer stays this many blocks behind, as soon as the chain has grown by as many.
    Lag {
        /// Host name of the peer.
        peer: String,
        /// Name of the channel.
        channel: String,
        /// The distance, at most 100.
        blocks: usize,
    },
    /// A peer that is held or lags catches up.
    Release {
        /// Host name of the peer.
        peer: String,
        /// Name of the channel.
        channel: String,
    },
    /// Streams of blocks and events deliver a block in another way.
    Deliver {
        /// Host name of the node whose streams do so, `orderer` for the orderer; all nodes where
        /// none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<String>,
        /// Name of the channel.
        channel: String,
        /// Number of the block.
        block: u64,
        /// In which way.
        how: Delivery,
    },
    /// The peers of an organisation refuse to endorse; they still answer queries.
    Refuse {
        /// The organisation.
        msp_id: String,
    },
    /// The streams to a chaincode break; the next call connects again.
    BreakChaincode {
        /// Name of the chaincode.
        chaincode: String,
        /// Host name of the peer whose streams break; all peers where none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        peer: Option<String>,
    },
    /// The network's clock is fast by so much, or slow where it is negative; 50 years at most.
    ClockSkew {
        /// Milliseconds.
        skew_ms: i64,
    },
    /// Everything goes right again, peers that lag included.
    Clear,
}

/// How a block is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// Not at all.
    Drop,
    /// Twice.
    Duplicate,
    /// So much later, and what follows it too; an hour at most.
    DelayMs(u64),
}

/// What goes wrong at present, beside peers that lag and the clock.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// Whether there is anything to look up.
    any: AtomicBool,
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    refusing: BTreeSet<String>,
    /// By channel, block and node.
    deliveries: BTreeMap<(String, u64, Option<String>), Delivery>,
}

/// More faults at once than are kept.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{FAULTS_MAX} faults are in force already; clear them first")]
pub(crate) struct TooMany;

impl Faults {
    /// Whether the peers of an organisation refuse to endorse.
    pub(crate) fn refuses(&self, msp_id: &str) -> bool {
        self.any.load(Ordering::Relaxed) && self.read(|state| state.refusing.contains(msp_id))
    }

    /// How often a node's stream is to deliver a block, when it is time to.
    pub(crate) async fn deliveries(&self, node: &str, channel: &str, block: u64) -> usize {
        if !self.any.load(Ordering::Relaxed) {
            return 1;
        }
        match self.delivery(node, channel, block) {
            None => 1,
            Some(Delivery::Drop) => 0,
            Some(Delivery::Duplicate) => 2,
            Some(Delivery::DelayMs(delay_ms)) => {
                let delay = Duration::from_millis(delay_ms);
                tokio::time::sleep(delay).await;
                1
            }
        }
    }

    fn delivery(&self, node: &str, channel: &str, block: u64) -> Option<Delivery> {
        let at = |node: Option<&str>| (channel.to_owned(), block, node.map(str::to_owned));
        self.read(|state| {
            let of_node = state.deliveries.get(&at(Some(node)));
            of_node.or_else(|| state.deliveries.get(&at(None))).copied()
        })
    }

    pub(crate) fn refuse(&self, msp_id: &str) {
        self.write(|state| {
            state.refusing.insert(msp_id.to_owned());
        });
    }

    pub(crate) fn deliver(
        &self,
        node: Option<String>,
        channel: String,
        block: u64,
        how: Delivery,
    ) -> Result<(), TooMany> {
        self.write(|state| {
            if state.deliveries.len() >= FAULTS_MAX {
                return Err(TooMany);
            }
            state.deliveries.insert((channel, block, node), how);
            Ok(())
        })
    }

    pub(crate) fn clear(&self) {
        self.write(|state| *state = State::default());
        self.any.store(false, Ordering::Relaxed);
    }

    /// What is in force, as it could be asked for.
    pub(crate) fn list(&self) -> Vec<Fault> {
        self.read(|state| {
            let refusing = state.refusing.iter().map(|msp_id| Fault::Refuse {
                msp_id: msp_id.clone(),
            });
            let deliveries = state.deliveries.iter();
            let deliveries = deliveries.map(|((channel, block, node), how)| Fault::Deliver {
                node: node.clone(),
                channel: channel.clone(),
                block: *block,
                how: *how,
            });
            refusing.chain(deliveries).collect()
        })
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        self.any.store(true, Ordering::Relaxed);
        change(&mut state)
    }
}
