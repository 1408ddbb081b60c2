//! The probe's end of the chaincode stream: registration, and a task per transaction.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use fabric_protos::peer::{
    ChaincodeId, ChaincodeMessage, chaincode_message::Type, chaincode_server::Chaincode,
};
use prost::Message;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::gates::Gates;
use super::transaction::Transaction;
use super::transcript::Transcript;

/// Messages on their way to a peer.
pub(super) type Outgoing = mpsc::Sender<ChaincodeMessage>;

/// A burst of one transaction per connection of a peer; more wait.
const QUEUE: usize = 64;

/// What all streams share.
#[derive(Debug, Clone)]
pub(super) struct Service {
    pub(super) id: Arc<Mutex<String>>,
    pub(super) gates: Arc<Gates>,
    pub(super) transcript: Arc<Transcript>,
    pub(super) streams: Arc<AtomicUsize>,
    pub(super) stop: CancellationToken,
}

#[tonic::async_trait]
impl Chaincode for Service {
    type ConnectStream = ReceiverStream<Result<ChaincodeMessage, Status>>;

    async fn connect(
        &self,
        request: Request<Streaming<ChaincodeMessage>>,
    ) -> Result<Response<Self::ConnectStream>, Status> {
        let (replies, stream) = mpsc::channel(QUEUE);
        let number = self.streams.fetch_add(1, Ordering::Relaxed);
        let service = self.clone();
        let incoming = request.into_inner();
        let close = self.stop.child_token();
        tokio::spawn(async move {
            tokio::select! {
                () = service.serve(number, incoming, replies, &close) => {}
                () = close.cancelled() => {}
            }
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }
}

/// Where the peer's answers to each transaction go, by channel and transaction id.
type Waiting = HashMap<(String, String), mpsc::Sender<ChaincodeMessage>>;

impl Service {
    async fn serve(
        &self,
        number: usize,
        incoming: Streaming<ChaincodeMessage>,
        replies: mpsc::Sender<Result<ChaincodeMessage, Status>>,
        close: &CancellationToken,
    ) {
        let (outgoing, queue) = mpsc::channel(QUEUE);
        let id = ChaincodeId {
            name: self
                .id
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
            ..Default::default()
        };
        // The queue is ours and empty.
        let _ = outgoing.try_send(message(Type::Register, &id));
        tokio::join!(
            self.forward(number, queue, replies),
            self.receive(number, incoming, outgoing, close)
        );
    }

    async fn forward(
        &self,
        number: usize,
        mut queue: mpsc::Receiver<ChaincodeMessage>,
        replies: mpsc::Sender<Result<ChaincodeMessage, Status>>,
    ) {
        while let Some(message) = queue.recv().await {
            self.transcript.add(number, true, &message);
            if replies.send(Ok(message)).await.is_err() {
                return;
            }
        }
    }

    async fn receive(
        &self,
        number: usize,
        mut incoming: Streaming<ChaincodeMessage>,
        outgoing: Outgoing,
        close: &CancellationToken,
    ) {
        let mut waiting = Waiting::new();
        while let Ok(Some(message)) = incoming.message().await {
            self.transcript.add(number, false, &message);
            let key = (message.channel_id.clone(), message.txid.clone());
            match message.r#type() {
                Type::Transaction | Type::Init => {
                    let (sender, answers) = mpsc::channel(QUEUE);
                    waiting.retain(|_, sender| !sender.is_closed());
                    waiting.insert(key, sender);
                    let transaction = Transaction {
                        call: message,
                        outgoing: outgoing.clone(),
                        answers,
                        gates: Arc::clone(&self.gates),
                        close: close.clone(),
                    };
                    let close = close.clone();
                    tokio::spawn(async move {
                        tokio::select! {
                            () = transaction.run() => {}
                            () = close.cancelled() => {}
                        }
                    });
                }
                Type::Response | Type::Error => {
                    if let Some(sender) = waiting.get(&key) {
                        // A script that has ended wants no answer.
                        let _ = sender.try_send(message);
                    }
                }
                _ => {}
            }
        }
    }
}

/// A message of no transaction yet.
pub(super) fn message(r#type: Type, payload: &impl Message) -> ChaincodeMessage {
    ChaincodeMessage {
        r#type: r#type.into(),
        payload: payload.encode_to_vec().into(),
        ..Default::default()
    }
}
