//! TLS of the server's port: which files or texts, and what tonic makes of them.
//!
//! Keys are never logged; `Debug` shows paths only.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use tonic::transport::{Certificate, Identity, ServerTlsConfig};

/// A peer that opens a connection and does not begin TLS holds a socket no longer than this.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Whether the port speaks TLS, and with what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TlsMode {
    /// No TLS: only for a peer on the same machine or a network that encrypts.
    #[default]
    Plain,
    /// TLS with material in files, read once when the server starts.
    Files(TlsFiles),
    /// TLS with material in memory.
    Pem(TlsPem),
}

/// Paths of PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The private key.
    pub key: PathBuf,
    /// The certificate chain; it names the host of `connection.json`'s `address`.
    pub certificate: PathBuf,
    /// The CA of the peers' certificates; present means mutual TLS.
    pub client_ca: Option<PathBuf>,
}

/// PEM texts.
#[derive(Clone, PartialEq, Eq)]
pub struct TlsPem {
    /// The private key.
    pub key: String,
    /// The certificate chain; it names the host of `connection.json`'s `address`.
    pub certificate: String,
    /// The CA of the peers' certificates; present means mutual TLS.
    pub client_ca: Option<String>,
}

impl fmt::Debug for TlsPem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TlsPem")
            .field("mutual", &self.client_ca.is_some())
            .finish_non_exhaustive()
    }
}

/// Why TLS material cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The texts are not a key and certificates that belong together.
    #[error("the TLS key and certificates do not make a server identity; check the PEM files")]
    Unusable(#[source] tonic::transport::Error),
}

impl TlsMode {
    /// The material as tonic takes it; nothing for plain connections.
    pub(crate) fn load(&self) -> Result<Option<ServerTlsConfig>, TlsError> {
        let pem = match self {
            Self::Plain => return Ok(None),
            Self::Files(files) => &files.load()?,
            Self::Pem(pem) => pem,
        };
        let config = ServerTlsConfig::new()
            .identity(Identity::from_pem(&pem.certificate, &pem.key))
            .timeout(HANDSHAKE_TIMEOUT);
        Ok(Some(match &pem.client_ca {
            Some(ca) => config.client_ca_root(Certificate::from_pem(ca)),
            None => config,
        }))
    }
}

impl TlsFiles {
    fn load(&self) -> Result<TlsPem, TlsError> {
        Ok(TlsPem {
            key: text(&self.key)?,
            certificate: text(&self.certificate)?,
            client_ca: self.client_ca.as_deref().map(text).transpose()?,
        })
    }
}

fn text(path: &Path) -> Result<String, TlsError> {
    std::fs::read_to_string(path).map_err(|source| TlsError::Unreadable {
        path: path.to_owned(),
        source,
    })
}
