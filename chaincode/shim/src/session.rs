//! One peer's stream: handshake, then transactions in and out until either side ends it.
//!
//! No message from a peer panics or blocks this loop, and what it says about one transaction never
//! touches another.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use fabric_protos::peer::{ChaincodeMessage, chaincode_message::Type};
use prost::Message as _;
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};
use tracing::Instrument as _;

use crate::{
    exchange::Exchange,
    handshake::Capabilities,
    message::{TransactionKey, register},
    outgoing::Outgoing,
    runtime::{Admitted, Runtime},
    transaction::Transaction,
};

/// The stream of one peer.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) outgoing: Outgoing,
    /// Cancelled when either side ends the stream.
    pub(crate) ended: CancellationToken,
    transactions: Mutex<HashMap<TransactionKey, Arc<Exchange>>>,
}

impl Session {
    pub(crate) fn new(
        runtime: Arc<Runtime>,
        outgoing: Outgoing,
        ended: CancellationToken,
    ) -> Arc<Self> {
        Arc::new(Self {
            runtime,
            outgoing,
            ended,
            transactions: Mutex::default(),
        })
    }

    /// Serves the stream until it ends; every transaction still in flight then fails.
    pub(crate) async fn run(self: Arc<Self>, mut incoming: Streaming<ChaincodeMessage>) {
        let outcome = tokio::select! {
            biased;
            () = self.ended.cancelled() => Ok(()),
            () = self.outgoing.abandoned() => Ok(()),
            outcome = self.converse(&mut incoming) => outcome,
        };
        if let Err(status) = outcome {
            tracing::warn!(code = ?status.code(), reason = status.message(), "ending a peer's stream");
            self.outgoing.fail(status);
        }
        self.ended.cancel();
        for (_, exchange) in self.lock().drain() {
            exchange.end(None);
        }
        tracing::info!("a peer's stream has ended");
    }

    async fn converse(
        self: &Arc<Self>,
        incoming: &mut Streaming<ChaincodeMessage>,
    ) -> Result<(), Status> {
        let allowed = self.runtime.limits.handshake_timeout;
        let handshake = tokio::time::timeout(allowed, self.handshake(incoming));
        let Some(capabilities) = handshake.await.map_err(|_| unanswered())?? else {
            return Ok(());
        };
        tracing::info!(?capabilities, "a peer is ready");
        while let Some(message) = next(incoming).await? {
            self.dispatch(message, capabilities);
        }
        Ok(())
    }

    /// REGISTER, REGISTERED, READY. `None`: the peer went away meanwhile.
    async fn handshake(
        &self,
        incoming: &mut Streaming<ChaincodeMessage>,
    ) -> Result<Option<Capabilities>, Status> {
        self.send(register(self.runtime.chaincode_id()));
        let mut registered = false;
        while let Some(message) = next(incoming).await? {
            match (message.r#type(), registered) {
                (Type::Keepalive, _) => self.send(message),
                (Type::Registered, false) => registered = true,
                (Type::Ready, true) => return Ok(Some(Capabilities::from_ready(&message.payload))),
                (Type::Error, _) => {
                    let reason = String::from_utf8_lossy(&message.payload);
                    let text = format!("the peer refused to register the chaincode: {reason}");
                    return Err(Status::failed_precondition(text));
                }
                (kind, _) => {
                    let name = kind.as_str_name();
                    let text = format!("{name} ({}) in the handshake", message.r#type);
                    return Err(Status::failed_precondition(text));
                }
            }
        }
        Ok(None)
    }

    fn dispatch(self: &Arc<Self>, message: ChaincodeMessage, capabilities: Capabilities) {
        match message.r#type() {
            Type::Transaction | Type::Init => self.begin(message, capabilities),
            Type::Response | Type::Error => self.reply(message),
            Type::Keepalive => self.send(message),
            _ => self.unexpected(&message),
        }
    }

    fn begin(self: &Arc<Self>, message: ChaincodeMessage, capabilities: Capabilities) {
        let key = TransactionKey::of(&message);
        // Counted before the look at the drain: whoever drains either is seen here or waits.
        let counted = self.runtime.transactions.token();
        let Admitted { place, account } = match self.runtime.admit(message.encoded_len()) {
            Ok(admitted) => admitted,
            Err(refusal) => {
                tracing::warn!(transaction = key.id, %refusal, "refusing a transaction");
                self.runtime.metrics.refused();
                return self.send(key.error(refusal.to_string()));
            }
        };
        let (exchange, replies) = Exchange::new(self.outgoing.clone(), account);
        let exchange = Arc::new(exchange);
        match self.lock().entry(key.clone()) {
            Entry::Occupied(_) => {
                self.runtime.metrics.refused();
                return self.send(key.error("this transaction id is in flight already"));
            }
            Entry::Vacant(vacant) => vacant.insert(Arc::clone(&exchange)),
        };
        let session = Arc::clone(self);
        let transaction = Transaction {
            session,
            key,
            exchange,
            capabilities,
        };
        let span = transaction.span();
        let run = async move {
            transaction.run(message, replies, place).await;
            drop(counted);
        };
        tokio::spawn(run.instrument(span));
    }

    fn reply(&self, message: ChaincodeMessage) {
        let exchange = self.lock().get(&TransactionKey::of(&message)).cloned();
        let (transaction, kind) = (message.txid.clone(), message.r#type().as_str_name());
        if !exchange.is_some_and(|exchange| exchange.reply(message)) {
            tracing::debug!(transaction, kind, "a reply that no transaction waits for");
        }
    }

    /// A kind that this side does not know is answered, lest a newer peer waits for its timeout;
    /// not about a transaction in flight, which an answer would end.
    fn unexpected(&self, message: &ChaincodeMessage) {
        let key = TransactionKey::of(message);
        tracing::warn!(
            transaction = key.id,
            kind = message.r#type,
            "a message of no use here"
        );
        if !key.id.is_empty() && !self.lock().contains_key(&key) {
            self.send(key.error(format!("message type {} is not understood", message.r#type)));
        }
    }

    pub(crate) fn forget(&self, key: &TransactionKey) {
        self.lock().remove(key);
    }

    fn send(&self, message: ChaincodeMessage) {
        // A stream that has ended is noticed by the loop.
        let _ = self.outgoing.send(message);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TransactionKey, Arc<Exchange>>> {
        // No code that can panic runs under this lock.
        self.transactions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The next message; a peer that vanished ends the stream like one that closed it.
async fn next(
    incoming: &mut Streaming<ChaincodeMessage>,
) -> Result<Option<ChaincodeMessage>, Status> {
    incoming.message().await
}

fn unanswered() -> Status {
    Status::deadline_exceeded(
        "the peer did not answer REGISTER: its log says why; often this chaincode id is connected \
         already, or CHAINCODE_ID is not the id of the installed package",
    )
}
