//! The embedded network as a handle like the others: free ports, a temporary folder, gone on drop.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fabric_devnet::{ChannelSpec, Compat, Cut, Network, Ports};

use crate::chaincode::Chaincode;
use crate::deploy::{self, Deployed, DeploymentPeer};
use crate::error::Error;
use crate::folder::Folder;
use crate::network::organization;

/// Name of the first channel.
const CHANNEL: &str = "mychannel";

/// What a network is started with; every part has a default.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where it lives. A temporary folder by default, removed with the handle.
    pub folder: Option<PathBuf>,
    /// Number of organisations; two where it is none.
    pub organizations: Option<u16>,
    /// How long the first transaction of a block waits for others. None cuts a block as soon as
    /// there is a transaction.
    pub batch_timeout: Option<Duration>,
    /// The version of Fabric that it behaves as.
    pub compat: Compat,
    /// Channels beside the first one, each of all organisations.
    pub further_channels: Vec<String>,
    /// Calls that a gateway serves at once; 500 where it is none.
    pub gateway_calls: Option<usize>,
}

/// A running embedded network, served by this process.
#[derive(Debug)]
pub struct Embedded {
    // Fields drop in this order: the network ends before its folder goes.
    network: Network,
    _folder: Folder,
}

impl Embedded {
    /// Starts a network and returns when it serves.
    ///
    /// # Errors
    /// [`Error::Embedded`] with the network's own reason.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let folder = Folder::open(options.folder.as_deref(), "selvedge-embedded-")?;
        let cut = options.batch_timeout.map_or(Cut::Instant, like_fabric);
        let mut builder = Network::builder();
        let further = options.further_channels.iter().map(ChannelSpec::new);
        builder = builder.channels([ChannelSpec::new(CHANNEL)].into_iter().chain(further));
        if let Some(calls) = options.gateway_calls {
            builder = builder.gateway_calls(calls);
        }
        let network = builder
            .dir(folder.path())
            .organizations(usize::from(options.organizations.unwrap_or(2)))
            .ports(Ports::Free)
            .cut(cut)
            .compat(options.compat)
            .start()
            .await?;
        Ok(Self {
            network,
            _folder: folder,
        })
    }

    /// Name of the channel.
    #[must_use]
    pub fn channel(&self) -> &str {
        self.network.channel()
    }

    /// Certificates and keys, in cryptogen's layout.
    #[must_use]
    pub fn organizations_dir(&self) -> &Path {
        self.network.organizations_dir()
    }

    /// Where an organisation's peer listens.
    ///
    /// # Errors
    /// [`Error::UnknownOrganization`].
    pub fn peer_endpoint(&self, msp_id: &str) -> Result<SocketAddr, Error> {
        let endpoint = self.network.peer_endpoint(msp_id);
        endpoint.ok_or_else(|| Error::UnknownOrganization {
            msp_id: msp_id.to_owned(),
        })
    }

    /// The file with the authority of that peer's TLS certificate.
    ///
    /// # Errors
    /// [`Error::UnknownOrganization`].
    pub fn tls_ca(&self, msp_id: &str) -> Result<PathBuf, Error> {
        self.peer_endpoint(msp_id)?;
        Ok(organization(self.organizations_dir(), msp_id).tls_ca_certificate())
    }

    /// Deploys a chaincode, or changes its definition or address.
    ///
    /// # Errors
    /// [`Error::Admin`] with what the peers said.
    pub async fn deploy(&self, chaincode: &Chaincode) -> Result<Deployed, Error> {
        self.deploy_on(self.channel(), chaincode).await
    }

    /// As [`Embedded::deploy`], on a channel by its name.
    ///
    /// # Errors
    /// [`Error::Admin`] with what the peers said.
    pub async fn deploy_on(&self, channel: &str, chaincode: &Chaincode) -> Result<Deployed, Error> {
        let state = self.network.state();
        let entry = state.channels.iter().find(|one| one.name == channel);
        let is_member =
            |msp_id: &String| entry.is_none_or(|entry| entry.organizations.contains(msp_id));
        let peers = state.peers.iter().filter(|peer| is_member(&peer.msp_id));
        let peers = peers.map(|peer| DeploymentPeer {
            msp_id: peer.msp_id.clone(),
            address: peer.address,
            tls_ca: peer.tls_ca.clone(),
        });
        let peers: Vec<_> = peers.collect();
        deploy::deploy(channel, self.organizations_dir(), &peers, chaincode).await
    }

    /// The network itself, for what only the embedded one can do.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Finishes the block at hand and closes the ledger.
    pub async fn stop(self) {
        self.network.shutdown().await;
    }
}

fn like_fabric(timeout: Duration) -> Cut {
    match Cut::fabric() {
        Cut::Fabric {
            max_message_count,
            preferred_max_bytes,
            ..
        } => Cut::Fabric {
            max_message_count,
            preferred_max_bytes,
            batch_timeout: timeout,
        },
        other => other,
    }
}
