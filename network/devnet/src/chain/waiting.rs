//! Who waits for which transaction to be committed.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::TransactionStatus;

/// Waiters by transaction id. Each entry lives as long as someone waits.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<HashMap<String, Entry>>);

#[derive(Debug)]
struct Entry {
    sender: watch::Sender<Option<TransactionStatus>>,
    waiters: usize,
}

/// Someone who waits; leaves when dropped, as a client that hangs up does.
#[derive(Debug)]
pub(super) struct Waiter<'a> {
    waiting: &'a Waiting,
    id: &'a str,
    receiver: watch::Receiver<Option<TransactionStatus>>,
}

impl Waiting {
    pub(super) fn join<'a>(&'a self, id: &'a str) -> Waiter<'a> {
        let mut entries = self.lock();
        let entry = entries.entry(id.to_owned()).or_insert_with(|| Entry {
            sender: watch::Sender::new(None),
            waiters: 0,
        });
        entry.waiters += 1;
        Waiter {
            waiting: self,
            id,
            receiver: entry.sender.subscribe(),
        }
    }

    /// Tells all who wait for a transaction; the first notification is the one that counts.
    pub(super) fn notify(&self, id: &str, status: TransactionStatus) {
        if let Some(entry) = self.lock().remove(id) {
            entry.sender.send_replace(Some(status));
        }
    }

    pub(super) fn close(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiter<'_> {
    /// The outcome; none when the network stops before there is one.
    pub(super) async fn status(mut self) -> Option<TransactionStatus> {
        let status = self.receiver.wait_for(Option::is_some).await.ok()?;
        *status
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut entries = self.waiting.lock();
        let Some(entry) = entries.get_mut(self.id) else {
            return;
        };
        // A transaction that was notified and is waited for again has an entry of its own.
        if !entry.sender.subscribe().same_channel(&self.receiver) {
            return;
        }
        entry.waiters -= 1;
        if entry.waiters == 0 {
            entries.remove(self.id);
        }
    }
}
