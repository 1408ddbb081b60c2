//! Load: payers that pay one unit after the other from notes of their own until they are told to stop,
//! whatever happens to the network meanwhile.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use asset_types::{AccountId, NoteId, TokenId, TransferReply};
use fabric_gateway_sdk::TransactionId;
use fabric_testnet::{wait_for, wait_until};
use tokio::task::JoinHandle;

use crate::asset_client::{AssetClient, transfer};
use crate::spread::{Holding, Spread};

/// A transaction that a killed orderer has lost never commits: a payer gives it up after this time.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(10);
/// A killed part is back long before, also on a busy machine.
const RECOVERY_DEADLINE: Duration = Duration::from_secs(120);

/// Payers at work.
#[derive(Debug)]
pub struct Load {
    shared: Arc<Shared>,
    payers: Vec<JoinHandle<()>>,
}

/// What the payers saw.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Payments that were acknowledged as committed.
    pub acknowledged: Vec<TransactionId>,
    /// Errors, in the SDK's words.
    pub failures: Vec<String>,
}

#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    acknowledged: AtomicUsize,
    outcome: Mutex<Outcome>,
}

impl Load {
    /// Sets all payers of `spread` to work.
    #[must_use]
    pub fn start(client: &AssetClient, spread: &Spread) -> Self {
        let shared = Arc::new(Shared::default());
        let payers = spread.holdings.iter().map(|Holding { account, note }| {
            let payer = Payer {
                client: client.clone(),
                token: spread.token.clone(),
                account: account.clone(),
                payee: spread.payee.clone(),
                note: note.clone(),
                shared: Arc::clone(&shared),
            };
            tokio::spawn(payer.work())
        });
        let payers = payers.collect();
        Self { shared, payers }
    }

    /// Waits until `count` more payments have been acknowledged.
    ///
    /// # Panics
    /// Where that takes too long.
    pub async fn goes_on(&self, count: usize) {
        let wanted = self.acknowledged() + count;
        let went_on = wait_until(RECOVERY_DEADLINE, || async {
            self.acknowledged() >= wanted
        })
        .await;
        if went_on.is_err() {
            let outcome = self
                .shared
                .outcome
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let last = outcome.failures.iter().rev().take(5).collect::<Vec<_>>();
            panic!(
                "{} payments of {wanted} within {RECOVERY_DEADLINE:?}; {last:#?}",
                self.acknowledged()
            );
        }
    }

    /// How many payments have been acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> usize {
        self.shared.acknowledged.load(Ordering::Relaxed)
    }

    /// Lets every payer finish what it is at.
    ///
    /// # Panics
    /// Where a payer has panicked.
    pub async fn stop(self) -> Outcome {
        self.shared.stop.store(true, Ordering::Relaxed);
        for payer in self.payers {
            payer.await.expect("a payer does not panic");
        }
        let mut outcome = self
            .shared
            .outcome
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut outcome)
    }
}

struct Payer {
    client: AssetClient,
    token: TokenId,
    account: AccountId,
    payee: AccountId,
    note: NoteId,
    shared: Arc<Shared>,
}

impl Payer {
    async fn work(mut self) {
        while !self.shared.stop.load(Ordering::Relaxed) {
            let request = transfer(&self.token, &self.account, &self.payee, 1, &self.note);
            match self.client.transfer(&request, COMMIT_TIMEOUT).await {
                Ok(receipt) => {
                    let reply: TransferReply = receipt.json().expect("a transfer has a reply");
                    self.note = reply.change.expect("there is always more to pay").note;
                    self.shared.acknowledged.fetch_add(1, Ordering::Relaxed);
                    self.outcome(|outcome| outcome.acknowledged.push(receipt.transaction_id));
                }
                Err(error) => {
                    self.outcome(|outcome| outcome.failures.push(error.to_string()));
                    self.note = self.only_note().await;
                }
            }
        }
    }

    /// Reads the ledger until it answers. Whether the payment that failed took place or not, and also if
    /// it takes place later, the account has one note: the next payment goes from there.
    async fn only_note(&self) -> NoteId {
        let read = || async {
            let notes = self
                .client
                .notes(&self.token, &self.account)
                .await
                .ok()?
                .notes;
            assert_eq!(
                notes.len(),
                1,
                "{} has other notes than its change",
                self.account
            );
            notes.into_iter().next().map(|note| note.note)
        };
        wait_for(RECOVERY_DEADLINE, read)
            .await
            .expect("the network comes back")
    }

    fn outcome(&self, change: impl FnOnce(&mut Outcome)) {
        change(
            &mut self
                .shared
                .outcome
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
    }
}
