//! The network that a whole-system test runs on: embedded or real, as `SELVEDGE_NETWORK` says.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fabric_gateway_sdk::admin::PeerAdmin;
use fabric_msp::layout::{self, OrganizationKind, OrganizationLayout};

use crate::chaincode::Chaincode;
use crate::deploy::{self, Deployed};
use crate::embedded::{self, Embedded};
use crate::error::Error;
use crate::fabric::{self, RealFabric};

/// The variable that chooses.
pub const NETWORK_VARIABLE: &str = "SELVEDGE_NETWORK";
/// Blocks of a real network in tests: long enough to hold several transactions, short enough
/// not to be what a test waits for.
const BATCH_TIMEOUT: Duration = Duration::from_millis(200);

/// Which network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkKind {
    /// In this process.
    Embedded,
    /// Fabric's own programs.
    Fabric,
}

impl NetworkKind {
    /// Reads `SELVEDGE_NETWORK`; embedded where it is not set.
    ///
    /// # Errors
    /// [`Error::Setting`] for any other value.
    pub fn from_environment() -> Result<Self, Error> {
        Self::parse(&std::env::var(NETWORK_VARIABLE).unwrap_or_default())
    }

    fn parse(value: &str) -> Result<Self, Error> {
        match value {
            "" | "embedded" => Ok(Self::Embedded),
            "fabric" => Ok(Self::Fabric),
            other => Err(Error::Setting {
                name: NETWORK_VARIABLE,
                value: other.to_owned(),
                remedy: "set it to embedded or fabric".to_owned(),
            }),
        }
    }
}

/// A network with two organisations and a channel that their peers have joined.
///
/// Dropping it stops it.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a test holds one of them")]
pub enum TestNetwork {
    /// In this process.
    Embedded(Embedded),
    /// Fabric's own programs.
    Fabric(RealFabric),
}

impl TestNetwork {
    /// Starts the network that `SELVEDGE_NETWORK` asks for.
    ///
    /// # Errors
    /// [`Error::ProgramMissing`] when it asks for Fabric and `FABRIC_BIN` does not lead there.
    pub async fn start() -> Result<Self, Error> {
        Self::start_kind(NetworkKind::from_environment()?).await
    }

    /// Starts a network of this kind on free ports in a temporary folder.
    ///
    /// # Errors
    /// As [`RealFabric::start`] and [`Embedded::start`].
    pub async fn start_kind(kind: NetworkKind) -> Result<Self, Error> {
        match kind {
            NetworkKind::Embedded => Embedded::start(embedded::Options::default())
                .await
                .map(Self::Embedded),
            NetworkKind::Fabric => {
                let options = fabric::Options {
                    batch_timeout: BATCH_TIMEOUT,
                    ..fabric::Options::default()
                };
                RealFabric::start(options).await.map(Self::Fabric)
            }
        }
    }

    /// Which it is, for the few differences that a test has to know.
    #[must_use]
    pub fn kind(&self) -> NetworkKind {
        match self {
            Self::Embedded(_) => NetworkKind::Embedded,
            Self::Fabric(_) => NetworkKind::Fabric,
        }
    }

    /// Name of the channel.
    #[must_use]
    pub fn channel(&self) -> &str {
        match self {
            Self::Embedded(network) => network.channel(),
            Self::Fabric(network) => &network.state().channel,
        }
    }

    /// Certificates and keys, in cryptogen's layout.
    #[must_use]
    pub fn organizations_dir(&self) -> &Path {
        match self {
            Self::Embedded(network) => network.organizations_dir(),
            Self::Fabric(network) => network.organizations_dir(),
        }
    }

    /// Where an organisation's peer listens.
    ///
    /// # Errors
    /// [`Error::UnknownOrganization`].
    pub fn peer_endpoint(&self, msp_id: &str) -> Result<SocketAddr, Error> {
        match self {
            Self::Embedded(network) => network.peer_endpoint(msp_id),
            Self::Fabric(network) => network.peer_endpoint(msp_id),
        }
    }

    /// The file with the authority of that peer's TLS certificate.
    ///
    /// # Errors
    /// [`Error::UnknownOrganization`].
    pub fn tls_ca(&self, msp_id: &str) -> Result<PathBuf, Error> {
        match self {
            Self::Embedded(network) => network.tls_ca(msp_id),
            Self::Fabric(network) => network.tls_ca(msp_id).map(Path::to_owned),
        }
    }

