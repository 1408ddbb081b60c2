//! A running network.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use crate::{Builder, Deployed, Deployment, DevnetError};

/// An orderer and a peer per organisation, serving until [`Network::shutdown`] or drop.
#[derive(Debug)]
pub struct Network {
    organizations_dir: PathBuf,
    channel: String,
    orderer: SocketAddr,
    admin: SocketAddr,
    peers: Vec<(String, SocketAddr)>,
}

impl Network {
    /// Starts to describe a network.
    pub fn builder() -> Builder {
        Builder::default()
    }

    #[expect(clippy::unused_async, reason = "binds its endpoints once they exist")]
    pub(crate) async fn start(_builder: Builder) -> Result<Self, DevnetError> {
        Err(DevnetError::Stopped)
    }

    /// Folder of certificates and keys, in cryptogen's layout.
    pub fn organizations_dir(&self) -> &Path {
        &self.organizations_dir
    }

    /// Name of the channel.
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// MSP ids of the peers' organisations, in order.
    pub fn msp_ids(&self) -> impl Iterator<Item = &str> {
        self.peers.iter().map(|(msp_id, _)| msp_id.as_str())
    }

    /// Where the peer of an organisation listens; none where there is no such organisation.
    pub fn peer_endpoint(&self, msp_id: &str) -> Option<SocketAddr> {
        self.peers.iter().find(|(name, _)| name == msp_id).map(|(_, address)| *address)
    }

    /// Where the orderer listens.
    pub fn orderer_endpoint(&self) -> SocketAddr {
        self.orderer
    }

    /// Where the admin endpoint listens: plain HTTP on loopback.
    pub fn admin_endpoint(&self) -> SocketAddr {
        self.admin
    }

    /// Number of blocks in the chain.
    pub fn height(&self) -> u64 {
        0
    }

    /// Defines a chaincode on the channel, or changes its definition or address.
    ///
    /// # Errors
    /// When the deployment makes no sense, or the network is being shut down.
    #[expect(clippy::unused_async, reason = "waits for the commit once there is one")]
    pub async fn deploy(&self, deployment: Deployment) -> Result<Deployed, DevnetError> {
        Err(DevnetError::Deployment { name: deployment.name, reason: "not served".to_owned() })
    }

    /// Stops serving, finishes the block at hand and closes the ledger.
    #[expect(clippy::unused_async, reason = "waits for the endpoints once they exist")]
    pub async fn shutdown(self) {}
}
