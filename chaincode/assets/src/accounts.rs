//! Contract `accounts`: opening and reading.

use asset_types::{Account, AccountOpened, AccountReply, OpenAccount, ReadAccount, function};
use fabric_contract_api::prelude::*;

use crate::announcement::AnnounceOpened;
use crate::authority::ensure_registrar;
use crate::error::AssetError;
use crate::once::ensure_fresh;
use crate::records::{self, account_key};

/// An account is read by each of its transactions; a handful of keys serves its people and machines.
pub const CONTROLLERS_MAX: usize = 16;

/// Accounts: who may act for whom, and what is known about them.
#[derive(Debug)]
pub struct Accounts;

#[contract(name = "accounts")]
impl Accounts {
    /// Opens an account on a registrar's word that its owner's credential was checked.
    #[transaction]
    fn open(&self, tx: &mut Tx, request: OpenAccount) -> Result<AccountReply, AssetError> {
        let id = &request.account;
        let fresh = ensure_fresh(
            tx, function::ACCOUNTS_OPEN, id, &request.request_id, request.expires_at, &request,
        )?;
        let existing = tx.get(&account_key(id)?)?;

        ensure_registrar(tx)?;
        if id.is_reserved() {
            return Err(AssetError::ReservedAccount { account: id.clone() });
        }
        if existing.is_some() {
            return Err(AssetError::AccountExists { account: id.clone() });
        }
        let given = request.controllers.len();
        if !(1..=CONTROLLERS_MAX).contains(&given) {
            return Err(AssetError::ControllerCount { min: 1, max: CONTROLLERS_MAX, given });
        }

        let account = Account { controllers: request.controllers, kyc: request.kyc };
        tx.put(&account_key(id)?, &account)?;
        fresh.mark(tx)?;
        tx.emit(&AnnounceOpened(AccountOpened {
            account: id.clone(),
            request_id: request.request_id,
        }))?;
        Ok(reply(request.account, account))
    }

    /// Reads an account.
    #[query]
    fn read(&self, query: &Query, request: ReadAccount) -> Result<AccountReply, AssetError> {
        let account = records::account(query, &request.account)?;
        Ok(reply(request.account, account))
    }
}

fn reply(account: asset_types::AccountId, record: Account) -> AccountReply {
    AccountReply { account, controllers: record.controllers, kyc: record.kyc }
}
