//! A token with balances and allowances, like ERC-20.
//!
//! Functions, arguments, results, events and stored values are those of `token-erc-20` of Fabric's
//! samples: a balance is a decimal number under the client id. Two transfers that touch one balance
//! conflict, so one busy account takes a few payments per second; where that matters, keep notes
//! instead of balances, as the asset ledger of this workspace does.

mod error;

use fabric_contract_api_rust::{Item, Map, prelude::*};

pub use error::TokenError;

const NAME: &str = "name";
const SYMBOL: &str = "symbol";
const DECIMALS: &str = "decimals";
const TOTAL_SUPPLY: Item<u64> = Item::new("totalSupply");
/// By owner and spender.
const ALLOWANCES: Map<(String, String), u64> = Map::new("allowance");
/// Where minted tokens come from and burnt ones go.
const NOBODY: &str = "0x0";

/// What a `Transfer` event carries, and an `Approval` under other names.
#[derive(Debug, Serialize)]
struct Moved<'t> {
    from: &'t str,
    to: &'t str,
    value: u64,
}

/// The contract.
pub struct Token;

/// A token with balances and allowances. Organisation 1 makes it, mints and burns.
#[contract(name = "token", license = "Apache-2.0")]
impl Token {
    /// Sets name, symbol and decimals, once.
    #[transaction(name = "Initialize", require(msp("Org1MSP")))]
    fn initialize(
        &self,
        tx: &mut Tx,
        name: String,
        symbol: String,
        decimals: String,
    ) -> Result<bool, TokenError> {
        if tx.exists(NAME)? {
            return Err(TokenError::Initialized);
        }
        for (key, text) in [(NAME, name), (SYMBOL, symbol), (DECIMALS, decimals)] {
            tx.put(key, text.as_bytes())?;
        }
        Ok(true)
    }

    /// Makes tokens of the caller's.
    #[transaction(name = "Mint", require(msp("Org1MSP")))]
    fn mint(&self, tx: &mut Tx, amount: u64) -> Result<(), TokenError> {
        ensure_initialized(tx)?;
        ensure_positive(amount)?;
        let minter = tx.caller()?.id_go();
        let supply = TOTAL_SUPPLY.get(tx)?.unwrap_or(0);
        let supply = supply.checked_add(amount).ok_or(TokenError::Overflow)?;
        TOTAL_SUPPLY.put(tx, &supply)?;
        credit(tx, &minter, amount)?;
        moved(tx, "Transfer", NOBODY, &minter, amount)
    }

    /// Destroys tokens of the caller's.
    #[transaction(name = "Burn", require(msp("Org1MSP")))]
    fn burn(&self, tx: &mut Tx, amount: u64) -> Result<(), TokenError> {
        ensure_initialized(tx)?;
        ensure_positive(amount)?;
        let minter = tx.caller()?.id_go();
        debit(tx, &minter, amount)?;
        let supply = TOTAL_SUPPLY.get(tx)?.unwrap_or(0);
        let supply = supply.checked_sub(amount).ok_or(TokenError::Overflow)?;
        TOTAL_SUPPLY.put(tx, &supply)?;
        moved(tx, "Transfer", &minter, NOBODY, amount)
    }

    /// Pays from the caller's account.
    #[transaction(name = "Transfer")]
    fn transfer(&self, tx: &mut Tx, recipient: String, amount: u64) -> Result<(), TokenError> {
        ensure_initialized(tx)?;
        let payer = tx.caller()?.id_go();
        pay(tx, &payer, &recipient, amount)
    }

    /// Lets a spender take so much of the caller's account, in place of what was allowed before.
    #[transaction(name = "Approve")]
    fn approve(&self, tx: &mut Tx, spender: String, value: u64) -> Result<(), TokenError> {
        ensure_initialized(tx)?;
        let owner = tx.caller()?.id_go();
        ALLOWANCES.put(tx, &(owner.clone(), spender.clone()), &value)?;
        moved(tx, "Approval", &owner, &spender, value)
    }

    /// Pays from an account that allowed the caller to.
    #[transaction(name = "TransferFrom")]
    fn transfer_from(
        &self,
        tx: &mut Tx,
        from: String,
        to: String,
        value: u64,
    ) -> Result<(), TokenError> {
        ensure_initialized(tx)?;
        let key = (from, tx.caller()?.id_go());
        let allowed = ALLOWANCES.get(tx, &key)?.unwrap_or(0);
        let Some(left) = allowed.checked_sub(value) else {
            return Err(TokenError::NotAllowed { allowed });
        };
        ALLOWANCES.put(tx, &key, &left)?;
        pay(tx, &key.0, &to, value)
    }

