//! A server whose ports are open: gRPC with health, the operations port, and an orderly end.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use fabric_protos::peer::chaincode_server::ChaincodeServer;
use rustls::ServerConfig;
use tokio::{net::TcpListener, sync::watch};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tonic::transport::server::{Router, TcpIncoming};
use tonic_health::server::HealthReporter;

use super::{Listener, ServeError};
use crate::{
    acceptor, drain,
    message::MESSAGE_BYTES_MAX,
    operations,
    runtime::Runtime,
    service::ConnectService,
    tls::{TlsMode, reload},
};

/// As Fabric's own server: a peer that is gone is noticed within about a minute.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(60);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// A peer needs one stream on its connection, and health checks a few.
const STREAMS_PER_CONNECTION_MAX: u32 = 128;

/// A server whose port is open: peers may connect, and are served once it runs.
#[derive(Debug)]
pub struct BoundServer {
    pub(super) runtime: Arc<Runtime>,
    /// What TLS begins with, and where changes of it come from.
    pub(super) material: Option<(Arc<ServerConfig>, TlsMode)>,
    pub(super) listener: Listener,
    pub(super) operations: Option<Listener>,
}

impl BoundServer {
    /// The address that peers connect to.
    #[must_use]
    pub fn local_address(&self) -> SocketAddr {
        self.listener.address
    }

    /// The address of `/metrics`, `/healthz` and `/readyz`, if there is one.
    #[must_use]
    pub fn operations_address(&self) -> Option<SocketAddr> {
        self.operations.as_ref().map(|listener| listener.address)
    }

    /// Serves peers until the future completes, then ends in order: new transactions are answered
    /// with ERROR (gateways go to another peer), those in flight finish within the drain timeout,
    /// every stream ends, and this returns, whatever the peers do.
    ///
    /// # Errors
    /// The gRPC server fails or ends by itself.
    pub async fn serve_with_shutdown(
        self,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), ServeError> {
        let runtime = self.runtime;
        let connect = ConnectService::new(Arc::clone(&runtime));
        let sessions = connect.sessions.clone();
        let (health, health_service) = tonic_health::server::health_reporter();
        let _operations = self.operations.map(|listener| {
            let serving = operations::serve(listener.socket, Arc::clone(&runtime));
            AbortOnDropHandle::new(tokio::spawn(serving))
        });
        let closed = CancellationToken::new();
        health
            .set_serving::<ChaincodeServer<ConnectService>>()
            .await;
        let router = grpc()
            .add_service(health_service)
            .add_service(service(connect));
        tracing::info!(
            address = %self.listener.address,
            chaincode_id = runtime.chaincode_id(),
            "waiting for peers"
        );
        let serving = serving(
            router,
            self.listener.socket,
            self.material,
            &runtime,
            &closed,
        );
        let mut serving = std::pin::pin!(serving);
        let draining = async {
            tokio::select! {
                () = shutdown => {}
                () = report_health(&runtime, &health) => {}
            }
            health
                .set_not_serving::<ChaincodeServer<ConnectService>>()
                .await;
            drain::run(&runtime, &sessions).await;
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

/// Tells health checks whether a transaction would be begun, for ever.
async fn report_health(runtime: &Runtime, health: &HealthReporter) {
    let mut given_up = runtime.threads.given_up();
    loop {
        if runtime.is_ready() {
            health
                .set_serving::<ChaincodeServer<ConnectService>>()
                .await;
        } else {
            tracing::error!("too many threads never ended; taking no more transactions");
            health
                .set_not_serving::<ChaincodeServer<ConnectService>>()
                .await;
        }
        if given_up.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}

/// Serves connections, plain or with TLS that follows its files, until `closed`.
async fn serving(
    router: Router,
    listener: TcpListener,
    material: Option<(Arc<ServerConfig>, TlsMode)>,
    runtime: &Runtime,
    closed: &CancellationToken,
) -> Result<(), tonic::transport::Error> {
    let closed = closed.clone().cancelled_owned();
    let Some((material, mode)) = material else {
        // Without TCP_NODELAY each request to the peer waits for a delayed acknowledgement.
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        return router.serve_with_incoming_shutdown(incoming, closed).await;
    };
    let (sender, current) = watch::channel(material);
    let incoming = acceptor::with_tls(listener, current);
    let serving = router.serve_with_incoming_shutdown(incoming, closed);
    match mode {
        TlsMode::Files(files) => {
            let interval = runtime.limits.tls_reload_interval;
            let follow = reload::follow(files, interval, sender, &runtime.metrics);
            tokio::select! {
                outcome = serving => outcome,
                () = follow => Ok(()),
            }
        }
        TlsMode::Plain | TlsMode::Pem(_) => serving.await,
    }
}

fn service(connect: ConnectService) -> ChaincodeServer<ConnectService> {
    ChaincodeServer::new(connect)
        .max_decoding_message_size(MESSAGE_BYTES_MAX)
        .max_encoding_message_size(MESSAGE_BYTES_MAX)
}

/// The gRPC server's settings.
fn grpc() -> tonic::transport::Server {
    tonic::transport::Server::builder()
        .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
}
