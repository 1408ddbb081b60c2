//! Interleavings of transactions for property tests: feature `proptest`.
//!
//! What breaks a contract on a real network is seldom one transaction: it is two that were endorsed on
//! the same state and come into blocks in some order. These strategies make such histories, and
//! [`Ledger::play`] plays them.

use std::fmt::Debug;

use proptest::{collection::SizeRange, prelude::*};

use super::{Code, Endorsed, Ledger, TestingError};

/// What happens next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<T> {
    /// A transaction is endorsed, on the state as it is.
    Endorse(T),
    /// A block is committed: these transactions, counted from 0 as they were endorsed, in this order.
    Commit(Vec<usize>),
}

/// Transactions endorsed and committed in some order. Each is committed once, at the latest at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interleaving<T> {
    /// What happens, in order.
    pub steps: Vec<Step<T>>,
}

/// What became of one transaction.
#[derive(Debug)]
pub struct Played<T> {
    /// The transaction.
    pub transaction: T,
    /// The endorsed transaction with its code, or why it was not endorsed.
    pub outcome: Result<(Endorsed, Code), TestingError>,
}

impl<T> Played<T> {
    /// Whether it was endorsed and is valid.
    pub fn is_valid(&self) -> bool {
        matches!(&self.outcome, Ok((_, code)) if code.is_valid())
    }
}

/// Interleavings of `count` transactions. They shrink to few transactions, each in a block of its own
/// order.
///
/// ```
/// # use fabric_contract_api_rust::{prelude::*, testing::{Ledger, interleavings}};
/// # struct Log;
/// # #[contract(name = "log")]
/// # impl Log {
/// #     #[transaction]
/// #     fn count(&self, tx: &mut Tx) -> Result<u64, LedgerError> {
/// #         let key = Key::simple("count")?.json::<u64>();
/// #         let count = tx.get(&key)?.unwrap_or(0) + 1;
/// #         tx.put(&key, &count)?;
/// #         Ok(count)
/// #     }
/// # }
/// use proptest::prelude::*;
///
/// proptest!(|(history in interleavings(Just(()), 1..10))| {
///     let mut ledger = Ledger::of(Log);
///     let ann = ledger.user("Org1MSP", "ann").unwrap();
///     let played = ledger.play(&history, |ledger, ()| {
///         ledger.as_user(&ann).endorse("count", [""; 0])
///     });
///     let valid = played.iter().filter(|played| played.is_valid()).count();
///     let count = ledger.get(&Key::simple("count").unwrap().json::<u64>()).unwrap();
///     prop_assert_eq!(count.map(|count| count as usize), Some(valid));
/// });
/// ```
pub fn interleavings<S>(
    transactions: S,
    count: impl Into<SizeRange>,
) -> impl Strategy<Value = Interleaving<S::Value>>
where
    S: Strategy,
    S::Value: Clone + Debug,
{
    // After each transaction: whether a block is cut then. Of each: where it stands in its block, and
    // whether it waits for the next one.
    let choice = (
        transactions,
        prop::bool::weighted(0.4),
        0..4_u8,
        prop::bool::weighted(0.2),
    );
    prop::collection::vec(choice, count).prop_map(|choices| arranged(&choices))
}

fn arranged<T: Clone>(choices: &[(T, bool, u8, bool)]) -> Interleaving<T> {
    let mut steps = Vec::new();
    let mut pending: Vec<(usize, u8, bool)> = Vec::new();
    for (index, (transaction, cut, place, waits)) in choices.iter().enumerate() {
        steps.push(Step::Endorse(transaction.clone()));
        pending.push((index, *place, *waits));
        if *cut {
            let (later, now) = pending.into_iter().partition(|(_, _, waits)| *waits);
            pending = later;
            pending.iter_mut().for_each(|(_, _, waits)| *waits = false);
            steps.push(block(now));
        }
    }
    steps.push(block(pending));
    Interleaving { steps }
}

fn block<T>(mut transactions: Vec<(usize, u8, bool)>) -> Step<T> {
    transactions.sort_by_key(|(index, place, _)| (*place, *index));
    let indices = transactions.into_iter().map(|(index, _, _)| index);
    Step::Commit(indices.collect())
}

impl Ledger {
    /// Plays an interleaving: endorses each transaction by `endorse` when its turn comes, and commits.
    /// Gives what became of each, in the order of endorsement.
    pub fn play<T: Clone>(
        &mut self,
        interleaving: &Interleaving<T>,
        mut endorse: impl FnMut(&mut Self, &T) -> Result<Endorsed, TestingError>,
    ) -> Vec<Played<T>> {
        let mut played: Vec<Played<T>> = Vec::new();
        for step in &interleaving.steps {
            match step {
                Step::Endorse(transaction) => {
                    let endorsed = endorse(self, transaction);
                    played.push(Played {
                        transaction: transaction.clone(),
                        outcome: endorsed.map(|endorsed| (endorsed, Code::NOT_VALIDATED)),
                    });
                }
                Step::Commit(indices) => self.play_block(indices, &mut played),
            }
        }
        played
    }

    fn play_block<T>(&mut self, indices: &[usize], played: &mut [Played<T>]) {
        let endorsed = |index: &usize| {
            let found = played.get(*index)?.outcome.as_ref().ok()?;
            Some((*index, found.0.clone()))
        };
        let (indices, block): (Vec<usize>, Vec<Endorsed>) =
            indices.iter().filter_map(endorsed).unzip();
        for (index, code) in indices.into_iter().zip(self.commit(block)) {
            if let Some(Ok((_, found))) = played.get_mut(index).map(|found| &mut found.outcome) {
                *found = code;
            }
        }
    }
}
