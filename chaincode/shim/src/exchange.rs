//! One transaction's side of the stream: at most one request in flight, exactly one terminal message.
//!
//! A peer drops a second request of a transaction without an answer, and takes a second terminal
//! message for its next one; the states here make both impossible.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
    mpsc::{Receiver, Sender, channel},
};

use fabric_protos::peer::ChaincodeMessage;

use crate::{
    budget::{Account, Overdrawn},
    outgoing::{Outgoing, StreamEnded},
};

/// What a peer answered, unless it is more than the transaction may hold.
pub(crate) type Reply = Result<ChaincodeMessage, Overdrawn>;

/// The meeting point of a contract's thread and the stream.
#[derive(Debug)]
pub(crate) struct Exchange {
    outgoing: Outgoing,
    account: Account,
    requests: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    /// The contract computes.
    Idle(Sender<Reply>),
    /// The peer owes a reply.
    Waiting(Sender<Reply>),
    /// The terminal message went out, or the stream is gone.
    Ended,
}

/// Why a request was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotSent {
    /// The previous request has no reply yet.
    Busy,
    /// The transaction or its stream has ended.
    Ended,
    /// The transaction holds as much as it may.
    Overdrawn(Overdrawn),
}

impl Exchange {
    /// An exchange, and where its replies arrive.
    pub(crate) fn new(outgoing: Outgoing, account: Account) -> (Self, Receiver<Reply>) {
        let (sender, replies) = channel();
        (
            Self {
                outgoing,
                account,
                requests: AtomicU64::new(0),
                state: Mutex::new(State::Idle(sender)),
            },
            replies,
        )
    }

    /// Sends a request, unless one is in flight.
    pub(crate) fn request(&self, message: ChaincodeMessage) -> Result<(), NotSent> {
        self.account
            .charge(message.payload.len())
            .map_err(NotSent::Overdrawn)?;
        let mut state = self.lock();
        match std::mem::replace(&mut *state, State::Ended) {
            State::Idle(sender) => {
                self.outgoing
                    .send(message)
                    .map_err(|StreamEnded| NotSent::Ended)?;
                self.requests.fetch_add(1, Ordering::Relaxed);
                *state = State::Waiting(sender);
                Ok(())
            }
            waiting @ State::Waiting(_) => {
                *state = waiting;
                Err(NotSent::Busy)
            }
            State::Ended => Err(NotSent::Ended),
        }
    }

    /// Hands a reply to the contract; `false` when none is owed.
    pub(crate) fn reply(&self, message: ChaincodeMessage) -> bool {
        let mut state = self.lock();
        match std::mem::replace(&mut *state, State::Ended) {
            State::Waiting(sender) => {
                let charged = self.account.charge(message.payload.len());
                // A contract that gave up at its deadline no longer listens.
                let _ = sender.send(charged.map(|()| message));
                *state = State::Idle(sender);
                true
            }
            other => {
                *state = other;
                false
            }
        }
    }

    /// Ends the exchange, with the terminal message unless the stream is gone. Later calls do nothing.
    pub(crate) fn end(&self, terminal: Option<ChaincodeMessage>) {
        let mut state = self.lock();
        let ended = matches!(std::mem::replace(&mut *state, State::Ended), State::Ended);
        if let (false, Some(message)) = (ended, terminal) {
            // The peer of an ended stream has failed the transaction already.
            let _ = self.outgoing.send(message);
        }
    }

    pub(crate) fn has_ended(&self) -> bool {
        matches!(*self.lock(), State::Ended)
    }

    /// Requests sent so far.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
