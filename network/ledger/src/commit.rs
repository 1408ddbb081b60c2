//! From validated transactions to net updates, and the peer's commit hash over them.
//! (Fabric: txmgmt/validation/tx_ops.go, txmgmt/txmgr/update_batch_bytes.go, kv_ledger.go)

mod expiry;
mod fold;
mod hash;

pub use crate::state::{Update, UpdateBatch};
pub use expiry::expire;
pub use fold::{KeysNeeded, apply, fold, keys_needed, sets_metadata_of_deleted};
pub use hash::commit_hash;
