//! Threads of contracts: so many run at once, and those that do not come back are given up.
//!
//! A thread cannot be stopped from outside. One whose transaction is over and that still computes
//! gives its place to others and is counted; past a bound the server takes no more transactions and
//! says that it is not serving, so that whoever watches it starts it anew.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};

/// A thread that waits for its peer notices the end of its transaction at once; this is for one that
/// the system does not let run.
const GRACE: Duration = Duration::from_millis(250);

/// The places, and the count of threads given up.
#[derive(Clone, Debug)]
pub(crate) struct Threads {
    places: Arc<Semaphore>,
    given_up: watch::Sender<usize>,
}

impl Threads {
    pub(crate) fn new(places: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))),
            given_up: watch::Sender::new(0),
        }
    }

    /// Waits for a place. `deadline` is when its transaction is over at the latest.
    pub(crate) async fn place(&self, deadline: Instant) -> Option<(Running, Watch)> {
        let permit = Arc::clone(&self.places).acquire_owned().await.ok()?;
        let thread = Arc::new(Thread {
            state: Mutex::new(State::Running(permit)),
            given_up: self.given_up.clone(),
        });
        let watch = Watch {
            thread: Arc::clone(&thread),
            deadline,
        };
        Some((Running(thread), watch))
    }

    /// Threads that were given up and still run.
    pub(crate) fn given_up(&self) -> watch::Receiver<usize> {
        self.given_up.subscribe()
    }

    /// How many those are now.
    pub(crate) fn given_up_count(&self) -> usize {
        *self.given_up.borrow()
    }
}

#[derive(Debug)]
struct Thread {
    state: Mutex<State>,
    given_up: watch::Sender<usize>,
}

#[derive(Debug)]
enum State {
    /// Holds its place.
    Running(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit),
    GivenUp,
    Ended,
}

impl Thread {
    fn state(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self) {
        let before = std::mem::replace(&mut *self.state(), State::Ended);
        if matches!(before, State::GivenUp) {
            self.given_up.send_modify(|count| *count -= 1);
            tracing::info!("a thread that was given up has ended after all");
        }
    }

    fn give_up(&self) {
        let mut state = self.state();
        if matches!(*state, State::Running(_)) {
            *state = State::GivenUp;
            self.given_up.send_modify(|count| *count += 1);
            tracing::error!(
                "a contract goes on after the end of its transaction; giving up its thread"
            );
        }
    }
}

/// The thread's own end of its place: dropped when it is done, also by a panic.
#[derive(Debug)]
pub(crate) struct Running(Arc<Thread>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// The transaction's end of the place: dropped when it no longer waits for the thread.
#[derive(Debug)]
pub(crate) struct Watch {
    thread: Arc<Thread>,
    deadline: Instant,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if matches!(*self.thread.state(), State::Ended) {
            return;
        }
        let (thread, patience) = (Arc::clone(&self.thread), self.deadline + GRACE);
        // Without a runtime the process is about to end.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                tokio::time::sleep_until(patience.into()).await;
                thread.give_up();
            });
        }
    }
}
