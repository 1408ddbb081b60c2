//! Validation of a block: the code of each transaction, and what the valid ones change.
//!
//! Two steps. [`Checker::check`] looks at one transaction by itself (structure, signatures,
//! policies); transactions may be checked in parallel and in any order. [`settle`] then goes
//! through the block in order (policies changed in the block, duplicates, version and range
//! conflicts). [`validate_block`] does both.

mod check;
mod conflict;
mod endorsement;
mod rules;
mod settle;
mod simulated;

use crate::block::DecodedBlock;
use crate::channel::ChannelConfig;
use crate::code::ValidationCode;
use crate::state::{State, TransactionIds, UpdateBatch};

pub use check::{Checker, TransactionCheck};
pub use settle::settle;
pub use simulated::{Party, SimulatedChannel};

/// The outcome of a block's validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validated {
    /// The code of each transaction.
    pub codes: Vec<ValidationCode>,
    /// Net updates of the valid ones.
    pub updates: UpdateBatch,
}

impl Validated {
    /// The codes as block metadata has them.
    #[must_use]
    pub fn transactions_filter(&self) -> Vec<u8> {
        self.codes.iter().map(|code| code.byte()).collect()
    }
}

/// Validates a block against the configuration, state and transaction ids that the blocks before
/// it left behind.
///
/// # Errors
/// Where the store fails; a bad transaction is no error.
pub fn validate_block<S, I>(
    channel: &ChannelConfig,
    state: &S,
    ids: &I,
    block: &DecodedBlock,
) -> Result<Validated, S::Error>
where
    S: State,
    I: TransactionIds<Error = S::Error>,
{
    let checker = Checker::new(channel, state, ids, block.number);
    let checks = block
        .transactions
        .iter()
        .map(|transaction| checker.check(transaction))
        .collect::<Result<Vec<_>, _>>()?;
    settle(state, block, &checks)
}
