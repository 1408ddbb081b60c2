//! The server: a port, TLS, gRPC with health, and an orderly end.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use fabric_contract_api_rust::peer::Chaincode;
use fabric_protos::peer::chaincode_server::ChaincodeServer;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::server::TcpIncoming;

use crate::{
    drain,
    message::MESSAGE_BYTES_MAX,
    runtime::Runtime,
    service::ConnectService,
    settings::{Limits, Settings},
    tls::{TlsError, TlsMode},
};

/// As Fabric's own server: a peer that is gone is noticed within about a minute.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(60);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// A peer needs one stream on its connection, and health checks a few.
const STREAMS_PER_CONNECTION_MAX: u32 = 128;

/// Why a server does not start or stops by itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// No id was given.
    #[error("the chaincode id is empty: give the package id that the peers know")]
    NoId,
    /// TLS material cannot be used.
    #[error("TLS cannot be set up")]
    Tls(#[from] TlsError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: is another process using it?")]
    Address {
        /// The address.
        address: String,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The async runtime does not start.
    #[error("cannot start the runtime's threads")]
    Threads(#[source] std::io::Error),
    /// A signal handler cannot be installed.
    #[error("cannot listen for signals")]
    Signals(#[source] std::io::Error),
    /// The gRPC server failed.
    #[error("the gRPC server stopped")]
    Grpc(#[source] tonic::transport::Error),
    /// The gRPC server ended without being asked to.
    #[error("the gRPC server ended by itself")]
    Ended,
}

/// A chaincode server, not yet listening.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Begins to describe a server of a chaincode.
    pub fn builder(chaincode: impl Chaincode) -> ServerBuilder {
        ServerBuilder {
            chaincode: Arc::new(chaincode),
            settings: Settings {
                id: String::new(),
                address: "127.0.0.1:0".to_owned(),
                tls: TlsMode::Plain,
                limits: Limits::default(),
            },
        }
    }
}

/// A description of a server.
pub struct ServerBuilder {
    chaincode: Arc<dyn Chaincode>,
    settings: Settings,
}

impl ServerBuilder {
    /// Takes everything from settings.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// The package id that the peers know the chaincode by.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.settings.id = id.into();
        self
    }

    /// Where to listen, `host:port`; a free port of the loopback interface unless set.
    #[must_use]
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.settings.address = address.into();
        self
    }

    /// TLS; none unless set.
    #[must_use]
    pub fn tls(mut self, tls: TlsMode) -> Self {
        self.settings.tls = tls;
        self
    }

    /// Bounds of time and number.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// Opens the port.
    ///
    /// # Errors
    /// No id, unusable TLS material, or an address that cannot be listened on.
    pub async fn bind(self) -> Result<BoundServer, ServeError> {
        if self.settings.id.is_empty() {
            return Err(ServeError::NoId);
        }
        let grpc = grpc(&self.settings.tls)?;
        let address = self.settings.address;
        let unusable = |source| ServeError::Address {
            address: address.clone(),
            source,
        };
        let listener = TcpListener::bind(every_interface(&address))
            .await
            .map_err(unusable)?;
        let local_address = listener.local_addr().map_err(unusable)?;
        let runtime = Runtime::new(self.settings.id, self.chaincode, self.settings.limits);
        Ok(BoundServer {
            runtime: Arc::new(runtime),
            grpc,
            listener,
            local_address,
        })
    }

    /// Opens the port and serves peers until the future completes; see
    /// [`BoundServer::serve_with_shutdown`].
    ///
    /// # Errors
    /// As [`bind`](Self::bind), or the server fails.
    pub async fn serve_with_shutdown(
        self,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), ServeError> {
        self.bind().await?.serve_with_shutdown(shutdown).await
    }
}

impl std::fmt::Debug for ServerBuilder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ServerBuilder")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// A server whose port is open: peers may connect, and are served once it runs.
#[derive(Debug)]
pub struct BoundServer {
    runtime: Arc<Runtime>,
    grpc: tonic::transport::Server,
    listener: TcpListener,
    local_address: SocketAddr,
}

impl BoundServer {
    /// The address that peers connect to.
    #[must_use]
    pub fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// Serves peers until the future completes, then ends in order: new transactions are answered
    /// with ERROR (gateways go to another peer), those in flight finish within the drain timeout,
    /// every stream ends, and this returns, whatever the peers do.
    ///
    /// # Errors
    /// The gRPC server fails or ends by itself.
    pub async fn serve_with_shutdown(
        mut self,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), ServeError> {
        let connect = ConnectService::new(Arc::clone(&self.runtime));
        let sessions = connect.sessions.clone();
        let service = ChaincodeServer::new(connect)
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX);
        let (health, health_service) = tonic_health::server::health_reporter();
        health
            .set_serving::<ChaincodeServer<ConnectService>>()
            .await;
        let closed = CancellationToken::new();
        let serving = self
            .grpc
            .add_service(health_service)
            .add_service(service)
            .serve_with_incoming_shutdown(
                // Without TCP_NODELAY each request to the peer waits for a delayed acknowledgement.
                TcpIncoming::from(self.listener).with_nodelay(Some(true)),
                closed.clone().cancelled_owned(),
            );
        let mut serving = std::pin::pin!(serving);
        tracing::info!(
            address = %self.local_address,
            chaincode_id = self.runtime.chaincode_id(),
            "waiting for peers"
        );
        let draining = async {
            shutdown.await;
            health
                .set_not_serving::<ChaincodeServer<ConnectService>>()
                .await;
            drain::run(&self.runtime, &sessions).await;
        };
        tokio::select! {
            outcome = &mut serving => {
                outcome.map_err(ServeError::Grpc)?;
                return Err(ServeError::Ended);
            }
            () = draining => {}
        }
        closed.cancel();
        drain::close(serving).await
    }
}

/// The gRPC server's settings.
fn grpc(tls: &TlsMode) -> Result<tonic::transport::Server, ServeError> {
    let server = tonic::transport::Server::builder()
        .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT));
    let Some(config) = tls.load()? else {
        return Ok(server);
    };
    // Another crate of the process may have chosen already; any provider serves.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Ok(server.tls_config(config).map_err(TlsError::Unusable)?)
}

/// `:9999` means every interface, as Go has it.
fn every_interface(address: &str) -> String {
    match address.strip_prefix(':') {
        Some(port) => format!("0.0.0.0:{port}"),
        None => address.to_owned(),
    }
}
