//! A server: what it is told, and the opening of its ports.

mod bound;

use std::{net::SocketAddr, sync::Arc};

use fabric_contract_api_rust::peer::Chaincode;
use tokio::net::TcpListener;

use crate::{
    limits::Limits,
    runtime::Runtime,
    settings::Settings,
    tls::{TlsError, TlsMode},
};

pub use bound::BoundServer;

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
                operations_address: None,
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

    /// Where to serve `/metrics`, `/healthz` and `/readyz`, `host:port`; nowhere unless set.
    #[must_use]
    pub fn operations_address(mut self, address: impl Into<String>) -> Self {
        self.settings.operations_address = Some(address.into());
        self
    }

    /// Bounds of time, number and bytes.
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
        let material = self.settings.tls.load()?;
        let listener = listen(&self.settings.address).await?;
        let operations = match &self.settings.operations_address {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let runtime = Runtime::new(self.settings.id, self.chaincode, self.settings.limits);
        Ok(BoundServer {
            runtime: Arc::new(runtime),
            material: material.map(|material| (material, self.settings.tls)),
            listener,
            operations,
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

/// A port that is open.
#[derive(Debug)]
struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

/// Opens a port. `:9999` means every interface, as Go has it.
async fn listen(address: &str) -> Result<Listener, ServeError> {
    let unusable = |source| ServeError::Address {
        address: address.to_owned(),
        source,
    };
    let wanted = match address.strip_prefix(':') {
        Some(port) => format!("0.0.0.0:{port}"),
        None => address.to_owned(),
    };
    let socket = TcpListener::bind(wanted).await.map_err(unusable)?;
    let address = socket.local_addr().map_err(unusable)?;
    Ok(Listener { socket, address })
}
