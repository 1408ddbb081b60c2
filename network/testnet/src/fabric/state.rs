//! `network.json`: everything that another process needs to use, stop or restart a network whose
//! handle is gone. It holds names, ports and process ids; secrets stay in the organisations' folder.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use fabric_msp::layout;
use serde::{Deserialize, Serialize};

use super::options::{Options, PortPlan};
use super::organizations::{Organizations, orderer_host, peer_host};
use super::tools::Tools;
use crate::error::Error;

/// Name of the file in the network's folder.
pub const FILE_NAME: &str = "network.json";

/// The kind of network that this module starts.
const FABRIC: &str = "fabric";

/// What the state file of a network of any kind says.
#[derive(Deserialize)]
struct Kind {
    kind: String,
}

/// Contents of the file. `channel`, `orderer`, `peers` and `organizations` are named as in the
/// embedded network's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Always `fabric`.
    pub kind: String,
    /// Name of the channel.
    pub channel: String,
    /// Channels beside that one.
    #[serde(default)]
    pub further_channels: Vec<String>,
    /// First ordering node, gRPC over TLS.
    pub orderer: SocketAddr,
    /// All ordering nodes.
    pub orderers: Vec<OrdererNode>,
    /// First peers of all organisations, in order, then second ones, and so on.
    pub peers: Vec<PeerNode>,
    /// Folder of certificates and keys, in cryptogen's layout.
    pub organizations: PathBuf,
    /// Folder of Fabric's programs.
    pub fabric_bin: PathBuf,
    /// Their version, such as `v3.1.5`.
    pub version: String,
}

/// An ordering node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrdererNode {
    /// Its host name: `orderer.example.com`, `orderer2.example.com`.
    pub name: String,
    /// Orderer, gRPC over TLS.
    pub address: SocketAddr,
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
    /// Its host name: `peer0.org1.example.com`.
    pub name: String,
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

impl State {
    /// All channels, the first one first.
    pub(super) fn channels(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.channel)
            .chain(&self.further_channels)
            .map(String::as_str)
    }

    /// A network that has been laid out and not started.
    pub(super) fn new(
        options: &Options,
        tools: &Tools,
        version: String,
        organizations: &Organizations,
        ports: &PortPlan,
    ) -> Self {
        let organization_count = usize::from(options.organizations);
        let peers = ports.peers.iter().enumerate().map(|(place, ports)| {
            let number = place % organization_count + 1;
            let domain = layout::organization_domain(number);
            PeerNode {
                name: format!("{}.{domain}", peer_host(place / organization_count)),
                msp_id: layout::organization_msp_id(number),
                tls_ca: organizations.peer_tls_ca(&domain),
                domain,
                address: ports.main.address(),
                chaincode: ports.chaincode.address(),
                operations: ports.operations.address(),
                pid: None,
            }
        });
        let orderers = ports.orderers.iter().enumerate();
        let orderers = orderers.map(|(place, ports)| OrdererNode {
            name: format!("{}.{}", orderer_host(place), layout::ORDERER_DOMAIN),
            address: ports.main.address(),
            admin: ports.admin.address(),
            operations: ports.operations.address(),
            pid: None,
        });
        let orderers: Vec<OrdererNode> = orderers.collect();
        Self {
            kind: FABRIC.to_owned(),
            channel: options.channel.clone(),
            further_channels: options.further_channels.clone(),
            orderer: orderers[0].address,
            orderers,
            peers: peers.collect(),
            organizations: organizations.folder().to_owned(),
            fabric_bin: tools.bin().to_owned(),
            version,
        }
    }

    /// Reads the file of a network's folder; none where no network was started there.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Format`]; [`Error::Setting`] where the network is an embedded one.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(FILE_NAME);
        match fs::read(&path) {
            Ok(text) => Self::parse(&text, &path).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::io("read", &path)(source)),
        }
    }

    fn parse(text: &[u8], path: &Path) -> Result<Self, Error> {
        match serde_json::from_slice(text).map(|Kind { kind }| kind) {
            Ok(kind) if kind != FABRIC => Err(Error::Setting {
                name: "folder",
                value: path.parent().unwrap_or(path).display().to_string(),
                remedy: format!("it holds a network of the kind `{kind}`; use another folder"),
            }),
            _ => serde_json::from_slice(text).map_err(|source| Error::Format {
                what: path.display().to_string(),
                source,
            }),
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

    /// The first peer of an organisation, with its place in the list.
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

    /// The first peer of each organisation, which others contact first.
    pub(super) fn first_peers(&self) -> impl Iterator<Item = &PeerNode> {
        let first = self.peers.first().map(|peer| peer.msp_id.clone());
        let mut seen = 0;
        self.peers.iter().take_while(move |peer| {
            seen += usize::from(Some(&peer.msp_id) == first.as_ref());
            seen <= 1
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_an_embedded_network_is_told_as_such() {
        let folder = tempfile::tempdir().unwrap();
        let text = r#"{"kind": "embedded", "channel": "mychannel"}"#;
        fs::write(folder.path().join(FILE_NAME), text).unwrap();
        let error = State::read(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains("kind `embedded`; use another folder"),
            "{error}"
        );
    }
}
