//! Where a peer listens, and how the connection to it is made.

use std::time::Duration;

use aws_lc_rs::digest;
use bytes::Bytes;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity as TlsIdentity};

/// Fabric's peers close connections that are pinged more often than once a minute.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(60);
/// How long a ping may go unanswered before the connection counts as dead.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// A peer that does not accept within this time is down, for the purpose of trying another.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Room for one stream of blocks to run ahead of the reader.
const STREAM_WINDOW_BYTES: u32 = 4 << 20;
/// What HTTP/2 begins with (RFC 9113, section 6.9.2).
const STREAM_WINDOW_BYTES_MIN: u32 = 65_535;
/// Never the limit: otherwise readers that are slow with their streams would stop all other calls of
/// the connection. What is kept for a stream is bounded by its own window.
const CONNECTION_WINDOW_BYTES: u32 = 1 << 30;
/// Errors carry the text of every endorser in their trailers, some twice.
const HEADER_LIST_BYTES_MAX: u32 = 1 << 20;

/// The address of a peer's gateway, with what is needed to trust it.
#[derive(Debug, Clone)]
pub struct Endpoint {
    url: String,
    transport: tonic::transport::Endpoint,
    tls: Option<ClientTlsConfig>,
    client_certificate_hash: Bytes,
}

/// An endpoint was refused before any connection was tried.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// The address is not one.
    #[error("{url} is no address of a peer; write it as https://host:port")]
    InvalidUrl {
        /// What was given.
        url: String,
        /// Why.
        #[source]
        source: tonic::transport::Error,
    },
    /// The scheme does not fit.
    #[error("{url} must begin with {expected}://")]
    WrongScheme {
        /// What was given.
        url: String,
        /// `https` or `http`.
        expected: &'static str,
    },
    /// A certificate or key for TLS cannot be used.
    #[error("the TLS settings for {url} are refused; check that the files are in PEM")]
    InvalidTls {
        /// The address.
        url: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is no peer to talk to.
    #[error("no endpoint was given; add one with GatewayBuilder::endpoint")]
    Missing,
    /// The peer could not be reached.
    #[error(
        "cannot connect to {url}; check that the peer runs there and that the TLS CA is its own"
    )]
    Unreachable {
        /// The address.
        url: String,
        /// Why.
        #[source]
        source: tonic::transport::Error,
    },
}

impl Endpoint {
    /// A peer with TLS at `https://host:port`; its certificate must come from an authority in
    /// `authority_pem` and name the host.
    ///
    /// # Errors
    ///
    /// [`EndpointError`] if address or certificate are unusable.
    pub fn tls(
        url: impl Into<String>,
        authority_pem: impl AsRef<[u8]>,
    ) -> Result<Self, EndpointError> {
        let mut endpoint = Self::new(url.into(), "https")?;
        // An authority that is none would only show as a failed handshake, later.
        certificate_hash(authority_pem.as_ref()).map_err(|source| endpoint.invalid_tls(source))?;
        endpoint.tls =
            Some(ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority_pem)));
        Ok(endpoint)
    }

    /// A peer without TLS at `http://host:port`, for networks where something else protects the wire.
    ///
    /// # Errors
    ///
    /// [`EndpointError`] if the address is unusable.
    pub fn plain(url: impl Into<String>) -> Result<Self, EndpointError> {
        Self::new(url.into(), "http")
    }

    fn new(url: String, scheme: &'static str) -> Result<Self, EndpointError> {
        let transport = tonic::transport::Endpoint::from_shared(url.clone()).map_err(|source| {
            EndpointError::InvalidUrl {
                url: url.clone(),
                source,
            }
        })?;
        if transport.uri().scheme_str() != Some(scheme) {
            return Err(EndpointError::WrongScheme {
                url,
                expected: scheme,
            });
        }
        Ok(Self {
            url,
            transport: tuned(transport),
            tls: None,
            client_certificate_hash: Bytes::new(),
        })
    }

    /// Expects this name in the peer's certificate instead of the host of the address.
    #[must_use]
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.tls = self.tls.map(|tls| tls.domain_name(name));
        self
    }

    /// Shows a client certificate, for peers that demand one.
    ///
    /// # Errors
    ///
    /// [`EndpointError::InvalidTls`] if the certificate is not in PEM.
    pub fn client_certificate(
        mut self,
        certificate_pem: impl AsRef<[u8]>,
        key_pem: impl AsRef<[u8]>,
    ) -> Result<Self, EndpointError> {
        let hash = certificate_hash(certificate_pem.as_ref())
            .map_err(|source| self.invalid_tls(source))?;
        self.client_certificate_hash = hash;
        self.tls = self
            .tls
            .map(|tls| tls.identity(TlsIdentity::from_pem(certificate_pem, key_pem)));
        Ok(self)
    }

    /// Gives up on a connection attempt after this time.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.transport = self.transport.connect_timeout(limit);
        self
    }

    /// Lets each stream run ahead of its reader by so many bytes at most; 4 MiB without this. It is the
    /// only buffer of a stream, beside the message that is coming. At least 64 KiB, which HTTP/2
    /// begins with.
    #[must_use]
    pub fn stream_buffer_bytes(mut self, bytes: u32) -> Self {
        let bytes = bytes.clamp(STREAM_WINDOW_BYTES_MIN, CONNECTION_WINDOW_BYTES);
        self.transport = self.transport.initial_stream_window_size(bytes);
        self
    }

    /// The address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// SHA-256 of the client certificate, which requests for blocks must name; empty without one.
    pub(crate) fn client_certificate_hash(&self) -> &Bytes {
        &self.client_certificate_hash
    }

    /// A connection that is made when the first call needs it.
    pub(crate) fn connect_lazy(&self) -> Result<Channel, EndpointError> {
        Ok(self.secured()?.connect_lazy())
    }

    /// Checks that a connection can be made.
    pub(crate) async fn probe(&self) -> Result<(), EndpointError> {
        let connected = self.secured()?.connect().await;
        connected
            .map(drop)
            .map_err(|source| EndpointError::Unreachable {
                url: self.url.clone(),
                source,
            })
    }

    fn secured(&self) -> Result<tonic::transport::Endpoint, EndpointError> {
        let transport = self.transport.clone();
        let Some(tls) = &self.tls else {
            return Ok(transport);
        };
        transport
            .tls_config(tls.clone())
            .map_err(|source| self.invalid_tls(source))
    }

    fn invalid_tls(
        &self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> EndpointError {
        EndpointError::InvalidTls {
            url: self.url.clone(),
            source: source.into(),
        }
    }
}

fn tuned(transport: tonic::transport::Endpoint) -> tonic::transport::Endpoint {
    transport
        .tcp_nodelay(true)
        .connect_timeout(CONNECT_TIMEOUT)
        .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .http2_max_header_list_size(HEADER_LIST_BYTES_MAX)
}

/// SHA-256 of the DER form of the first certificate: peers hash what the handshake showed.
fn certificate_hash(text: &[u8]) -> Result<Bytes, Box<dyn std::error::Error + Send + Sync>> {
    let blocks = pem::parse_many(text)?;
    let certificate = blocks
        .iter()
        .find(|block| block.tag() == "CERTIFICATE")
        .ok_or("there is no certificate in it")?;
    Ok(Bytes::copy_from_slice(
        digest::digest(&digest::SHA256, certificate.contents()).as_ref(),
    ))
}
