//! `network.json`: what a running network tells other processes about itself.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::DevnetError;

/// Name of the file in the network's folder.
pub const FILE_NAME: &str = "network.json";

/// Contents of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateFile {
    /// Always `embedded`.
    pub kind: String,
    /// Process that serves the network.
    pub pid: u32,
    /// Name of the channel.
    pub channel: String,
    /// Admin endpoint, plain HTTP on loopback.
    pub admin: SocketAddr,
    /// Orderer, gRPC over TLS.
    pub orderer: SocketAddr,
    /// One peer per organisation.
    pub peers: Vec<PeerEntry>,
    /// Folder of certificates and keys, in cryptogen's layout.
    pub organizations: PathBuf,
}

/// A peer's endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerEntry {
    /// MSP id of the peer's organisation.
    pub msp_id: String,
    /// Peer, gRPC over TLS.
    pub address: SocketAddr,
    /// File with the certificate that the endpoint's own is signed by.
    pub tls_ca: PathBuf,
}

impl StateFile {
    /// Reads the file of a network's folder; none where no network has run there.
    ///
    /// # Errors
    /// When the file cannot be read or is not what a network writes.
    pub fn read(dir: &Path) -> Result<Option<Self>, DevnetError> {
        let path = dir.join(FILE_NAME);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(DevnetError::File { path, source }),
        };
        serde_json::from_slice(&text)
            .map(Some)
            .map_err(|source| DevnetError::StateFile { path, source })
    }

    /// Replaces the file in one step, so that a reader never sees half of it.
    pub(crate) fn write(&self, dir: &Path) -> Result<(), DevnetError> {
        let path = dir.join(FILE_NAME);
        let text = serde_json::to_vec_pretty(self).map_err(|source| DevnetError::StateFile {
            path: path.clone(),
            source,
        })?;
        let draft = dir.join(format!("{FILE_NAME}.new"));
        std::fs::write(&draft, text)
            .and_then(|()| std::fs::rename(&draft, &path))
            .map_err(|source| DevnetError::File { path, source })
    }
}
