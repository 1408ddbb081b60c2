//! Certificates and keys: where they are in a folder of organisations, and making one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use fabric_msp::layout::{self, OrganizationKind, OrganizationLayout};
use fabric_msp::{Organization, OrganizationSpec};

use crate::error::Error;

/// Short host name of each organisation's only peer.
const PEER_HOST: &str = "peer0";

/// Where things are in a folder of organisations.
#[derive(Debug, Clone)]
pub(super) struct Organizations(PathBuf);

impl Organizations {
    pub(super) fn at(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// Makes the certificates and keys of an orderer and `count` organisations with a peer, an
    /// administrator and a user each.
    pub(super) fn generate(folder: &Path, count: u16) -> Result<Self, Error> {
        let peers = (1..=usize::from(count)).map(OrganizationSpec::peer);
        for specification in peers.chain([OrganizationSpec::orderer()]) {
            let organization = Organization::generate(&specification)?;
            organization.write_to(folder)?;
        }
        Ok(Self::at(folder))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    /// The orderer's organisation: its MSP, as the channel knows it.
    pub(super) fn orderer_msp(&self) -> PathBuf {
        OrganizationLayout::orderer(&self.0).msp()
    }

    /// The ordering node: `msp` and `tls` are in here.
    pub(super) fn orderer_node(&self) -> PathBuf {
        OrganizationLayout::orderer(&self.0).node(layout::ORDERER_HOST)
    }

    /// The authority of the orderer's TLS certificate.
    pub(super) fn orderer_tls_ca(&self) -> PathBuf {
        OrganizationLayout::orderer(&self.0).tls_ca_certificate()
    }

    /// A peer organisation's MSP, as the channel knows it.
    pub(super) fn peer_msp(&self, domain: &str) -> PathBuf {
        self.peers_of(domain).msp()
    }

    /// The organisation's peer: `msp` and `tls` are in here.
    pub(super) fn peer_node(&self, domain: &str) -> PathBuf {
        self.peers_of(domain).node(PEER_HOST)
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

/// The one file in a folder that holds a single key or certificate, whatever its name.
pub(super) fn single_file(folder: &Path) -> Result<PathBuf, Error> {
    let entries = fs::read_dir(folder).map_err(Error::io("read", folder))?;
    let first = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .next();
    first.ok_or_else(|| Error::io("find a file in", folder)(io::ErrorKind::NotFound.into()))
}
