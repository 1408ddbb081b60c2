//! A peer: one node of an organisation, with the channels that it has joined.

mod ledger;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use fabric_msp::{Identity, Msp, MspManager, SigningIdentity};

pub(crate) use ledger::{Ledgers, PeerLedger};

use crate::{
    DevnetError, chaincode::ChaincodeHost, channel::Channel, clock::Clock, error::BoxError,
    faults::Faults, organizations::Node,
};

/// One node. What it does with proposals is in `endorser.rs`.
#[derive(Debug)]
pub(crate) struct Peer {
    /// `peer0.org1.example.com`.
    name: String,
    /// `host:port` by which errors and discovery name it.
    address: String,
    signer: SigningIdentity,
    endorser: Arc<Identity>,
    /// Knows the peer's own organisation alone.
    local: Arc<MspManager>,
    ledgers: Ledgers,
    chaincodes: ChaincodeHost,
    clock: Arc<Clock>,
    faults: Arc<Faults>,
    dir: Option<PathBuf>,
}

impl Peer {
    /// A peer that listens on this port and joins these channels. `dir` is for what the peer alone
    /// keeps, such as packages; without one it keeps that in memory.
    pub(crate) fn join<'c>(
        node: &Node,
        port: u16,
        channels: impl IntoIterator<Item = &'c Arc<Channel>>,
        chaincodes: ChaincodeHost,
        clock: Arc<Clock>,
        faults: Arc<Faults>,
        dir: Option<PathBuf>,
    ) -> Result<Self, DevnetError> {
        let identity = |error: BoxError| DevnetError::Identity(error);
        let msp =
            Msp::from_config(&node.msp.to_config()).map_err(|error| identity(error.into()))?;
        let local = Arc::new(MspManager::new([msp]));
        let endorser = local
            .identity(node.identity.serialized())
            .map_err(|error| identity(error.into()))?;
        let ledgers = Ledgers::join(channels);
        for ledger in ledgers.iter() {
            ledger.channel().private().join(Arc::clone(&endorser));
        }
        Ok(Self {
            name: node.host.clone(),
            address: format!("{}:{port}", node.host),
            signer: node.identity.clone(),
            endorser,
            local,
            ledgers,
            chaincodes,
            clock,
            faults,
            dir,
        })
    }

    /// Host name, as its certificates have it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn msp_id(&self) -> &str {
        self.signer.msp_id()
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The identity that policies see in its endorsements.
    pub(crate) fn endorser(&self) -> &Arc<Identity> {
        &self.endorser
    }

    /// Signs for the peer.
    pub(crate) fn signer(&self) -> &SigningIdentity {
        &self.signer
    }

    /// Knows the peer's own organisation: who calls without a channel must be of it.
    pub(crate) fn local(&self) -> &Arc<MspManager> {
        &self.local
    }

    /// Its copy of a channel; none where it has not joined one of this name.
    pub(crate) fn ledger(&self, channel: &str) -> Option<&Arc<PeerLedger>> {
        self.ledgers.get(channel)
    }

    /// The channels that it has joined.
    pub(crate) fn ledgers(&self) -> &Ledgers {
        &self.ledgers
    }

    pub(crate) fn chaincodes(&self) -> &ChaincodeHost {
        &self.chaincodes
    }

    pub(crate) fn clock(&self) -> &Arc<Clock> {
        &self.clock
    }

    /// What goes wrong on purpose.
    pub(crate) fn faults(&self) -> &Arc<Faults> {
        &self.faults
    }

    /// Folder of what the peer alone keeps; none where it keeps nothing on disk.
    #[expect(dead_code, reason = "installed packages go there")]
    pub(crate) fn dir(&self) -> Option<&Path> {
        self.dir.as_deref()
    }

    /// Ends its chaincode streams.
    pub(crate) async fn close(&self) {
        self.chaincodes.close().await;
    }
}
