//! A request id is executed at most once for an account, and never after its time.

use asset_types::{
    AccountId, CreateToken, Digest, Mint, OpenAccount, Request, RequestId, StateKey, Timestamp,
    Transfer, canonical_json, function,
};
use fabric_contract_api_rust::{JsonKey, Reader, Tx};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::error::AssetError;
use crate::records::request_key;

/// What every request that writes says about itself.
pub(crate) trait WriteRequest: Serialize {
    /// The function that executes it.
    const FUNCTION: &'static str;

    fn request_id(&self) -> &RequestId;

    fn expires_at(&self) -> Option<Timestamp>;

    /// Where it is recorded that it was executed.
    fn state_key(&self, account: &AccountId) -> StateKey {
        StateKey::Request {
            account: account.clone(),
            request: self.request_id().clone(),
        }
    }
}

macro_rules! write_requests {
    ($($request:ty => $function:expr,)*) => {
        $(
            impl WriteRequest for $request {
                const FUNCTION: &'static str = $function;

                fn request_id(&self) -> &RequestId {
                    &self.request_id
                }

                fn expires_at(&self) -> Option<Timestamp> {
                    self.expires_at
                }
            }
        )*
    };
}

write_requests! {
    OpenAccount => function::ACCOUNTS_OPEN,
    CreateToken => function::TOKENS_CREATE,
    Mint => function::TOKENS_MINT,
    Transfer => function::TOKENS_TRANSFER,
}

/// A request that was not executed before: write [`Fresh::mark`] with its effects.
pub(crate) struct Fresh {
    key: JsonKey<Request>,
    record: Request,
}

/// Refuses a request that was executed before for the account, or whose time is over.
///
/// A request that was executed and has expired since is reported as executed: that is what a client
/// which repeats it has to know.
pub(crate) fn ensure_fresh<R: WriteRequest>(
    ledger: &Reader<'_>,
    account: &AccountId,
    request: &R,
) -> Result<Fresh, AssetError> {
    let key = request_key(account, request.request_id())?;
    let record = Request {
        hash: digest(request)?,
        transaction_id: ledger.transaction_id().to_owned(),
    };
    if let Some(earlier) = ledger.get(&key)? {
        let request_id = request.request_id().clone();
        let transaction_id = earlier.transaction_id;
        return Err(match earlier.hash == record.hash {
            true => AssetError::DuplicateRequest {
                request_id,
                transaction_id,
            },
            false => AssetError::RequestIdReused {
                request_id,
                transaction_id,
            },
        });
    }
    match request.expires_at() {
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
    let seconds = ledger.timestamp().seconds;
    u64::try_from(seconds)
        .ok()
        .and_then(|seconds| Timestamp::from_unix_seconds(seconds).ok())
        .ok_or(AssetError::InvalidTimestamp { seconds })
}

/// SHA-256 of the function's name and the canonical request.
fn digest<R: WriteRequest>(request: &R) -> Result<Digest, AssetError> {
    let unwritable = || AssetError::Internal {
        what: "a request that has no JSON form".to_owned(),
    };
    let canonical = canonical_json(request).map_err(|_| unwritable())?;
    let mut hasher = Sha256::new();
    hasher.update(R::FUNCTION.as_bytes());
    hasher.update([0]);
    hasher.update(canonical);
    let text = hex::encode(hasher.finalize());
    text.parse().map_err(|_| unwritable())
}
