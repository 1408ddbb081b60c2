//! The token ledger: accounts that are opened on a credential's word, and tokens kept as notes.
//!
//! | Operation | Who may | What it does |
//! |---|---|---|
//! | `accounts:open` | a registrar: `NodeOU` role `admin` | opens an account with controllers and KYC |
//! | `accounts:read` | anybody | reads an account |
//! | `tokens:create` | a controller of the issuer | makes a token; all of it belongs to `unissued` |
//! | `tokens:mint` | a controller of the issuer | transfers from `unissued` |
//! | `tokens:transfer` | a controller of the payer | spends notes, makes new ones |
//! | `tokens:read`, `balance`, `notes`, `supply` | anybody | read |
//!
//! What holds after every transaction:
//! - the notes of a token add up to its cap, and none of them is zero;
//! - a request id is executed at most once for an account;
//! - payments to one account never touch the same key, so they cannot conflict.
//!
//! A write takes effect only for who signed this very call: chaincode that calls this one cannot
//! act with its callers' authority.
//!
//! ```
//! use fabric_contract_api_rust::testing::{Ledger, UserOptions};
//!
//! let mut ledger = Ledger::of(assets::chaincode()?);
//! let registrar = ledger.user_with("Org1MSP", "Admin", UserOptions::admin())?;
//! let request = r#"{
//!     "request_id": "open-alice",
//!     "account": "alice",
//!     "controllers": [{
//!         "msp_id": "Org1MSP",
//!         "key_hash": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
//!     }],
//!     "kyc": {
//!         "class": 1,
//!         "expires_at": "2030-01-01T00:00:00Z",
//!         "credential_hash": "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9"
//!     }
//! }"#;
//! ledger.as_user(&registrar).submit("accounts:open", [request])?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod accounts;
mod announcement;
mod authority;
mod error;
mod holdings;
mod kyc;
mod once;
mod records;
mod spending;
mod tokens;

pub use accounts::{Accounts, CONTROLLERS_MAX};
pub use error::AssetError;
pub use tokens::Tokens;

use fabric_contract_api_rust::{Contracts, ContractsError};

/// The chaincode: contract `accounts` (the default) and contract `tokens`.
///
/// # Errors
/// Never: the contracts' names differ.
pub fn chaincode() -> Result<Contracts, ContractsError> {
    Contracts::builder(Accounts).and(Tokens).build()
}
