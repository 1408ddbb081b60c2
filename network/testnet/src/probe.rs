//! A chaincode whose transactions say themselves what they do, written against the stream protocol
//! by hand: the way to see exactly what a peer answers, with nothing between.
//!
//! The first argument of a transaction is a [`Script`]: a JSON list of [`Op`]s, most of which are a
//! message to the peer. The response's payload is the list of [`Answer`]s. A refused operation does not
//! end the script. It shares no code with `fabric-chaincode-shim`, so that it cannot share a mistake.

mod data;
mod gates;
mod request;
mod script;
mod stream;
mod transaction;
mod transcript;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use fabric_protos::peer::chaincode_server::ChaincodeServer;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;

pub use data::Data;
pub use script::{Answer, Key, Op, Page, Row};
pub use transcript::Frame;

use crate::error::Error;
use gates::Gates;
use stream::Service;

/// What a transaction does, in order.
pub type Script = Vec<Op>;

/// What peers send at most, and what they take.
const MESSAGE_BYTES_MAX: usize = 100 << 20;

/// A running probe; stops when dropped.
#[derive(Debug)]
pub struct Probe {
    address: SocketAddr,
    service: Service,
}

impl Probe {
    /// Listens on a free loopback port.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub async fn start() -> Result<Self, Error> {
        Self::at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
    }

    /// Listens on an address that may have been another probe's.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub async fn at(address: SocketAddr) -> Result<Self, Error> {
        let text = address.to_string();
        let failure = |source| Error::io("listen on", Path::new(&text))(source);
        let listener = TcpListener::bind(address).await.map_err(failure)?;
        let address = listener.local_addr().map_err(failure)?;
        let service = Service {
            id: Arc::new(Mutex::new("probe:1".to_owned())),
            gates: Arc::new(Gates::new()),
            transcript: Arc::default(),
            streams: Arc::default(),
            stop: CancellationToken::new(),
        };
        let server = ChaincodeServer::new(service.clone())
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX);
        let stop = service.stop.clone();
        let serve = Server::builder()
            .add_service(server)
            .serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(async move {
            tokio::select! {
                result = serve => if let Err(error) = result {
                    tracing::error!(%error, "the probe has stopped");
                },
                () = stop.cancelled() => {}
            }
        });
        Ok(Self { address, service })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets the id that it registers with: a real peer wants the id of the package.
    pub fn register_as(&self, id: &str) {
        let mut own = self
            .service
            .id
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        id.clone_into(&mut own);
    }

    /// The id that it registers with.
    #[must_use]
    pub fn id(&self) -> String {
        let own = self
            .service
            .id
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        own.clone()
    }

    /// Opens a gate for the transactions that [`Op::Await`] it, now and later.
    pub fn open(&self, gate: &str) {
        self.service.gates.open(gate);
    }

    /// Waits until this many transactions, on whichever peers, have come to a gate.
    pub async fn arrived(&self, gate: &str, count: usize) {
        self.service.gates.arrived(gate, count).await;
    }

    /// Stops serving; peers find nothing at the address.
    pub fn stop(&self) {
        self.service.stop.cancel();
    }

    /// Every message of a transaction, both directions, of all peers that ran it.
    #[must_use]
    pub fn transcript(&self, transaction_id: &str) -> Vec<Frame> {
        self.service.transcript.of(transaction_id)
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The only argument of a transaction with this script.
#[must_use]
pub fn argument(script: &[Op]) -> Vec<u8> {
    // Names and strings only: nothing in a script cannot be written as JSON.
    serde_json::to_vec(script).unwrap_or_default()
}
