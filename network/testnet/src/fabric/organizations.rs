//! Certificates and keys: where they are in a folder of organisations, and making one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use fabric_msp::layout::{self, OrganizationKind, OrganizationLayout};
use fabric_msp::{NodeSpec, Organization, OrganizationSpec};

use super::options::Options;
use super::state::{OrdererNode, PeerNode};
use crate::error::Error;

/// Where things are in a folder of organisations.
#[derive(Debug, Clone)]
pub(super) struct Organizations(PathBuf);

/// Short host name of a peer of its organisation, by place: `peer0`.
pub(super) fn peer_host(place: usize) -> String {
    format!("peer{place}")
}

/// Short host name of an ordering node, by place: `orderer`, `orderer2`.
pub(super) fn orderer_host(place: usize) -> String {
    match place {
        0 => layout::ORDERER_HOST.to_owned(),
        place => format!("{}{}", layout::ORDERER_HOST, place + 1),
    }
}

impl Organizations {
    pub(super) fn at(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// Makes the certificates and keys of the orderers and of organisations with peers, an
    /// administrator and a user each.
    pub(super) fn generate(folder: &Path, options: &Options) -> Result<Self, Error> {
        let mut orderer = OrganizationSpec::orderer();
        let hosts = (0..usize::from(options.orderers)).map(orderer_host);
        orderer.nodes = hosts.map(NodeSpec::local).collect();
        let numbers = 1..=usize::from(options.organizations);
        let peers =
            numbers.map(|number| OrganizationSpec::peer(number).with_peers(options.peers.into()));
        for specification in peers.chain([orderer]) {
            let organization = Organization::generate(&specification)?;
            organization.write_to(folder)?;
        }
        Ok(Self::at(folder))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    /// The orderers' organisation: its MSP, as the channel knows it.
    pub(super) fn orderer_msp(&self) -> PathBuf {
        OrganizationLayout::orderer(&self.0).msp()
    }

    /// An ordering node: `msp` and `tls` are in here.
    pub(super) fn orderer_node(&self, node: &OrdererNode) -> PathBuf {
        OrganizationLayout::orderer(&self.0).node(short(&node.name))
    }

    /// A peer organisation's MSP, as the channel knows it.
    pub(super) fn peer_msp(&self, domain: &str) -> PathBuf {
        self.peers_of(domain).msp()
    }

    /// A peer: `msp` and `tls` are in here.
    pub(super) fn peer_node(&self, node: &PeerNode) -> PathBuf {
        self.peers_of(&node.domain).node(short(&node.name))
    }

    /// The authority of a peer's TLS certificate.
    pub(super) fn peer_tls_ca(&self, domain: &str) -> PathBuf {
        self.peers_of(domain).tls_ca_certificate()
    }

    /// The MSP folder of a peer organisation's administrator.
    pub(super) fn admin_msp(&self, domain: &str) -> PathBuf {
        self.peers_of(domain).user(layout::ADMIN).join("msp")
    }

    fn peers_of(&self, domain: &str) -> OrganizationLayout {
        OrganizationLayout::new(&self.0, OrganizationKind::Peer, domain)
    }
}

/// A host name without its domain.
fn short(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// The one file in a folder that holds a single key or certificate, whatever its name.
pub(super) fn single_file(folder: &Path) -> Result<PathBuf, Error> {
    let entries = fs::read_dir(folder).map_err(Error::io("read", folder))?;
    let first = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .next();
    first.ok_or_else(|| Error::io("find a file in", folder)(io::ErrorKind::NotFound.into()))
}
