//! `network.json`: everything that another process needs to use, stop or restart a network whose
//! handle is gone. It holds names, ports and process ids; secrets stay in the organisations' folder.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use fabric_msp::layout;
use serde::{Deserialize, Serialize};

use super::options::PortPlan;
use super::organizations::Organizations;
use crate::chaincode::Chaincode;
use crate::error::Error;

/// Name of the file in the network's folder.
pub const FILE_NAME: &str = "network.json";

/// Contents of the file. `channel`, `orderer`, `peers` and `organizations` are named as in the
/// embedded network's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Always `fabric`.
    pub kind: String,
    /// Name of the channel.
    pub channel: String,
    /// Orderer, gRPC over TLS.
    pub orderer: SocketAddr,
    /// The orderer's other endpoints and its process.
    pub orderer_node: OrdererNode,
    /// One peer per organisation, in order.
    pub peers: Vec<PeerNode>,
    /// Folder of certificates and keys, in cryptogen's layout.
    pub organizations: PathBuf,
    /// Folder of Fabric's programs.
    pub fabric_bin: PathBuf,
    /// What is deployed, by name.
    #[serde(default)]
    pub chaincodes: BTreeMap<String, DeployedChaincode>,
}

/// The ordering node beside its main endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrdererNode {
    /// Channel participation, HTTP over mutual TLS.
    pub admin: SocketAddr,
    /// Health and metrics, plain HTTP.
    pub operations: SocketAddr,
    /// Its process; none before the first start.
    pub pid: Option<u32>,
}

/// A peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerNode {
    /// MSP id of its organisation.
    pub msp_id: String,
    /// Domain of its organisation, as in the folders' names.
    pub domain: String,
    /// Peer, gRPC over TLS.
    pub address: SocketAddr,
    /// Where chaincode that dials the peer would connect.
    pub chaincode: SocketAddr,
    /// Health and metrics, plain HTTP.
    pub operations: SocketAddr,
    /// File with the certificate that the endpoint's own is signed by.
    pub tls_ca: PathBuf,
    /// Its process; none before the first start.
    pub pid: Option<u32>,
}

/// A definition that this crate has committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployedChaincode {
    /// What was asked for.
    pub chaincode: Chaincode,
    /// Id of the package that the peers have installed: the server's `CHAINCODE_ID`.
    pub package_id: String,
    /// How many times the definition was committed.
    pub sequence: i64,
}

impl State {
    /// A network that has been laid out and not started.
    pub(super) fn new(
        channel: &str,
        fabric_bin: &Path,
        organizations: &Organizations,
        ports: &PortPlan,
    ) -> Self {
        let peers = ports.peers.iter().enumerate().map(|(index, ports)| {
            let domain = layout::organization_domain(index + 1);
            PeerNode {
                msp_id: layout::organization_msp_id(index + 1),
                tls_ca: organizations.peer_tls_ca(&domain),
                domain,
                address: ports.main.address(),
                chaincode: ports.chaincode.address(),
                operations: ports.operations.address(),
                pid: None,
            }
        });
        let orderer_node = OrdererNode {
            admin: ports.admin.address(),
            operations: ports.operations.address(),
            pid: None,
        };
        Self {
            kind: "fabric".to_owned(),
            channel: channel.to_owned(),
            orderer: ports.orderer.address(),
            orderer_node,
            peers: peers.collect(),
            organizations: organizations.folder().to_owned(),
            fabric_bin: fabric_bin.to_owned(),
            chaincodes: BTreeMap::new(),
        }
    }

    /// Reads the file of a network's folder; none where no network was started there.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Format`].
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(FILE_NAME);
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map(Some)
                .map_err(|source| Error::Format {
                    what: path.display().to_string(),
                    source,
                }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::io("read", &path)(source)),
        }
    }

    /// Replaces the file in one step, so that a reader never sees half of it.
    pub(super) fn write(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(FILE_NAME);
        let text = serde_json::to_vec_pretty(self).map_err(|source| Error::Format {
            what: path.display().to_string(),
            source,
        })?;
        let draft = folder.join(format!("{FILE_NAME}.new"));
        fs::write(&draft, text)
            .and_then(|()| fs::rename(&draft, &path))
            .map_err(Error::io("write", &path))
    }

    /// The peer of an organisation, with its place in the list.
    pub(super) fn peer(&self, msp_id: &str) -> Result<(usize, &PeerNode), Error> {
        let found = self
            .peers
            .iter()
            .enumerate()
            .find(|(_, peer)| peer.msp_id == msp_id);
        found.ok_or_else(|| Error::UnknownOrganization {
            msp_id: msp_id.to_owned(),
        })
    }

    /// The peer whose administrator acts where any would do.
    pub(super) fn first_peer(&self) -> Result<&PeerNode, Error> {
        let missing = || Error::UnknownOrganization {
            msp_id: "Org1MSP".to_owned(),
        };
        self.peers.first().ok_or_else(missing)
    }
}