    /// An organisation's first peer, seen by the organisation's administrator.
    ///
    /// # Errors
    /// [`Error::UnknownOrganization`], or what is wrong with the administrator's files.
    pub fn administrator(&self, msp_id: &str) -> Result<PeerAdmin, Error> {
        self.seen_by(msp_id, layout::ADMIN)
    }

    /// An organisation's first peer, seen by a user of the organisation, such as `User1`.
    ///
    /// # Errors
    /// [`Error::UnknownOrganization`], or what is wrong with the user's files.
    pub fn seen_by(&self, msp_id: &str, user: &str) -> Result<PeerAdmin, Error> {
        let address = self.peer_endpoint(msp_id)?;
        let msp = organization(self.organizations_dir(), msp_id)
            .user(user)
            .join("msp");
        deploy::administrator(&msp, msp_id, address, &self.tls_ca(msp_id)?)
    }

    /// Deploys a chaincode, or changes its definition or address.
    ///
    /// # Errors
    /// What the network said.
    pub async fn deploy_chaincode(&mut self, chaincode: &Chaincode) -> Result<Deployed, Error> {
        match self {
            Self::Embedded(network) => network.deploy(chaincode).await,
            Self::Fabric(network) => network.deploy(chaincode).await,
        }
    }

    /// As [`TestNetwork::deploy_chaincode`], on a channel by its name.
    ///
    /// # Errors
    /// What the network said.
    pub async fn deploy_on(
        &mut self,
        channel: &str,
        chaincode: &Chaincode,
    ) -> Result<Deployed, Error> {
        match self {
            Self::Embedded(network) => network.deploy_on(channel, chaincode).await,
            Self::Fabric(network) => network.deploy_on(channel, chaincode).await,
        }
    }

    /// Kills an organisation's peer with SIGKILL.
    ///
    /// # Errors
    /// [`Error::Unsupported`] on the embedded network, whose peers are one process with the test.
    pub fn kill_peer(&mut self, msp_id: &str) -> Result<(), Error> {
        match self {
            Self::Embedded(_) => Err(Error::Unsupported {
                operation: "killing a single peer",
            }),
            Self::Fabric(network) => network.kill_peer(msp_id),
        }
    }

    /// Starts a peer again, killing it first if it runs.
    ///
    /// # Errors
    /// As [`TestNetwork::kill_peer`], or the end of the peer's log.
    pub async fn restart_peer(&mut self, msp_id: &str) -> Result<(), Error> {
        match self {
            Self::Embedded(_) => Err(Error::Unsupported {
                operation: "restarting a single peer",
            }),
            Self::Fabric(network) => network.restart_peer(msp_id).await,
        }
    }

    /// Kills an ordering node with SIGKILL, by its place from 0.
    ///
    /// # Errors
    /// [`Error::UnknownOrderer`]; [`Error::Unsupported`] on the embedded network, whose orderer is
    /// one process with the test.
    pub fn kill_orderer(&mut self, place: usize) -> Result<(), Error> {
        match self {
            Self::Embedded(_) => Err(Error::Unsupported {
                operation: "killing an ordering node",
            }),
            Self::Fabric(network) => network.kill_orderer(place),
        }
    }

    /// Starts an ordering node again, killing it first if it runs.
    ///
    /// # Errors
    /// As [`TestNetwork::kill_orderer`], or the end of the node's log.
    pub async fn restart_orderer(&mut self, place: usize) -> Result<(), Error> {
        match self {
            Self::Embedded(_) => Err(Error::Unsupported {
                operation: "restarting an ordering node",
            }),
            Self::Fabric(network) => network.restart_orderer(place).await,
        }
    }

    /// Stops the network and removes its folder.
    pub async fn stop(self) {
        match self {
            Self::Embedded(network) => network.stop().await,
            Self::Fabric(network) => drop(network),
        }
    }
}

/// Folder of a numbered organisation, by its MSP id.
pub(crate) fn organization(organizations_dir: &Path, msp_id: &str) -> OrganizationLayout {
    let number = msp_id.trim_start_matches("Org").trim_end_matches("MSP");
    let domain = format!("org{number}.{}", layout::ORDERER_DOMAIN);
    OrganizationLayout::new(organizations_dir, OrganizationKind::Peer, domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variable_chooses_and_a_misspelling_is_refused() {
        assert_eq!(NetworkKind::parse("").unwrap(), NetworkKind::Embedded);
        assert_eq!(NetworkKind::parse("fabric").unwrap(), NetworkKind::Fabric);
        let error = NetworkKind::parse("docker").unwrap_err().to_string();
        assert_eq!(
            error,
            "SELVEDGE_NETWORK=docker cannot be used; set it to embedded or fabric"
        );
    }
}
