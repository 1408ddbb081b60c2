//! The measured chaincode on our contract API, served by this program under an argument of its own.
//! `tests/interop` has the same on three other shims.

use std::process::ExitCode;

use fabric_contract_api_rust::{Failure, Key, KeyRange, LedgerError, Query, Tx, contract};

/// Makes this program the chaincode.
pub(crate) const ARGUMENT: &str = "chaincode";

const OPENING_BALANCE: i64 = 1000;
const VALUE: [u8; 100] = [b'v'; 100];

struct Measured;

#[contract(name = "measured")]
impl Measured {
    /// Moves one unit: two reads, two writes.
    #[transaction]
    fn transfer(&self, tx: &mut Tx, from: String, to: String) -> Result<(), LedgerError> {
        let accounts = [
            Key::simple(from)?.json::<i64>(),
            Key::simple(to)?.json::<i64>(),
        ];
        let found = tx.get_many(&accounts)?;
        for ((account, balance), change) in accounts.iter().zip(found).zip([-1, 1]) {
            tx.put(account, &(balance.unwrap_or(OPENING_BALANCE) + change))?;
        }
        Ok(())
    }

    /// Writes so many keys.
    #[transaction]
    fn fill(&self, tx: &mut Tx, prefix: String, count: u32) -> Result<(), LedgerError> {
        (0..count).try_for_each(|n| tx.put(&format!("{prefix}{n:06}"), &VALUE))
    }

    /// Counts the keys of a range.
    #[query]
    fn scan(&self, query: &Query, start: String, end: String) -> Result<usize, Failure> {
        let mut count = 0;
        for row in query.range(&KeyRange::simple(&start, &end).map_err(LedgerError::from)?)? {
            row?;
            count += 1;
        }
        Ok(count)
    }
}

/// Serves it as the environment says.
pub(crate) fn serve() -> ExitCode {
    fabric_chaincode_shim::serve_from_env(Measured)
}
