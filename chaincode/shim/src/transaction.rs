//! One transaction: wait for a thread, run the contract on it, send exactly one terminal message.
//!
//! However the contract ends (an answer, a panic, a loop past its deadline), nothing of it reaches
//! another transaction.

use std::{
    sync::{Arc, mpsc::Receiver},
    time::Instant,
};

use fabric_protos::peer::{ChaincodeMessage, chaincode_message::Type};
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    exchange::Exchange,
    handshake::Capabilities,
    invocation::{self, Malformed},
    message::TransactionKey,
    session::Session,
    stream_peer::StreamPeer,
};

/// The status of a transaction that did not end in time.
const STATUS_DEADLINE: i32 = 504;

/// The status of a transaction whose contract panicked.
const STATUS_PANIC: i32 = 500;

/// A transaction in flight.
#[derive(Debug)]
pub(crate) struct Transaction {
    pub(crate) session: Arc<Session>,
    pub(crate) key: TransactionKey,
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) capabilities: Capabilities,
}

impl Transaction {
    /// Runs it and ends it. `place` is held until then.
    pub(crate) async fn run(
        self,
        message: ChaincodeMessage,
        replies: Receiver<ChaincodeMessage>,
        place: OwnedSemaphorePermit,
    ) {
        let deadline = Instant::now() + self.session.runtime.limits.deadline();
        let terminal = self.terminal(message, replies, deadline).await;
        self.exchange.end(terminal);
        drop((self, place));
    }

    /// The terminal message; none when there is no stream left to send it on.
    async fn terminal(
        &self,
        message: ChaincodeMessage,
        replies: Receiver<ChaincodeMessage>,
        deadline: Instant,
    ) -> Option<ChaincodeMessage> {
        let expired = &self.session.runtime.shutdown.expired;
        let answer = tokio::select! {
            biased;
            () = self.session.ended.cancelled() => return None,
            () = expired.cancelled() => return Some(self.key.error("the chaincode is shutting down")),
            () = tokio::time::sleep_until(deadline.into()) => None,
            answer = self.execute(message, replies, deadline) => Some(answer),
        };
        // At the deadline the thread's own failure may be here first; the answer is the same.
        answer
            .filter(|_| Instant::now() < deadline)
            .or_else(|| Some(self.overdue()))
    }

    /// Runs the contract on a thread of its own. Dropping the future leaves the thread to end by
    /// itself: its next call to the peer fails.
    async fn execute(
        &self,
        message: ChaincodeMessage,
        replies: Receiver<ChaincodeMessage>,
        deadline: Instant,
    ) -> ChaincodeMessage {
        let runtime = &self.session.runtime;
        let Ok(thread) = Arc::clone(&runtime.threads).acquire_owned().await else {
            return self.key.error("the chaincode is shutting down");
        };
        let chaincode = Arc::clone(&runtime.chaincode);
        let key = self.key.clone();
        let mut peer = StreamPeer::new(
            key.clone(),
            Arc::clone(&self.exchange),
            replies,
            self.capabilities,
            deadline,
        );
        let outcome = tokio::task::spawn_blocking(move || {
            let _thread = thread;
            let invocation = match invocation::parse(message) {
                Ok(invocation) => invocation,
                Err(malformed) => return refused(&key, &malformed),
            };
            let response = chaincode.invoke(&invocation, &mut peer);
            invocation::completed(&key, response)
        });
        outcome.await.unwrap_or_else(|_| self.panicked())
    }

    fn overdue(&self) -> ChaincodeMessage {
        let allowed = self.session.runtime.limits.deadline();
        tracing::error!(
            transaction = self.key.id,
            ?allowed,
            "a transaction ran into its deadline"
        );
        let text = format!(
            "the transaction did not end within {} ms",
            allowed.as_millis()
        );
        self.key.failed(STATUS_DEADLINE, text)
    }

    /// The panic itself is on the standard error stream, by the process's panic hook.
    fn panicked(&self) -> ChaincodeMessage {
        tracing::error!(transaction = self.key.id, "the contract panicked");
        self.key.failed(
            STATUS_PANIC,
            "the contract failed; the log of the chaincode says why",
        )
    }
}

/// Also when its future is dropped, with a runtime that ends: the contract's thread then fails at its
/// next call instead of waiting for its deadline.
impl Drop for Transaction {
    fn drop(&mut self) {
        self.exchange.end(None);
        self.session.forget(&self.key);
    }
}

fn refused(key: &TransactionKey, malformed: &Malformed) -> ChaincodeMessage {
    tracing::warn!(transaction = key.id, reason = %malformed, "a transaction that cannot be read");
    key.message(Type::Error, malformed.to_string())
}
