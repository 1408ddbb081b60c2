//! A request id is executed at most once for an account, and never after its time.

use asset_types::{AccountId, Request, RequestId, Timestamp, canonical_json};
use fabric_contract_api::{JsonKey, Reader, Tx};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::error::AssetError;
use crate::records::request_key;

/// A request that was not executed before: write [`Fresh::mark`] with its effects.
pub(crate) struct Fresh {
    key: JsonKey<Request>,
    record: Request,
}

/// Refuses a request that was executed before, or whose time is over.
pub(crate) fn ensure_fresh(
    ledger: &Reader<'_>,
    function: &str,
    account: &AccountId,
    request_id: &RequestId,
    expires_at: Option<Timestamp>,
    request: &impl Serialize,
) -> Result<Fresh, AssetError> {
    let key = request_key(account, request_id)?;
    let record = Request {
        hash: digest(function, request)?,
        transaction_id: ledger.transaction_id().to_owned(),
    };
    if let Some(earlier) = ledger.get(&key)? {
        let (request_id, transaction_id) = (request_id.clone(), earlier.transaction_id);
        return Err(match earlier.hash == record.hash {
            true => AssetError::DuplicateRequest { request_id, transaction_id },
            false => AssetError::RequestIdReused { request_id, transaction_id },
        });
    }
    match expires_at {
        Some(expires_at) if expires_at <= now(ledger)? => {
            Err(AssetError::RequestExpired { expires_at })
        }
        _ => Ok(Fresh { key, record }),
    }
}

impl Fresh {
    /// Records that the request is executed by this transaction.
    pub(crate) fn mark(&self, tx: &mut Tx<'_>) -> Result<(), AssetError> {
        Ok(tx.put(&self.key, &self.record)?)
    }
}

/// The transaction's own time: the client's clock, the same for every endorser.
pub(crate) fn now(ledger: &Reader<'_>) -> Result<Timestamp, AssetError> {
    let seconds = u64::try_from(ledger.timestamp().seconds).ok();
    seconds
        .and_then(|seconds| Timestamp::from_unix_seconds(seconds).ok())
        .ok_or_else(|| AssetError::Internal { what: "the transaction's time".to_owned() })
}

fn digest(function: &str, request: &impl Serialize) -> Result<asset_types::Digest, AssetError> {
    let unwritable = || AssetError::Internal { what: "a request that is no JSON".to_owned() };
    let canonical = canonical_json(request).map_err(|_| unwritable())?;
    let mut hasher = Sha256::new();
    hasher.update(function.as_bytes());
    hasher.update([0]);
    hasher.update(canonical);
    hex::encode(hasher.finalize()).parse().map_err(|_| unwritable())
}
