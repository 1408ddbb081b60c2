//! Where the files of organisations stand: the tree that `cryptogen` makes and that Fabric's
//! samples expect.
//!
//! ```text
//! organizations/
//!   peerOrganizations/org1.example.com/
//!     ca/ tlsca/ msp/
//!     peers/peer0.org1.example.com/{msp,tls}/
//!     users/{Admin,User1}@org1.example.com/{msp,tls}/
//!   ordererOrganizations/example.com/
//!     ca/ tlsca/ msp/
//!     orderers/orderer.example.com/{msp,tls}/
//!     users/Admin@example.com/{msp,tls}/
//! ```
//!
//! The functions only join names; they never look at the disk. Organisations of peers are
//! numbered from 1, peers of an organisation from 0.

use std::path::{Path, PathBuf};

pub use crate::organization::OrganizationKind;

/// Domain of the organisation that runs the orderer.
pub const ORDERER_DOMAIN: &str = "example.com";
/// MSP of the organisation that runs the orderer.
pub const ORDERER_MSP_ID: &str = "OrdererMSP";
/// Short host name of the orderer.
pub const ORDERER_HOST: &str = "orderer";
/// Name of an organisation's administrator.
pub const ADMIN: &str = "Admin";

/// `org1.example.com`
#[must_use]
pub fn organization_domain(number: usize) -> String {
    format!("org{number}.{ORDERER_DOMAIN}")
}

/// `Org1MSP`
#[must_use]
pub fn organization_msp_id(number: usize) -> String {
    format!("Org{number}MSP")
}

/// `peer0.org1.example.com`
#[must_use]
pub fn peer_host(number: usize, peer: usize) -> String {
    format!("peer{peer}.{}", organization_domain(number))
}

/// `orderer.example.com`
#[must_use]
pub fn orderer_host() -> String {
    format!("{ORDERER_HOST}.{ORDERER_DOMAIN}")
}

/// Folders of one organisation, whatever its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationLayout {
    dir: PathBuf,
    domain: String,
    kind: OrganizationKind,
}

impl OrganizationLayout {
    /// The organisation of this domain, in a folder `organizations`.
    pub fn new(
        organizations_dir: impl AsRef<Path>,
        kind: OrganizationKind,
        domain: impl Into<String>,
    ) -> Self {
        let domain = domain.into();
        let group = match kind {
            OrganizationKind::Peer => "peerOrganizations",
            OrganizationKind::Orderer => "ordererOrganizations",
        };
        let dir = organizations_dir.as_ref().join(group).join(&domain);
        Self { dir, domain, kind }
    }

    /// The numbered organisation of peers.
    pub fn peer(organizations_dir: impl AsRef<Path>, number: usize) -> Self {
        Self::new(
            organizations_dir,
            OrganizationKind::Peer,
            organization_domain(number),
        )
    }

    /// The organisation of the orderer.
    pub fn orderer(organizations_dir: impl AsRef<Path>) -> Self {
        Self::new(organizations_dir, OrganizationKind::Orderer, ORDERER_DOMAIN)
    }

    /// The organisation's own folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The organisation's MSP: authorities and `config.yaml`, no keys.
    #[must_use]
    pub fn msp(&self) -> PathBuf {
        self.dir.join("msp")
    }

    /// Certificate and key of the authority for identities.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        self.dir.join("ca")
    }

    /// Certificate and key of the authority for TLS.
    #[must_use]
    pub fn tls_ca(&self) -> PathBuf {
        self.dir.join("tlsca")
    }

    /// The authority for TLS, as a PEM file.
    #[must_use]
    pub fn tls_ca_certificate(&self) -> PathBuf {
        self.tls_ca()
            .join(format!("tlsca.{}-cert.pem", self.domain))
    }

    /// Folder of a peer or orderer, by short host name: `peer0`.
    #[must_use]
    pub fn node(&self, host: &str) -> PathBuf {
        let group = match self.kind {
            OrganizationKind::Peer => "peers",
            OrganizationKind::Orderer => "orderers",
        };
        self.dir.join(group).join(format!("{host}.{}", self.domain))
    }

    /// Folder of a user, by short name: `Admin`, `User1`.
    #[must_use]
    pub fn user(&self, name: &str) -> PathBuf {
        self.dir
            .join("users")
            .join(format!("{name}@{}", self.domain))
    }
}

/// MSP of an organisation of peers, for channel configurations.
pub fn organization_msp(organizations_dir: impl AsRef<Path>, number: usize) -> PathBuf {
    OrganizationLayout::peer(organizations_dir, number).msp()
}

/// MSP folder of a peer.
pub fn peer_msp(organizations_dir: impl AsRef<Path>, number: usize, peer: usize) -> PathBuf {
    peer_dir(organizations_dir, number, peer).join("msp")
}

/// Folder with `server.crt`, `server.key` and `ca.crt` of a peer.
pub fn peer_tls(organizations_dir: impl AsRef<Path>, number: usize, peer: usize) -> PathBuf {
    peer_dir(organizations_dir, number, peer).join("tls")
}

/// The certificate that a client of a peer trusts for TLS.
pub fn peer_tls_ca(organizations_dir: impl AsRef<Path>, number: usize, peer: usize) -> PathBuf {
    peer_tls(organizations_dir, number, peer).join("ca.crt")
}

/// MSP folder of a user: `Admin`, `User1`.
pub fn user_msp(organizations_dir: impl AsRef<Path>, number: usize, user: &str) -> PathBuf {
    OrganizationLayout::peer(organizations_dir, number)
        .user(user)
        .join("msp")
}

/// Folder with `client.crt`, `client.key` and `ca.crt` of a user.
pub fn user_tls(organizations_dir: impl AsRef<Path>, number: usize, user: &str) -> PathBuf {
    OrganizationLayout::peer(organizations_dir, number)
        .user(user)
        .join("tls")
}

/// MSP of the orderer's organisation, for channel configurations.
pub fn orderer_organization_msp(organizations_dir: impl AsRef<Path>) -> PathBuf {
    OrganizationLayout::orderer(organizations_dir).msp()
}

/// MSP folder of the orderer.
pub fn orderer_msp(organizations_dir: impl AsRef<Path>) -> PathBuf {
    OrganizationLayout::orderer(organizations_dir)
        .node(ORDERER_HOST)
        .join("msp")
}

/// Folder with `server.crt`, `server.key` and `ca.crt` of the orderer.
pub fn orderer_tls(organizations_dir: impl AsRef<Path>) -> PathBuf {
    OrganizationLayout::orderer(organizations_dir)
        .node(ORDERER_HOST)
        .join("tls")
}

/// The certificate that a client of the orderer trusts for TLS.
pub fn orderer_tls_ca(organizations_dir: impl AsRef<Path>) -> PathBuf {
    orderer_tls(organizations_dir).join("ca.crt")
}

/// MSP folder of a user of the orderer's organisation.
pub fn orderer_user_msp(organizations_dir: impl AsRef<Path>, user: &str) -> PathBuf {
    OrganizationLayout::orderer(organizations_dir)
        .user(user)
        .join("msp")
}

/// Folder with `client.crt`, `client.key` and `ca.crt` of a user of the orderer's organisation.
pub fn orderer_user_tls(organizations_dir: impl AsRef<Path>, user: &str) -> PathBuf {
    OrganizationLayout::orderer(organizations_dir)
        .user(user)
        .join("tls")
}

fn peer_dir(organizations_dir: impl AsRef<Path>, number: usize, peer: usize) -> PathBuf {
    OrganizationLayout::peer(organizations_dir, number).node(&format!("peer{peer}"))
}
