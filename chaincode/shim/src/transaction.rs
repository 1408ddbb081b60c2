//! One transaction: wait for a thread, run the contract on it, send exactly one terminal message.
//!
//! However the contract ends (an answer, a panic, a loop past its deadline), nothing of it reaches
//! another transaction.

use std::{
    sync::{Arc, mpsc::Receiver},
    time::Instant,
};

use fabric_protos::peer::ChaincodeMessage;
use tokio::sync::OwnedSemaphorePermit;
use tracing::Span;

use crate::{
    exchange::{Exchange, Reply},
    handshake::Capabilities,
    invocation,
    message::TransactionKey,
    metrics::Outcome,
    session::Session,
    stream_peer::{Spoiled, StreamPeer},
};

/// The status of a transaction that did not end in time.
const STATUS_DEADLINE: i32 = 504;

/// The status of a transaction whose contract panicked, or went on after its writes were refused.
const STATUS_BROKEN: i32 = 500;

/// A transaction in flight.
#[derive(Debug)]
pub(crate) struct Transaction {
    pub(crate) session: Arc<Session>,
    pub(crate) key: TransactionKey,
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) capabilities: Capabilities,
}

/// A terminal message, and what it stands for.
type End = (Outcome, ChaincodeMessage);

impl Transaction {
    /// What everything that is logged about the transaction stands under, the contract's own too.
    pub(crate) fn span(&self) -> Span {
        tracing::info_span!("transaction", id = self.key.id, channel = self.key.channel)
    }

    /// Runs it and ends it. `place` is held until then.
    pub(crate) async fn run(
        self,
        message: ChaincodeMessage,
        replies: Receiver<Reply>,
        place: OwnedSemaphorePermit,
    ) {
        let began = Instant::now();
        let deadline = began + self.session.runtime.limits.deadline();
        let end = self.end(message, replies, deadline).await;
        let (outcome, terminal) = match end {
            Some((outcome, terminal)) => (outcome, Some(terminal)),
            None => (Outcome::Abandoned, None),
        };
        let (took, requests) = (began.elapsed(), self.exchange.requests());
        let metrics = &self.session.runtime.metrics;
        metrics.transaction(outcome, took, requests);
        tracing::debug!(?outcome, ?took, requests, "a transaction has ended");
        self.exchange.end(terminal);
        drop((self, place));
    }

    /// How it ends; `None` when there is no stream left to say so on.
    async fn end(
        &self,
        message: ChaincodeMessage,
        replies: Receiver<Reply>,
        deadline: Instant,
    ) -> Option<End> {
        let expired = &self.session.runtime.shutdown.expired;
        let answer = tokio::select! {
            biased;
            () = self.session.ended.cancelled() => return None,
            () = expired.cancelled() => return Some(self.shutting_down()),
            () = tokio::time::sleep_until(deadline.into()) => None,
            answer = self.execute(message, replies, deadline) => Some(answer),
        };
        // At the deadline the thread's own failure may be here first; the answer is the same.
        answer
            .filter(|_| Instant::now() < deadline)
            .or_else(|| Some(self.overdue()))
    }

    /// Runs the contract on a thread of its own. Dropping the future leaves the thread to end by
    /// itself: its next call to the peer fails, and one that makes none is given up.
    async fn execute(
        &self,
        message: ChaincodeMessage,
        replies: Receiver<Reply>,
        deadline: Instant,
    ) -> End {
        let runtime = &self.session.runtime;
        let Some((running, _watch)) = runtime.threads.place(deadline).await else {
            return self.shutting_down();
        };
        let peer = StreamPeer::new(
            self.key.clone(),
            Arc::clone(&self.exchange),
            replies,
            self.capabilities,
            deadline,
            Arc::clone(runtime),
        );
        let work = Work {
            key: self.key.clone(),
            exchange: Arc::clone(&self.exchange),
            session: Arc::clone(&self.session),
        };
        let span = Span::current();
        let outcome = tokio::task::spawn_blocking(move || {
            let _running = running;
            span.in_scope(|| work.run(message, peer))
        });
        outcome.await.unwrap_or_else(|_| self.panicked())
    }

    fn shutting_down(&self) -> End {
        let text = "the chaincode is shutting down";
        (Outcome::Abandoned, self.key.error(text))
    }

    fn overdue(&self) -> End {
        let allowed = self.session.runtime.limits.deadline();
        tracing::error!(?allowed, "a transaction ran into its deadline");
        let text = format!(
            "the transaction did not end within {} ms",
            allowed.as_millis()
        );
        (Outcome::Overdue, self.key.failed(STATUS_DEADLINE, text))
    }

    /// The panic itself is on the standard error stream, by the process's panic hook.
    fn panicked(&self) -> End {
        tracing::error!("the contract panicked");
        let text = "the contract failed; the log of the chaincode says why";
        (Outcome::Panicked, self.key.failed(STATUS_BROKEN, text))
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

/// What happens on the contract's thread.
struct Work {
    key: TransactionKey,
    exchange: Arc<Exchange>,
    session: Arc<Session>,
}

impl Work {
    fn run(self, message: ChaincodeMessage, mut peer: StreamPeer) -> End {
        if self.exchange.has_ended() {
            // Nobody waits any more for a thread that the system started late.
            return (
                Outcome::Abandoned,
                self.key.error("the transaction is over"),
            );
        }
        let invocation = match invocation::parse(message) {
            Ok(invocation) => invocation,
            Err(malformed) => {
                tracing::warn!(reason = %malformed, "a transaction that cannot be read");
                return (Outcome::Malformed, self.key.error(malformed.to_string()));
            }
        };
        let chaincode = &self.session.runtime.chaincode;
        let response = chaincode.invoke(&invocation, &mut peer);
        match peer.spoiled() {
            Some(Spoiled::Memory) => {
                let text = "the chaincode is overloaded; try again or endorse on another peer";
                (Outcome::Refused, self.key.error(text))
            }
            Some(Spoiled::Writes) if response.is_ok() => {
                tracing::error!("the contract reports success although its writes were refused");
                let text = "the peer did not take the transaction's writes";
                (Outcome::Failed, self.key.failed(STATUS_BROKEN, text))
            }
            _ => {
                let outcome = match response.is_ok() {
                    true => Outcome::Ok,
                    false => Outcome::Failed,
                };
                (outcome, invocation::completed(&self.key, response))
            }
        }
    }
}
