//! Bytes held for transactions in flight: bounded for each of them and for all together.
//!
//! A transaction pays for its request, for every reply and for everything it sends, and gets nothing
//! back before its thread ends: the sum is an upper bound of what the process holds for it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// The bytes of all transactions.
#[derive(Debug)]
pub(crate) struct Budget {
    transaction_max: usize,
    total_max: usize,
    held: AtomicUsize,
}

/// The bytes of one transaction; dropped, they are free again.
#[derive(Debug)]
pub(crate) struct Account {
    budget: Arc<Budget>,
    held: AtomicUsize,
}

/// Why bytes are not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Overdrawn {
    /// The contract's own fault, on every peer.
    #[error(
        "the transaction moves more than {max} bytes between contract and peer: read less of the \
         state, in pages, and write less at once, or raise CHAINCODE_TRANSACTION_BYTES_MAX"
    )]
    Transaction { max: usize },
    /// The moment's misfortune, on this peer.
    #[error("the chaincode holds as many bytes as it may; try again or endorse on another peer")]
    Total,
}

impl Budget {
    pub(crate) fn new(transaction_max: usize, total_max: usize) -> Arc<Self> {
        Arc::new(Self {
            transaction_max,
            total_max,
            held: AtomicUsize::new(0),
        })
    }

    /// A transaction's account, still empty.
    pub(crate) fn account(self: &Arc<Self>) -> Account {
        Account {
            budget: Arc::clone(self),
            held: AtomicUsize::new(0),
        }
    }

    /// What all transactions hold now.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }
}

impl Account {
    /// Takes bytes. Each call is for one message of at most 100 MiB, so that no sum overflows.
    pub(crate) fn charge(&self, bytes: usize) -> Result<(), Overdrawn> {
        let max = self.budget.transaction_max;
        if !grow(&self.held, bytes, max) {
            return Err(Overdrawn::Transaction { max });
        }
        if !grow(&self.budget.held, bytes, self.budget.total_max) {
            self.held.fetch_sub(bytes, Ordering::Relaxed);
            return Err(Overdrawn::Total);
        }
        Ok(())
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let held = self.held.load(Ordering::Relaxed);
        self.budget.held.fetch_sub(held, Ordering::Relaxed);
    }
}

/// Adds, unless the sum is above the bound.
fn grow(held: &AtomicUsize, bytes: usize, max: usize) -> bool {
    let sum = |held: usize| held.checked_add(bytes).filter(|sum| *sum <= max);
    held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, sum)
        .is_ok()
}