    /// What an account has.
    #[query(name = "BalanceOf")]
    fn balance_of(&self, query: &Query, account: String) -> Result<u64, TokenError> {
        ensure_initialized(query)?;
        let balance = query.get(&balance_key(&account)?)?;
        balance.ok_or(TokenError::NoAccount { account })
    }

    /// What the caller has.
    #[query(name = "ClientAccountBalance")]
    fn client_account_balance(&self, query: &Query) -> Result<u64, TokenError> {
        let account = query.caller()?.id_go();
        self.balance_of(query, account)
    }

    /// The caller's account: the client id as Go chaincode writes it.
    #[query(name = "ClientAccountID")]
    fn client_account_id(&self, query: &Query) -> Result<String, TokenError> {
        ensure_initialized(query)?;
        Ok(query.caller()?.id_go())
    }

    /// How much was minted and not burnt.
    #[query(name = "TotalSupply")]
    fn total_supply(&self, query: &Query) -> Result<u64, TokenError> {
        ensure_initialized(query)?;
        Ok(TOTAL_SUPPLY.get(query)?.unwrap_or(0))
    }

    /// What a spender may still take of an owner's account.
    #[query(name = "Allowance")]
    fn allowance(&self, query: &Query, owner: String, spender: String) -> Result<u64, TokenError> {
        ensure_initialized(query)?;
        Ok(ALLOWANCES.get(query, &(owner, spender))?.unwrap_or(0))
    }

    /// The token's name.
    #[query(name = "Name")]
    fn name(&self, query: &Query) -> Result<String, TokenError> {
        text(query, NAME)
    }

    /// The token's symbol.
    #[query(name = "Symbol")]
    fn symbol(&self, query: &Query) -> Result<String, TokenError> {
        text(query, SYMBOL)
    }

    /// How many decimals clients show.
    #[query(name = "Decimals")]
    fn decimals(&self, query: &Query) -> Result<String, TokenError> {
        text(query, DECIMALS)
    }
}

fn balance_key(account: &str) -> Result<fabric_contract_api_rust::JsonKey<u64>, LedgerError> {
    Ok(Key::simple(account)?.json())
}

fn text(reader: &Reader, key: &str) -> Result<String, TokenError> {
    let text = reader.get(key)?.ok_or(TokenError::NotInitialized)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn ensure_initialized(reader: &Reader) -> Result<(), TokenError> {
    match reader.exists(NAME)? {
        true => Ok(()),
        false => Err(TokenError::NotInitialized),
    }
}

fn ensure_positive(amount: u64) -> Result<(), TokenError> {
    match amount {
        0 => Err(TokenError::NotPositive),
        _ => Ok(()),
    }
}

fn pay(tx: &mut Tx, from: &str, to: &str, amount: u64) -> Result<(), TokenError> {
    if from == to {
        return Err(TokenError::SameAccount);
    }
    debit(tx, from, amount)?;
    credit(tx, to, amount)?;
    moved(tx, "Transfer", from, to, amount)
}

fn debit(tx: &mut Tx, account: &str, amount: u64) -> Result<(), TokenError> {
    let key = balance_key(account)?;
    let balance = tx.get(&key)?.ok_or_else(|| TokenError::NoAccount {
        account: account.to_owned(),
    })?;
    let Some(left) = balance.checked_sub(amount) else {
        return Err(TokenError::InsufficientFunds { balance });
    };
    Ok(tx.put(&key, &left)?)
}

fn credit(tx: &mut Tx, account: &str, amount: u64) -> Result<(), TokenError> {
    let key = balance_key(account)?;
    let balance = tx.get(&key)?.unwrap_or(0);
    let sum = balance.checked_add(amount).ok_or(TokenError::Overflow)?;
    Ok(tx.put(&key, &sum)?)
}

/// The samples' clients know events by these names, so they are no envelope.
fn moved(tx: &mut Tx, name: &str, from: &str, to: &str, value: u64) -> Result<(), TokenError> {
    let event = Moved { from, to, value };
    let payload = fabric_contract_api_rust::reply::<_, TokenError>(Ok(event));
    let payload = payload.map_err(|_| TokenError::Overflow)?;
    Ok(tx.set_event(name, payload)?)
}
