//! `network.json`: what a running network tells other processes about itself.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{DevnetError, Settings};

/// Name of the file in the network's folder.
pub const FILE_NAME: &str = "network.json";

/// The kind of network that this crate is.
pub(crate) const EMBEDDED: &str = "embedded";

/// What the state file of a network of any kind says.
#[derive(Deserialize)]
struct Kind {
    kind: String,
}

/// Contents of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateFile {
    /// Always `embedded`.
    pub kind: String,
    /// Process that serves the network.
    pub pid: u32,
    /// Name of the first channel, which is meant where none is named.
    pub channel: String,
    /// All channels.
    #[serde(default)]
    pub channels: Vec<ChannelEntry>,
    /// Admin endpoint, plain HTTP on loopback.
    pub admin: SocketAddr,
    /// Orderer, gRPC over TLS.
    pub orderer: SocketAddr,
    /// The first peers of all organisations, then the second ones, and so on.
    pub peers: Vec<PeerEntry>,
    /// Folder of certificates and keys, in cryptogen's layout.
    pub organizations: PathBuf,
    /// How it was started.
    #[serde(default)]
    pub settings: Settings,
}

/// A channel of the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelEntry {
    /// Its name.
    pub name: String,
    /// MSP ids of its members, all of whose peers have joined it.
    pub organizations: Vec<String>,
}

/// A peer's endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerEntry {
    /// Host name, as its certificates have it: `peer0.org1.example.com`.
    #[serde(default)]
    pub name: String,
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
    /// When the file cannot be read, or is not what an embedded network writes.
    pub fn read(dir: &Path) -> Result<Option<Self>, DevnetError> {
        let path = dir.join(FILE_NAME);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(DevnetError::File { path, source }),
        };
        let unreadable = |source| DevnetError::StateFile { path, source };
        match serde_json::from_slice(&text).map(|Kind { kind }| kind) {
            Ok(kind) if kind != EMBEDDED => Err(DevnetError::OtherNetwork(format!(
                "it is of the kind `{kind}`"
            ))),
            _ => serde_json::from_slice(&text).map(Some).map_err(unreadable),
        }
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
