//! One transaction's side of the stream: at most one request in flight, exactly one terminal message.
//!
//! A peer drops a second request of a transaction without an answer, and takes a second terminal
//! message for its next one; the states here make both impossible.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    mpsc::{Receiver, Sender, channel},
};

use fabric_protos::peer::ChaincodeMessage;

use crate::outgoing::{Outgoing, StreamEnded};

/// The meeting point of a contract's thread and the stream.
#[derive(Debug)]
pub(crate) struct Exchange {
    outgoing: Outgoing,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    /// The contract computes.
    Idle(Sender<ChaincodeMessage>),
    /// The peer owes a reply.
    Waiting(Sender<ChaincodeMessage>),
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
}

impl Exchange {
    /// An exchange, and where its replies arrive.
    pub(crate) fn new(outgoing: Outgoing) -> (Self, Receiver<ChaincodeMessage>) {
        let (sender, replies) = channel();
        (
            Self {
                outgoing,
                state: Mutex::new(State::Idle(sender)),
            },
            replies,
        )
    }

    /// Sends a request, unless one is in flight.
    pub(crate) fn request(&self, message: ChaincodeMessage) -> Result<(), NotSent> {
        let mut state = self.lock();
        match std::mem::replace(&mut *state, State::Ended) {
            State::Idle(sender) => {
                self.outgoing
                    .send(message)
                    .map_err(|StreamEnded| NotSent::Ended)?;
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
                // A contract that gave up at its deadline no longer listens.
                let _ = sender.send(message);
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

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
