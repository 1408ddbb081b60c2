//! The stream to one chaincode: the handshake, and handing its messages to transactions.
//!
//! Never looks at state: `call.rs` does, one task per transaction.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use fabric_protos::peer::{
    ChaincodeAdditionalParams, ChaincodeId, ChaincodeMessage, chaincode_message::Type,
};
use prost::Message as _;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Streaming;

use super::{ChaincodeError, Service, dial::connect};
use crate::{
    Compat,
    limits::{BATCH_SIZE, CHAINCODE_QUEUE, REGISTER_TIMEOUT},
    package::ChaincodePackage,
};

/// A registered chaincode.
#[derive(Debug)]
pub(super) struct ChaincodeStream {
    /// Id of the package that it was dialled by.
    package_id: String,
    outgoing: mpsc::Sender<ChaincodeMessage>,
    transactions: Arc<Transactions>,
    closed: CancellationToken,
}

/// Transactions in flight, by channel and transaction id.
type Transactions = Mutex<HashMap<(String, String), Inbox>>;

/// Where the messages of one transaction go.
#[derive(Debug)]
struct Inbox {
    sender: mpsc::Sender<ChaincodeMessage>,
    busy: Arc<AtomicBool>,
}

/// One request and one terminal message can wait at once: a second request is dropped.
const INBOX: usize = 2;

/// A transaction's end of a stream; taken off the stream when dropped.
#[derive(Debug)]
pub(super) struct Lease {
    key: (String, String),
    outgoing: mpsc::Sender<ChaincodeMessage>,
    transactions: Arc<Transactions>,
    busy: Arc<AtomicBool>,
    pub(super) incoming: mpsc::Receiver<ChaincodeMessage>,
    pub(super) closed: CancellationToken,
}

impl ChaincodeStream {
    /// Whether the stream is open and leads where this package says.
    pub(super) fn serves(&self, package: &ChaincodePackage) -> bool {
        self.package_id == package.id && !self.closed.is_cancelled()
    }

    pub(super) fn close(&self) {
        self.closed.cancel();
    }

    /// Puts a transaction on the stream.
    pub(super) fn lease(
        &self,
        channel: &str,
        transaction_id: &str,
    ) -> Result<Lease, ChaincodeError> {
        let key = (channel.to_owned(), transaction_id.to_owned());
        let (sender, incoming) = mpsc::channel(INBOX);
        let busy = Arc::new(AtomicBool::new(false));
        let mut transactions = lock(&self.transactions);
        if transactions.contains_key(&key) {
            return Err(ChaincodeError::Exists {
                transaction_id: transaction_id.to_owned(),
                channel: channel.to_owned(),
            });
        }
        transactions.insert(
            key.clone(),
            Inbox {
                sender,
                busy: Arc::clone(&busy),
            },
        );
        Ok(Lease {
            key,
            outgoing: self.outgoing.clone(),
            transactions: Arc::clone(&self.transactions),
            busy,
            incoming,
            closed: self.closed.clone(),
        })
    }
}

impl Drop for ChaincodeStream {
    fn drop(&mut self) {
        self.closed.cancel();
    }
}

impl Lease {
    /// Sends a message of this transaction.
    pub(super) async fn send(&self, mut message: ChaincodeMessage) -> Result<(), ChaincodeError> {
        message.channel_id.clone_from(&self.key.0);
        message.txid.clone_from(&self.key.1);
        self.outgoing
            .send(message)
            .await
            .map_err(|_| ChaincodeError::StreamTerminated)
    }

    /// Answers the request at hand, after which the chaincode may send the next.
    pub(super) async fn answer(&self, r#type: Type, payload: Bytes) -> Result<(), ChaincodeError> {
        self.busy.store(false, Ordering::Release);
        self.send(ChaincodeMessage {
            r#type: r#type.into(),
            payload,
            ..Default::default()
        })
        .await
    }

    pub(super) fn transaction_id(&self) -> &str {
        &self.key.1
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        lock(&self.transactions).remove(&self.key);
    }
}

fn lock(
    transactions: &Transactions,
) -> std::sync::MutexGuard<'_, HashMap<(String, String), Inbox>> {
    transactions.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Connects to a chaincode and waits until it has registered.
pub(super) async fn dial(
    service: &Service,
    compat: Compat,
) -> Result<ChaincodeStream, ChaincodeError> {
    let (outgoing, queue) = mpsc::channel(CHAINCODE_QUEUE);
    let mut client = connect(&service.package).await?;
    let register = |status| ChaincodeError::register(&service.package.id, &status);
    let handshake = async {
        let mut incoming = client
            .connect(ReceiverStream::new(queue))
            .await
            .map_err(register)?
            .into_inner();
        shake_hands(service, compat, &outgoing, &mut incoming).await?;
        Ok(incoming)
    };
    let incoming = tokio::time::timeout(REGISTER_TIMEOUT, handshake)
        .await
        .map_err(|_| ChaincodeError::Register {
            name: service.package.id.clone(),
            reason: "timeout expired while starting chaincode".to_owned(),
        })??;

    let transactions = Arc::new(Transactions::default());
    let closed = CancellationToken::new();
    let reader = Reader {
        compat,
        name: service.name.clone(),
        incoming,
        outgoing: outgoing.clone(),
        transactions: Arc::clone(&transactions),
    };
    tokio::spawn(reader.run(closed.clone()));
    Ok(ChaincodeStream {
        package_id: service.package.id.clone(),
        outgoing,
        transactions,
        closed,
    })
}

