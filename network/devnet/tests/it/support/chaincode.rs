//! A small chaincode, written against the stream protocol by hand. Its first argument names what
//! it does: see `call.rs`.

mod call;
mod private;

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use fabric_protos::peer::{
    ChaincodeAdditionalParams, ChaincodeId, ChaincodeInput, ChaincodeMessage,
    chaincode_message::Type,
    chaincode_server::{Chaincode, ChaincodeServer},
};
use prost::Message;
use tokio::{net::TcpListener, sync::mpsc};
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tokio_util::sync::CancellationToken;
use tonic::{
    Request, Status, Streaming,
    transport::{Server, ServerTlsConfig},
};

use call::Call;

/// A chaincode server; stops when dropped.
pub(crate) struct TestChaincode {
    address: SocketAddr,
    stop: CancellationToken,
}

impl TestChaincode {
    pub(crate) async fn start() -> Self {
        Self::at("127.0.0.1:0".parse().unwrap()).await
    }

    /// Listens on an address that was another chaincode's.
    pub(crate) async fn at(address: SocketAddr) -> Self {
        Self::serve(address, Server::builder()).await
    }

    /// Serves over TLS.
    pub(crate) async fn with_tls(tls: ServerTlsConfig) -> Self {
        let server = Server::builder().tls_config(tls).unwrap();
        Self::serve("127.0.0.1:0".parse().unwrap(), server).await
    }

    async fn serve(address: SocketAddr, mut server: Server) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let service = ChaincodeServer::new(Service { stop: stop.clone() });
        let server = server.add_service(service);
        let stopped = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                result = server.serve_with_incoming(TcpListenerStream::new(listener)) => result.unwrap(),
                () = stopped.cancelled() => {}
            }
        });
        Self { address, stop }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for TestChaincode {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

struct Service {
    stop: CancellationToken,
}

/// Answers of the peer to transactions that wait for them.
type Waiting = Arc<Mutex<HashMap<String, mpsc::Sender<ChaincodeMessage>>>>;

#[tonic::async_trait]
impl Chaincode for Service {
    type ConnectStream = ReceiverStream<Result<ChaincodeMessage, Status>>;

    async fn connect(
        &self,
        request: Request<Streaming<ChaincodeMessage>>,
    ) -> Result<tonic::Response<Self::ConnectStream>, Status> {
        let (outgoing, stream) = mpsc::channel(64);
        let id = ChaincodeId {
            name: "basic:1".to_owned(),
            ..Default::default()
        };
        outgoing
            .send(Ok(message(Type::Register, &id)))
            .await
            .unwrap();
        let incoming = request.into_inner();
        let stop = self.stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = serve(incoming, &outgoing, stop.clone()) => {}
                () = stop.cancelled() => {}
            }
        });
        Ok(tonic::Response::new(ReceiverStream::new(stream)))
    }
}

type Outgoing = mpsc::Sender<Result<ChaincodeMessage, Status>>;

async fn serve(
    mut incoming: Streaming<ChaincodeMessage>,
    outgoing: &Outgoing,
    stop: CancellationToken,
) {
    let waiting = Waiting::default();
    let registered = incoming.message().await.unwrap().unwrap();
    assert_eq!(registered.r#type(), Type::Registered);
    let ready = incoming.message().await.unwrap().unwrap();
    assert_eq!(ready.r#type(), Type::Ready);
    let parameters = ChaincodeAdditionalParams::decode(ready.payload).unwrap();
    assert!(parameters.use_write_batch && parameters.use_get_multiple_keys);
    while let Ok(Some(message)) = incoming.message().await {
        match message.r#type() {
            Type::Transaction => {
                let (sender, answers) = mpsc::channel(1);
                waiting.lock().unwrap().insert(message.txid.clone(), sender);
                let call = Call {
                    id: message.txid,
                    proposal: message.proposal.unwrap(),
                    channel: message.channel_id,
                    outgoing: outgoing.clone(),
                    answers,
                    stop: stop.clone(),
                };
                tokio::spawn(call.run(ChaincodeInput::decode(message.payload).unwrap()));
            }
            Type::Response | Type::Error => {
                let sender = waiting.lock().unwrap().get(&message.txid).cloned().unwrap();
                sender.send(message).await.unwrap();
            }
            other => panic!("{other:?}"),
        }
    }
}

fn message(r#type: Type, payload: &impl Message) -> ChaincodeMessage {
    ChaincodeMessage {
        r#type: r#type.into(),
        payload: payload.encode_to_vec().into(),
        ..Default::default()
    }
}
