//! Certificates and keys: the folder layout that Fabric's cryptogen writes, and making one.
//!
//! The rest of the network needs the layout only, so whoever makes the folder can be replaced
//! here.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use super::tools::Tools;
use crate::error::Error;

/// Domain and MSP id of the orderer's organisation.
pub(super) const ORDERER_DOMAIN: &str = "example.com";
pub(super) const ORDERER_MSP_ID: &str = "OrdererMSP";

/// Where things are in a folder of organisations.
#[derive(Debug, Clone)]
pub(super) struct Organizations(PathBuf);

impl Organizations {
    pub(super) fn at(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    /// The orderer's organisation: its MSP, as the channel knows it.
    pub(super) fn orderer_msp(&self) -> PathBuf {
        self.orderer_organization().join("msp")
    }

    /// The ordering node: `msp` and `tls` are in here.
    pub(super) fn orderer_node(&self) -> PathBuf {
        self.orderer_organization()
            .join("orderers")
            .join(format!("orderer.{ORDERER_DOMAIN}"))
    }

    /// The authority of the orderer's TLS certificate.
    pub(super) fn orderer_tls_ca(&self) -> PathBuf {
        self.orderer_node().join("tls/ca.crt")
    }

    /// A peer organisation's MSP, as the channel knows it.
    pub(super) fn peer_msp(&self, domain: &str) -> PathBuf {
        self.peer_organization(domain).join("msp")
    }

    /// The organisation's peer: `msp` and `tls` are in here.
    pub(super) fn peer_node(&self, domain: &str) -> PathBuf {
        self.peer_organization(domain)
            .join("peers")
            .join(format!("peer0.{domain}"))
    }

    /// The authority of a peer's TLS certificate.
    pub(super) fn peer_tls_ca(&self, domain: &str) -> PathBuf {
        self.peer_node(domain).join("tls/ca.crt")
    }

    /// The MSP folder of a peer organisation's administrator.
    pub(super) fn admin_msp(&self, domain: &str) -> PathBuf {
        self.peer_organization(domain)
            .join("users")
            .join(format!("Admin@{domain}"))
            .join("msp")
    }

    fn orderer_organization(&self) -> PathBuf {
        self.0.join("ordererOrganizations").join(ORDERER_DOMAIN)
    }

    fn peer_organization(&self, domain: &str) -> PathBuf {
        self.0.join("peerOrganizations").join(domain)
    }
}

/// MSP id and domain of the organisation with this index, as in Fabric's test-network.
pub(super) fn peer_organization(index: usize) -> (String, String) {
    let number = index + 1;
    (
        format!("Org{number}MSP"),
        format!("org{number}.example.com"),
    )
}

/// The one file in a folder that holds a single key or certificate, whatever its name.
pub(super) fn single_file(folder: &Path) -> Result<PathBuf, Error> {
    let entries = fs::read_dir(folder).map_err(Error::io("read", folder))?;
    let first = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .next();
    first.ok_or_else(|| Error::io("find a file in", folder)(std::io::ErrorKind::NotFound.into()))
}

/// Makes the certificates and keys of an orderer and `count` organisations with a peer, an
/// administrator and a user each.
pub(super) async fn generate(tools: &Tools, count: u16, folder: &Path) -> Result<(), Error> {
    let path = tools.configuration().join("crypto-config.yaml");
    fs::write(&path, specification(count)).map_err(Error::io("write", &path))?;
    let (path, folder) = (path.display().to_string(), folder.display().to_string());
    let arguments = ["generate", "--config", &path, "--output", &folder];
    tools.run("cryptogen", &[], arguments).await.map(drop)
}

fn specification(count: u16) -> String {
    let names = "SANS: [localhost, 127.0.0.1]";
    let mut text = format!(
        "OrdererOrgs:\n  - Name: Orderer\n    Domain: {ORDERER_DOMAIN}\n    EnableNodeOUs: true\n    \
         Specs:\n      - {{ Hostname: orderer, {names} }}\nPeerOrgs:\n"
    );
    for index in 0..usize::from(count) {
        let (_, domain) = peer_organization(index);
        let number = index + 1;
        let _ = write!(
            text,
            "  - Name: Org{number}\n    Domain: {domain}\n    EnableNodeOUs: true\n    \
             Template: {{ Count: 1, {names} }}\n    Users: {{ Count: 1 }}\n"
        );
    }
    text
}
