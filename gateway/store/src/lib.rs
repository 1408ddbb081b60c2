//! The mirror's database: every SQL statement of the product, and nothing of Fabric's wire types.
//!
//! [`Store::apply`] writes one [`Batch`] of blocks in one database transaction, together with the
//! checkpoint that says so; everything else reads. One PostgreSQL schema holds one channel.
//!
//! ```no_run
//! # async fn example() -> Result<(), asset_store::StoreError> {
//! use asset_store::Store;
//!
//! let store = Store::connect("postgres://localhost/assets", "mirror").await?;
//! store.migrate().await?;
//! let balance = store.balance(&"gold".parse().unwrap(), &"alice".parse().unwrap()).await?;
//! println!("{} in {} notes", balance.amount, balance.notes);
//! # Ok(())
//! # }
//! ```

mod account;
mod apply;
mod balance;
mod batch;
mod block;
mod channel;
mod checkpoint;
mod column;
mod error;
mod event;
mod leadership;
mod note;
mod snapshot;
mod state;
mod store;
mod supply;
mod token;
mod transaction;
mod transfer;
mod write;

pub use account::{AccountChange, AccountRow};
pub use balance::Balance;
pub use batch::{Batch, Position};
pub use block::Block;
pub use channel::Channel;
pub use checkpoint::Checkpoint;
pub use column::storable;
pub use error::StoreError;
pub use event::Event;
pub use leadership::Leadership;
pub use note::{NoteChange, NoteRow};
pub use snapshot::{
    ACCOUNTS, BalanceDifference, NOTES, Reader, Record, RecordTable, RecordedCheckpoint,
    RecordedState, RecordedTransaction, RecordedWrite, Snapshot, SupplyDifference, TOKENS,
    TRANSFERS,
};
pub use state::{StateChange, StateEntry, StateId, StateRow};
pub use store::Store;
pub use supply::Supply;
pub use token::{TokenChange, TokenRow};
pub use transaction::Transaction;
pub use transfer::Transfer;
pub use write::WriteFact;
