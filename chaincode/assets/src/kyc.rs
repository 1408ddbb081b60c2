//! What a token asks of the accounts that hold it.

use asset_types::{Account, AccountId, Timestamp, Token, TokenId};

use crate::error::AssetError;

/// An account may hold a token that asks for a class only with that class, and while it lasts.
pub(crate) fn ensure_eligible(
    token_id: &TokenId,
    token: &Token,
    account_id: &AccountId,
    account: &Account,
    now: Timestamp,
) -> Result<(), AssetError> {
    let Some(needed) = token.kyc_class else { return Ok(()) };
    if account.kyc.class < needed {
        return Err(AssetError::KycRequired {
            account: account_id.clone(),
            token: token_id.clone(),
            class: account.kyc.class,
            needed,
        });
    }
    if account.kyc.expires_at <= now {
        return Err(AssetError::KycExpired {
            account: account_id.clone(),
            expired_at: account.kyc.expires_at,
        });
    }
    Ok(())
}
