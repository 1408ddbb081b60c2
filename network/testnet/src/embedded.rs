//! The embedded network as a handle like the others: free ports, a temporary folder, gone on drop.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fabric_devnet::{CollectionConfig, Cut, Deployment, DevnetError, Network, Ports};
use fabric_msp::layout::{OrganizationKind, OrganizationLayout};

use crate::chaincode::Chaincode;
use crate::error::Error;
use crate::folder::Folder;

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
        let network = Network::builder()
            .dir(folder.path())
            .organizations(usize::from(options.organizations.unwrap_or(2)))
            .ports(Ports::Free)
            .cut(cut)
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
        let organizations = self.organizations_dir();
        let number = msp_id.trim_start_matches("Org").trim_end_matches("MSP");
        let domain = format!("org{number}.example.com");
        let layout = OrganizationLayout::new(organizations, OrganizationKind::Peer, domain);
        Ok(layout.tls_ca_certificate())
    }

    /// Deploys a chaincode, or changes its definition or address.
    ///
    /// # Errors
    /// [`Error::Embedded`]; [`Error::Unsupported`] for a chaincode with TLS.
    pub async fn deploy(&self, chaincode: &Chaincode) -> Result<(), Error> {
        if chaincode.tls.is_some() {
            return Err(Error::Unsupported {
                operation: "a chaincode with TLS",
            });
        }
        let mut deployment = Deployment::new(&chaincode.name, &chaincode.address);
        if let Some(policy) = &chaincode.policy {
            deployment = deployment.policy(policy);
        }
        if let Some(collections) = &chaincode.collections {
            let collections =
                CollectionConfig::parse(collections).map_err(|error| DevnetError::Deployment {
                    name: chaincode.name.clone(),
                    reason: error.to_string(),
                })?;
            deployment = deployment.collections(collections);
        }
        self.network.deploy(deployment).await?;
        Ok(())
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
