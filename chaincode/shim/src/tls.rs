//! TLS of the server's port: which files or texts, and what rustls makes of them.
//!
//! Keys are never logged; `Debug` shows paths only.

pub(crate) mod reload;

use std::{
    error::Error,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};

/// Whether the port speaks TLS, and with what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TlsMode {
    /// No TLS: only for a peer on the same machine or a network that encrypts.
    #[default]
    Plain,
    /// TLS with material in files. Files that change are taken into use for new connections; where
    /// they do not fit together, the server goes on with what it has.
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
    Unusable(#[source] Box<dyn Error + Send + Sync>),
}

impl TlsMode {
    /// The material as rustls takes it; nothing for plain connections.
    pub(crate) fn load(&self) -> Result<Option<Arc<ServerConfig>>, TlsError> {
        match self {
            Self::Plain => Ok(None),
            Self::Files(files) => files.load()?.config().map(Some),
            Self::Pem(pem) => pem.config().map(Some),
        }
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

impl TlsPem {
    fn config(&self) -> Result<Arc<ServerConfig>, TlsError> {
        self.server_config().map_err(TlsError::Unusable)
    }

    fn server_config(&self) -> Result<Arc<ServerConfig>, Box<dyn Error + Send + Sync>> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(ca) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates(ca)? {
                    roots.add(certificate)?;
                }
                let roots = Arc::new(roots);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
                builder.with_client_cert_verifier(verifier.build()?)
            }
        };
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes())?;
        let mut config = builder.with_single_cert(certificates(&self.certificate)?, key)?;
        // A gRPC client speaks nothing else.
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Arc::new(config))
    }
}

/// All certificates of a PEM text, of which there is at least one.
fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, Box<dyn Error + Send + Sync>> {
    let found = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>()?;
    if found.is_empty() {
        return Err("there is no certificate in the PEM text".into());
    }
    Ok(found)
}

fn text(path: &Path) -> Result<String, TlsError> {
    std::fs::read_to_string(path).map_err(|source| TlsError::Unreadable {
        path: path.to_owned(),
        source,
    })
}
