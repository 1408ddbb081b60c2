//! A shim on a free port, for a test of its own.

use std::{net::SocketAddr, time::Duration};

use fabric_chaincode_shim::{Limits, ServeError, Server, ServerBuilder};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::oneshot,
    task::JoinHandle,
};

use crate::{contract::Script, mock_peer::PATIENCE};

pub(crate) const ID: &str = "assets_1.0:0123abcd";

/// A running server; dropped, it ends.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) script: Script,
    operations: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<Result<(), ServeError>>,
}

impl Running {
    pub(crate) async fn start() -> Self {
        Self::with_limits(Limits::default()).await
    }

    pub(crate) async fn with_limits(limits: Limits) -> Self {
        Self::with(|server| server.limits(limits)).await
    }

    pub(crate) async fn with(configure: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Self {
        let script = Script::default();
        let server = Server::builder(script.clone()).operations_address("127.0.0.1:0");
        let server = configure(server.id(ID)).bind().await.unwrap();
        let address = server.local_address();
        let operations = server.operations_address().unwrap();
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(server.serve_with_shutdown(async {
            let _ = stopped.await;
        }));
        Self {
            address,
            script,
            operations,
            stop: Some(stop),
            server,
        }
    }

    /// Makes the next `stall` wait, until something is sent.
    pub(crate) fn stalls(&self) -> std::sync::mpsc::Sender<()> {
        let (release, released) = std::sync::mpsc::channel();
        *self.script.stall.lock().unwrap() = Some(released);
        release
    }

    pub(crate) async fn metrics(&self) -> String {
        self.operations("/metrics").await
    }

    /// The answer of the operations port, head and body.
    pub(crate) async fn operations(&self, path: &str) -> String {
        let mut socket = tokio::net::TcpStream::connect(self.operations)
            .await
            .unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let read = socket.read_to_string(&mut answer);
        tokio::time::timeout(PATIENCE, read).await.unwrap().unwrap();
        answer
    }

    /// Asks for the end.
    pub(crate) fn shut_down(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
    }

    /// Waits for the end that was asked for.
    pub(crate) async fn stopped(self) -> Result<(), ServeError> {
        tokio::time::timeout(PATIENCE, self.server)
            .await
            .expect("the server never ended")
            .unwrap()
    }

    pub(crate) fn has_stopped(&self) -> bool {
        self.server.is_finished()
    }
}

/// Deadlines that a test can wait for: transactions end after 450 ms.
pub(crate) fn short() -> Limits {
    Limits {
        execute_timeout: Duration::from_millis(500),
        drain_timeout: Duration::from_millis(300),
        handshake_timeout: Duration::from_millis(200),
        ..Limits::default()
    }
}

/// Asks again and again until the answer is yes.
pub(crate) async fn eventually<F: Future<Output = bool>>(mut condition: impl FnMut() -> F) {
    let holds = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, holds)
        .await
        .expect("it never came true");
}
