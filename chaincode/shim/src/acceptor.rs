//! Connections as they come in, with TLS where the port speaks it.
//!
//! A connection that does not begin TLS delays no other and is closed after a while.

use std::{io, sync::Arc, time::Duration};

use futures::{Stream, StreamExt as _, stream, stream::FuturesUnordered};
use rustls::ServerConfig;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// A peer that opens a connection and does not begin TLS holds a socket no longer than this.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Handshakes at once; networks have tens of peers, each with one connection.
const HANDSHAKES_MAX: usize = 256;

/// After an error of the system (no file descriptors left, say) it is left alone for a moment.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Connections whose handshake is done. Never fails: a connection that does is closed.
pub(crate) fn with_tls(
    listener: TcpListener,
    material: watch::Receiver<Arc<ServerConfig>>,
) -> impl Stream<Item = io::Result<TlsStream<TcpStream>>> + Send {
    let handshakes = FuturesUnordered::new();
    let state = (listener, material, handshakes);
    stream::unfold(state, |(listener, material, mut handshakes)| async move {
        loop {
            tokio::select! {
                connection = accept(&listener), if handshakes.len() < HANDSHAKES_MAX => {
                    let config = Arc::clone(&material.borrow());
                    handshakes.push(handshake(connection, config));
                }
                Some(done) = handshakes.next(), if !handshakes.is_empty() => {
                    if let Some(stream) = done {
                        return Some((Ok(stream), (listener, material, handshakes)));
                    }
                }
            }
        }
    })
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((connection, _)) => return connection,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn handshake(
    connection: TcpStream,
    config: Arc<ServerConfig>,
) -> Option<TlsStream<TcpStream>> {
    // Without TCP_NODELAY each request to the peer waits for a delayed acknowledgement.
    connection.set_nodelay(true).ok()?;
    let handshake = TlsAcceptor::from(config).accept(connection);
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, handshake).await {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            tracing::warn!(%error, "a connection does not speak TLS as this port does");
            None
        }
        Err(_) => None,
    }
}
