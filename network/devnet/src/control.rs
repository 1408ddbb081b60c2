//! What a test or a person does to a running network from outside of Fabric's protocol. The handle
//! and the admin endpoint share it.

use std::{path::PathBuf, sync::Arc, time::Duration};

use fabric_msp::layout;

use crate::{
    CutBlock, Delivery, DevnetError, Fault, StateFile,
    chain::Pace,
    channel::Channel,
    clock::Clock,
    faults::Faults,
    limits::{CLOCK_SKEW_MAX, DELAY_MAX},
    metrics::Metrics,
    orderer::Orderer,
    peer::{Peer, PeerLedger},
    snapshots::Snapshots,
};

/// A running network, to be interfered with.
#[derive(Debug)]
pub(crate) struct Control {
    pub(crate) dir: PathBuf,
    pub(crate) state: Arc<StateFile>,
    pub(crate) channels: Vec<Arc<Channel>>,
    pub(crate) peers: Vec<Arc<Peer>>,
    pub(crate) orderer: Orderer,
    pub(crate) clock: Arc<Clock>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) snapshots: Snapshots,
}

impl Control {
    /// A channel by its name.
    pub(crate) fn channel(&self, name: &str) -> Result<&Arc<Channel>, DevnetError> {
        let mut channels = self.channels.iter();
        channels
            .find(|channel| channel.name() == name)
            .ok_or_else(|| DevnetError::UnknownChannel(name.to_owned()))
    }

    /// A peer's copy of a channel.
    pub(crate) fn ledger(
        &self,
        peer: &str,
        channel: &str,
    ) -> Result<&Arc<PeerLedger>, DevnetError> {
        self.channel(channel)?;
        self.peer(peer)?.ledger(channel).ok_or_else(|| {
            DevnetError::Refused(format!(
                "{peer} has not joined channel `{channel}`; name a peer of one of its members"
            ))
        })
    }

    fn peer(&self, name: &str) -> Result<&Arc<Peer>, DevnetError> {
        let mut peers = self.peers.iter();
        peers.find(|peer| peer.name() == name).ok_or_else(|| {
            let names: Vec<_> = self.peers.iter().map(|peer| peer.name()).collect();
            DevnetError::Refused(format!(
                "there is no peer `{name}`; the network has {}",
                names.join(", ")
            ))
        })
    }

    /// Cuts a block of at most so many transactions.
    pub(crate) async fn cut(
        &self,
        channel: &str,
        count_max: usize,
    ) -> Result<CutBlock, DevnetError> {
        self.orderer.cut(channel, count_max).await
    }

    /// Makes something go wrong, or right again.
    pub(crate) async fn inject(&self, fault: Fault) -> Result<(), DevnetError> {
        match fault {
            Fault::Hold { peer, channel } => self.ledger(&peer, &channel)?.hold(),
            Fault::Lag {
                peer,
                channel,
                blocks,
            } => self.ledger(&peer, &channel)?.lag(blocks),
            Fault::Release { peer, channel } => self.ledger(&peer, &channel)?.release(),
            Fault::Deliver {
                node,
                channel,
                block,
                how,
            } => {
                self.channel(&channel)?;
                if let Delivery::DelayMs(delay_ms) = how {
                    check_at_most("a block can be late by", delay_ms, DELAY_MAX)?;
                }
                if let Some(node) = node.as_deref().filter(|node| *node != layout::ORDERER_HOST) {
                    self.ledger(node, &channel)?;
                }
                let added = self.faults.deliver(node, channel, block, how);
                added.map_err(|error| DevnetError::Refused(error.to_string()))?;
            }
            Fault::Refuse { msp_id } => self.refuse(&msp_id)?,
            Fault::BreakChaincode { chaincode, peer } => {
                self.break_chaincode(&chaincode, peer.as_deref()).await?;
            }
            Fault::ClockSkew { skew_ms } => {
                check_at_most(
                    "the clock can be wrong by",
                    skew_ms.unsigned_abs(),
                    CLOCK_SKEW_MAX,
                )?;
                self.clock.set_skew_ms(skew_ms);
            }
            Fault::Clear => self.clear(),
        }
        Ok(())
    }

    fn refuse(&self, msp_id: &str) -> Result<(), DevnetError> {
        if !self.peers.iter().any(|peer| peer.msp_id() == msp_id) {
            return Err(DevnetError::Refused(format!(
                "there is no organisation `{msp_id}` with peers"
            )));
        }
        self.faults.refuse(msp_id);
        Ok(())
    }

    async fn break_chaincode(
        &self,
        chaincode: &str,
        peer: Option<&str>,
    ) -> Result<(), DevnetError> {
        let mut broken = 0;
        match peer {
            Some(peer) => broken += self.peer(peer)?.chaincodes().break_streams(chaincode).await,
            None => {
                for peer in &self.peers {
                    broken += peer.chaincodes().break_streams(chaincode).await;
                }
            }
        }
        if broken == 0 {
            return Err(DevnetError::Refused(format!(
                "no peer is connected to chaincode `{chaincode}`; a peer connects when it is first called"
            )));
        }
        Ok(())
    }

    fn clear(&self) {
        self.faults.clear();
        self.clock.set_skew_ms(0);
        for peer in &self.peers {
            for ledger in peer.ledgers().iter() {
                ledger.release();
            }
        }
    }

    /// What goes wrong at present.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for peer in &self.peers {
            for ledger in peer.ledgers().iter() {
                let (peer, channel) = (peer.name().to_owned(), ledger.channel().name().to_owned());
                faults.extend(match ledger.pace() {
                    Pace::Tip => None,
                    Pace::Held => Some(Fault::Hold { peer, channel }),
                    Pace::Behind(blocks) => Some(Fault::Lag {
                        peer,
                        channel,
                        blocks,
                    }),
                });
            }
        }
        faults.extend(self.faults.list());
        let skew_ms = self.clock.skew_ms();
        faults.extend((skew_ms != 0).then_some(Fault::ClockSkew { skew_ms }));
        faults
    }
}

/// Refuses a number of milliseconds beyond a bound.
fn check_at_most(what: &str, asked_ms: u64, max: Duration) -> Result<(), DevnetError> {
    if Duration::from_millis(asked_ms) <= max {
        return Ok(());
    }
    Err(DevnetError::Refused(format!(
        "{what} {} ms at most; {asked_ms} were asked for",
        max.as_millis()
    )))
}
