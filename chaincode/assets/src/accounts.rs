//! Contract `accounts`: opening and reading.

use asset_types::{
    Account, AccountId, AccountOpened, AccountReply, OpenAccount, ReadAccount, StateKey,
};
use fabric_contract_api_rust::{Query, Tx, contract};

use crate::announcement::AnnounceOpened;
use crate::authority::ensure_registrar;
use crate::error::AssetError;
use crate::once::{WriteRequest, ensure_fresh};
use crate::records::{self, account_key, ensure_not_reserved, prefetch};

/// Most controllers of an account: it is read by each of its transactions, and a handful of keys
/// serves its people and machines.
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
        ensure_not_reserved(id)?;
        ensure_controller_count(request.controllers.len())?;
        ensure_registrar(tx)?;
        prefetch(tx, [request.state_key(id), StateKey::Account(id.clone())])?;
        let fresh = ensure_fresh(tx, id, &request)?;
        let key = account_key(id)?;
        if tx.get(&key)?.is_some() {
            return Err(AssetError::AccountExists {
                account: id.clone(),
            });
        }

        let account = Account {
            controllers: request.controllers,
            kyc: request.kyc,
        };
        tx.put(&key, &account)?;
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

fn ensure_controller_count(given: usize) -> Result<(), AssetError> {
    if (1..=CONTROLLERS_MAX).contains(&given) {
        return Ok(());
    }
    Err(AssetError::ControllerCount {
        min: 1,
        max: CONTROLLERS_MAX,
        given,
    })
}

fn reply(account: AccountId, record: Account) -> AccountReply {
    AccountReply {
        account,
        controllers: record.controllers,
        kyc: record.kyc,
    }
}
