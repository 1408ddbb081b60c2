//! TLS endpoints: a listener, its services, and their end.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures::StreamExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tonic::{
    service::Routes,
    transport::{Identity, Server, ServerTlsConfig, server::TcpIncoming},
};
use tower::util::MapResponseLayer;

use crate::{
    DevnetError,
    error::BoxError,
    limits::{KEEPALIVE_INTERVAL, KEEPALIVE_TIMEOUT, SHUTDOWN_GRACE, TLS_TIMEOUT},
    message_size,
    organizations::NodeTls,
};

/// Flow control of a connection: at 100 MB messages the default of 64 KB would crawl.
const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;

/// How long a listener rests that could not accept a connection, as gRPC servers in Go do at most.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Flow control of a stream.
const STREAM_WINDOW: u32 = 1024 * 1024;

/// Binds an address; port 0 lets the system choose.
pub(crate) async fn bind(address: IpAddr, port: u16) -> Result<TcpListener, DevnetError> {
    let address = SocketAddr::new(address, port);
    TcpListener::bind(address)
        .await
        .map_err(|source| DevnetError::Listen {
            address: address.to_string(),
            source,
        })
}

/// Where a listener listens.
pub(crate) fn local_address(listener: &TcpListener) -> Result<SocketAddr, DevnetError> {
    listener.local_addr().map_err(|source| DevnetError::Listen {
        address: "an endpoint".to_owned(),
        source,
    })
}

/// Serves gRPC over TLS until the network stops; streams that do not end by then are cut off.
pub(crate) fn serve(
    listener: TcpListener,
    tls: &NodeTls,
    routes: Routes,
    shutdown: CancellationToken,
) -> Result<tokio::task::JoinHandle<()>, DevnetError> {
    let identity = Identity::from_pem(&tls.certificate, &tls.key);
    let config = ServerTlsConfig::new()
        .identity(identity)
        .timeout(TLS_TIMEOUT);
    let router = Server::builder()
        .tls_config(config)
        .map_err(|error| DevnetError::Identity(BoxError::from(error)))?
        .initial_connection_window_size(CONNECTION_WINDOW)
        .initial_stream_window_size(STREAM_WINDOW)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .layer(MapResponseLayer::new(message_size::reword))
        .add_routes(routes);
    Ok(tokio::spawn(async move {
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let incoming = incoming.filter_map(accepted);
        let stopping = shutdown.clone();
        let serving = router.serve_with_incoming_shutdown(incoming, shutdown.cancelled_owned());
        tokio::pin!(serving);
        let served = tokio::select! {
            served = &mut serving => served,
            () = async { stopping.cancelled().await; tokio::time::sleep(SHUTDOWN_GRACE).await } => {
                tracing::warn!("connections that would not end were cut off");
                Ok(())
            }
        };
        if let Err(error) = served {
            tracing::error!(%error, "an endpoint failed");
        }
    }))
}

/// A connection that came. One that could not be accepted waits in the system's queue, such as for an
/// open file of this process; the endpoint outlives that.
async fn accepted(connection: io::Result<TcpStream>) -> Option<io::Result<TcpStream>> {
    if let Err(error) = &connection {
        tracing::warn!(%error, "cannot accept a connection; raise `ulimit -n` for more");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
    connection.ok().map(Ok)
}
