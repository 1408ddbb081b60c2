//! One wait for a transaction, shared by all clones of its commit.

use std::sync::{Arc, OnceLock};

use tokio::sync::{Notify, mpsc};

use super::{Answer, Command};
use crate::transaction_id::TransactionId;

/// Where the answer to a wait appears, once.
#[derive(Default)]
pub(super) struct Cell {
    answer: OnceLock<Answer>,
    changed: Notify,
}

/// A wait; over when dropped.
pub(crate) struct Registration {
    transaction_id: TransactionId,
    cell: Arc<Cell>,
    commands: mpsc::UnboundedSender<Command>,
}

impl Cell {
    /// Gives the answer; only the first counts.
    pub(super) fn set(&self, answer: Answer) {
        if self.answer.set(answer).is_ok() {
            self.changed.notify_waiters();
        }
    }
}

impl Registration {
    pub(super) fn new(
        transaction_id: TransactionId,
        cell: Arc<Cell>,
        commands: mpsc::UnboundedSender<Command>,
    ) -> Self {
        Self {
            transaction_id,
            cell,
            commands,
        }
    }

    /// Waits for the answer, however long it takes.
    pub(crate) async fn answer(&self) -> Answer {
        loop {
            let changed = self.cell.changed.notified();
            tokio::pin!(changed);
            // Listens before it looks, so that no change falls in between.
            changed.as_mut().enable();
            if let Some(answer) = self.cell.answer.get() {
                return *answer;
            }
            changed.await;
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        if self.cell.answer.get().is_none() {
            // A task that is gone has forgotten everything.
            let _ = self
                .commands
                .send(Command::Forget(self.transaction_id.clone()));
        }
    }
}