/// REGISTER from the chaincode, then REGISTERED and READY to it.
async fn shake_hands(
    service: &Service,
    compat: Compat,
    outgoing: &mpsc::Sender<ChaincodeMessage>,
    incoming: &mut Streaming<ChaincodeMessage>,
) -> Result<(), ChaincodeError> {
    let failure = |reason: String| ChaincodeError::Register {
        name: service.package.id.clone(),
        reason,
    };
    let message = incoming
        .message()
        .await
        .map_err(|status| ChaincodeError::register(&service.package.id, &status))?
        .ok_or_else(|| failure("the chaincode ended the stream".to_owned()))?;
    if message.r#type() != Type::Register {
        let name = message.r#type().as_str_name();
        return Err(failure(format!(
            "[{}] Fabric side handler cannot handle message ({name}) while in created state",
            message.txid
        )));
    }
    let id = ChaincodeId::decode(message.payload).map_err(|error| failure(error.to_string()))?;
    if id.name.is_empty() {
        return Err(failure(
            "error in handling register chaincode, chaincodeID name is empty".to_owned(),
        ));
    }
    for (r#type, payload) in [
        (Type::Registered, Bytes::new()),
        (Type::Ready, parameters(compat)),
    ] {
        let message = ChaincodeMessage {
            r#type: r#type.into(),
            payload,
            ..Default::default()
        };
        outgoing
            .send(message)
            .await
            .map_err(|_| ChaincodeError::StreamTerminated)?;
    }
    Ok(())
}

/// What this peer can do beyond the first protocol, as Fabric 3.1's sample configuration has it;
/// nothing on 2.5.
fn parameters(compat: Compat) -> Bytes {
    if !compat.knows(Type::WriteBatchState) {
        return Bytes::new();
    }
    let parameters = ChaincodeAdditionalParams {
        use_write_batch: true,
        max_size_write_batch: BATCH_SIZE,
        use_get_multiple_keys: true,
        max_size_get_multiple_keys: BATCH_SIZE,
    };
    parameters.encode_to_vec().into()
}

/// Reads a stream until it ends, and hands each message to its transaction.
struct Reader {
    compat: Compat,
    name: String,
    incoming: Streaming<ChaincodeMessage>,
    outgoing: mpsc::Sender<ChaincodeMessage>,
    transactions: Arc<Transactions>,
}

impl Reader {
    async fn run(mut self, closed: CancellationToken) {
        let _close = closed.clone().drop_guard();
        loop {
            let message = tokio::select! {
                () = closed.cancelled() => return,
                message = self.incoming.message() => message,
            };
            match message {
                Ok(Some(message)) => {
                    if !self.dispatch(message) {
                        return;
                    }
                }
                Ok(None) => {
                    tracing::info!(chaincode = self.name, "the chaincode ended its stream");
                    return;
                }
                Err(status) => {
                    tracing::info!(chaincode = self.name, %status, "lost the chaincode");
                    return;
                }
            }
        }
    }

    /// Handles one message; false ends the stream.
    fn dispatch(&self, message: ChaincodeMessage) -> bool {
        let known = Type::try_from(message.r#type).ok();
        let known = known.filter(|known| self.compat.knows(*known));
        match known.unwrap_or(Type::Undefined) {
            Type::Keepalive => true,
            Type::Completed | Type::Error => {
                self.hand_over(message, false);
                true
            }
            Type::GetState
            | Type::PutState
            | Type::DelState
            | Type::InvokeChaincode
            | Type::GetStateByRange
            | Type::GetQueryResult
            | Type::QueryStateNext
            | Type::QueryStateClose
            | Type::GetHistoryForKey
            | Type::GetStateMetadata
            | Type::PutStateMetadata
            | Type::GetPrivateDataHash
            | Type::PurgePrivateData
            | Type::WriteBatchState
            | Type::GetStateMultiple => match self.hand_over(message, true) {
                None => true,
                Some(unknown) => self.refuse(unknown),
            },
            Type::Undefined
            | Type::Register
            | Type::Registered
            | Type::Init
            | Type::Ready
            | Type::Transaction
            | Type::Response => {
                tracing::warn!(
                    chaincode = self.name,
                    r#type = message.r#type,
                    "error handling message, ending stream: Fabric side handler cannot handle it while in ready state",
                );
                false
            }
        }
    }

    /// Gives a message to its transaction; gives it back where there is none.
    fn hand_over(&self, message: ChaincodeMessage, request: bool) -> Option<ChaincodeMessage> {
        let transactions = lock(&self.transactions);
        let key = (message.channel_id.clone(), message.txid.clone());
        let Some(inbox) = transactions.get(&key) else {
            return Some(message);
        };
        if request && inbox.busy.swap(true, Ordering::AcqRel) {
            // A real peer drops it too, and the chaincode waits for ever.
            tracing::error!(
                chaincode = self.name,
                transaction_id = message.txid,
                "another request pending for this transaction, cannot process",
            );
            return None;
        }
        if inbox.sender.try_send(message).is_err() {
            tracing::error!(
                chaincode = self.name,
                "message for a finished transaction dropped"
            );
        }
        None
    }

    /// Answers a request of a transaction that this peer does not know or has given up; false ends
    /// the stream.
    fn refuse(&self, message: ChaincodeMessage) -> bool {
        let name = message.r#type().as_str_name();
        let text = format!(
            "{name} failed: transaction ID: {}: no ledger context",
            message.txid
        );
        let answer = ChaincodeMessage {
            r#type: Type::Error.into(),
            payload: text.into(),
            txid: message.txid,
            channel_id: message.channel_id,
            ..Default::default()
        };
        // To wait for a chaincode that asks and does not read would stop its other transactions.
        !matches!(self.outgoing.try_send(answer), Err(TrySendError::Closed(_)))
    }
}
