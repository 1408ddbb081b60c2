//! The token ledger: accounts that are opened on a credential's word, and tokens that are kept as notes.
//!
//! | Operation | Who may | What it does |
//! |---|---|---|
//! | `accounts:open` | a registrar: NodeOU role `admin` | opens an account with controllers and KYC |
//! | `accounts:read` | anybody | reads an account |
//! | `tokens:create` | a controller of the issuer | makes a token; all of it belongs to `unissued` |
//! | `tokens:mint` | a controller of the issuer | transfers from `unissued` |
//! | `tokens:transfer` | a controller of the payer | spends notes, makes new ones |
//! | `tokens:read`, `balance`, `notes`, `supply` | anybody | read |
//!
//! What holds after every transaction: the notes of a token add up to its cap; no note is zero; a request
//! id is executed at most once for an account. Payments to one account never touch the same key.

mod accounts;
mod announcement;
mod authority;
mod error;
mod kyc;
mod once;
mod records;
mod spending;
mod tokens;

pub use accounts::{Accounts, CONTROLLERS_MAX};
pub use error::AssetError;
pub use tokens::Tokens;

use fabric_contract_api::{Contracts, ContractsError};

/// The chaincode: contract `accounts` (the default) and contract `tokens`.
///
/// # Errors
/// Never: the contracts' names differ.
pub fn chaincode() -> Result<Contracts, ContractsError> {
    Contracts::builder(Accounts).and(Tokens).build()
}
