//! What a token asks of the accounts that hold it.

use asset_types::{Account, AccountId, Timestamp, Token, TokenId};

use crate::error::AssetError;

/// An account may pay and be paid in a token that asks for a KYC class only with that class, and
/// only while it lasts.
pub(crate) fn ensure_eligible(
    (token_id, token): (&TokenId, &Token),
    (account_id, account): (&AccountId, &Account),
    now: Timestamp,
) -> Result<(), AssetError> {
    let Some(needed) = token.kyc_class else {
        return Ok(());
    };
    let kyc = &account.kyc;
    if kyc.class < needed {
        return Err(AssetError::KycRequired {
            account: account_id.clone(),
            token: token_id.clone(),
            class: kyc.class,
            needed,
        });
    }
    if kyc.expires_at <= now {
        return Err(AssetError::KycExpired {
            account: account_id.clone(),
            expired_at: kyc.expires_at,
        });
    }
    Ok(())
}
