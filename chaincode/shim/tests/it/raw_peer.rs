//! The client's end of a stream without any rules, and a connection that can be cut.

use std::net::SocketAddr;

use fabric_protos::peer::{ChaincodeMessage, chaincode_client::ChaincodeClient};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming, transport::Channel};

use crate::mock_peer::PATIENCE;

/// A way to the server that can be cut, like a network or a peer's machine.
pub(crate) async fn breakable(server: SocketAddr) -> (SocketAddr, tokio::task::AbortHandle) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let way = tokio::spawn(async move {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut far = tokio::net::TcpStream::connect(server).await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
    });
    (address, way.abort_handle())
}

/// A stream without any rules.
pub(crate) struct RawPeer {
    pub(crate) sender: mpsc::Sender<ChaincodeMessage>,
    pub(crate) incoming: Streaming<ChaincodeMessage>,
}

impl RawPeer {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let endpoint = Channel::from_shared(format!("http://{address}")).unwrap();
        Self::over(endpoint.connect().await.unwrap()).await.unwrap()
    }

    pub(crate) async fn over(channel: Channel) -> Result<Self, Status> {
        let (sender, receiver) = mpsc::channel(1_000);
        let mut client = ChaincodeClient::new(channel)
            .max_decoding_message_size(usize::MAX)
            .max_encoding_message_size(usize::MAX);
        let incoming = client
            .connect(ReceiverStream::new(receiver))
            .await?
            .into_inner();
        Ok(Self { sender, incoming })
    }

    pub(crate) async fn send(&self, message: ChaincodeMessage) {
        self.sender.send(message).await.unwrap();
    }

    pub(crate) async fn next(&mut self) -> Result<Option<ChaincodeMessage>, Status> {
        let next = self.incoming.message();
        tokio::time::timeout(PATIENCE, next)
            .await
            .expect("the shim never answered")
    }
}
