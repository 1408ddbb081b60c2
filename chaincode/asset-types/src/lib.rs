//! The words that the asset contracts and their clients share: amounts, identifiers, requests,
//! replies, events, state keys and records, refusals.
//!
//! Everything is plain data on `serde`: no ledger, no clock, no network. A value of these types has
//! been checked when it was parsed, so the rest of the code trusts it.
//!
//! ```
//! use asset_types::{Amount, Transfer};
//!
//! let transfer: Transfer = serde_json::from_str(
//!     r#"{"request_id":"r-1","token":"gold","from":"alice","to":"bob","amount":"340282366920938463463374607431768211455"}"#,
//! )?;
//! assert_eq!(transfer.amount, Amount::MAX);
//! assert!(serde_json::from_str::<Amount>(r#""1e18""#).is_err());
//! # Ok::<(), serde_json::Error>(())
//! ```

mod amount;
mod canonical;
mod event;
pub mod function;
mod id;
mod key;
mod note_id;
mod record;
mod refusal;
mod reply;
mod request;
mod text;
mod timestamp;

pub use amount::{Amount, ParseAmountError};
pub use canonical::canonical_json;
pub use event::{AccountOpened, Event, EventEnvelope, TokenCreated, Transferred};
pub use id::{AccountId, RequestId, TokenId, UNISSUED};
pub use key::{ParseStateKeyError, StateKey};
pub use note_id::{NoteId, ParseNoteIdError};
pub use record::{Account, Controller, Decimals, Kyc, Note, Request, Token};
pub use refusal::{ErrorCode, Refusal};
pub use reply::{
    AccountReply, BalanceReply, NoteReply, NotesReply, SupplyReply, TokenReply, TransferReply,
};
pub use request::{
    CreateToken, Mint, NOTES_PER_DEBIT_MAX, OpenAccount, ReadAccount, ReadBalance, ReadNotes,
    ReadSupply, ReadToken, Transfer,
};
pub use text::{Digest, Memo, MspId, ParseTextError, TokenName, TokenSymbol};
pub use timestamp::{ParseTimestampError, Timestamp};
