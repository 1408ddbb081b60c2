//! Contract `tokens`: creating, minting, transferring and counting.

use asset_types::{
    AccountId, Amount, BalanceReply, CreateToken, Mint, Note, NotesReply, ReadBalance, ReadNotes,
    ReadSupply, ReadToken, StateKey, SupplyReply, Token, TokenCreated, TokenId, TokenReply,
    Transfer, TransferReply, Transferred,
};
use fabric_contract_api_rust::{Query, Tx, contract};

use crate::announcement::{AnnounceCreated, AnnounceTransferred};
use crate::authority::ensure_controller;
use crate::error::AssetError;
use crate::kyc::ensure_eligible;
use crate::once::{Fresh, WriteRequest, ensure_fresh, now};
use crate::records::{self, note_key, prefetch, token_key};
use crate::spending::Inputs;
use crate::{holdings, spending};

/// Tokens: what exists, who has how much.
#[derive(Debug)]
pub struct Tokens;

#[contract(name = "tokens")]
impl Tokens {
    /// Makes a token. All of it belongs to the reserved account until it is minted.
    #[transaction]
    fn create(&self, tx: &mut Tx, request: CreateToken) -> Result<TokenReply, AssetError> {
        let (id, issuer_id) = (&request.token, &request.issuer);
        let cap = request.cap.unwrap_or(Amount::MAX);
        spending::ensure_sensible(cap, None)?;
        prefetch(
            tx,
            [
                request.state_key(issuer_id),
                StateKey::Account(issuer_id.clone()),
                StateKey::Token(id.clone()),
            ],
        )?;
        let issuer = records::account(tx, issuer_id)?;
        ensure_controller(tx, issuer_id, &issuer)?;
        let fresh = ensure_fresh(tx, issuer_id, &request)?;
        let key = token_key(id)?;
        if tx.get(&key)?.is_some() {
            return Err(AssetError::TokenExists { token: id.clone() });
        }

        let created = TokenCreated {
            token: id.clone(),
            issuer: issuer_id.clone(),
            cap,
            request_id: request.request_id,
        };
        let token = Token {
            name: request.name,
            symbol: request.symbol,
            decimals: request.decimals,
            cap,
            issuer: request.issuer,
            kyc_class: request.kyc_class,
        };
        tx.put(&key, &token)?;
        let whole = note_key(id, &AccountId::unissued(), &spending::new_note(tx, 0)?)?;
        tx.put(&whole, &Note { amount: cap })?;
        fresh.mark(tx)?;
        tx.emit(&AnnounceCreated(created))?;
        Ok(token_reply(request.token, token))
    }

    /// Brings units into circulation: a transfer from the reserved account.
    #[transaction]
    fn mint(&self, tx: &mut Tx, request: Mint) -> Result<TransferReply, AssetError> {
        let transfer = Transferred {
            token: request.token.clone(),
            from: AccountId::unissued(),
            to: request.to.clone(),
            amount: request.amount,
            memo: None,
            request_id: request.request_id.clone(),
        };
        let named = request.notes.as_deref();
        spending::ensure_sensible(transfer.amount, named)?;
        let mut keys = spending::keys(&transfer, named);
        keys.push(StateKey::Token(transfer.token.clone()));
        keys.push(StateKey::Account(transfer.to.clone()));
        prefetch(tx, keys)?;
        let token = records::token(tx, &transfer.token)?;
        // Only the token says who its issuer is: the one read that cannot be made with the others.
        let issuer_id = &token.issuer;
        let issuer_keys = [
            request.state_key(issuer_id),
            StateKey::Account(issuer_id.clone()),
        ];
        prefetch(tx, issuer_keys)?;
        let issuer = records::account(tx, issuer_id)?;
        ensure_controller(tx, issuer_id, &issuer)?;
        let fresh = ensure_fresh(tx, issuer_id, &request)?;
        let payee = records::account(tx, &transfer.to)?;
        let now = now(tx)?;
        ensure_eligible((&transfer.token, &token), (&transfer.to, &payee), now)?;
        let inputs = spending::choose(tx, &transfer, request.notes)?;

        settle(tx, transfer, &inputs, &fresh)
    }

    /// Pays from one account to another.
    #[transaction]
    fn transfer(&self, tx: &mut Tx, request: Transfer) -> Result<TransferReply, AssetError> {
        let transfer = Transferred {
            token: request.token.clone(),
            from: request.from.clone(),
            to: request.to.clone(),
            amount: request.amount,
            memo: request.memo.clone(),
            request_id: request.request_id.clone(),
        };
        let named = request.notes.as_deref();
        spending::ensure_sensible(transfer.amount, named)?;
        let mut keys = spending::keys(&transfer, named);
        keys.extend([
            request.state_key(&transfer.from),
            StateKey::Account(transfer.from.clone()),
            StateKey::Account(transfer.to.clone()),
            StateKey::Token(transfer.token.clone()),
        ]);
        prefetch(tx, keys)?;
        let payer = records::account(tx, &transfer.from)?;
        ensure_controller(tx, &transfer.from, &payer)?;
        let fresh = ensure_fresh(tx, &transfer.from, &request)?;
        let payee = records::account(tx, &transfer.to)?;
        let token = records::token(tx, &transfer.token)?;
        let now = now(tx)?;
        ensure_eligible((&transfer.token, &token), (&transfer.from, &payer), now)?;
        ensure_eligible((&transfer.token, &token), (&transfer.to, &payee), now)?;
        let inputs = spending::choose(tx, &transfer, request.notes)?;

        settle(tx, transfer, &inputs, &fresh)
    }

    /// Reads a token.
    #[query]
    fn read(&self, query: &Query, request: ReadToken) -> Result<TokenReply, AssetError> {
        let token = records::token(query, &request.token)?;
        Ok(token_reply(request.token, token))
    }

    /// Sums an account's notes.
    #[query]
    fn balance(&self, query: &Query, request: ReadBalance) -> Result<BalanceReply, AssetError> {
        records::account(query, &request.account)?;
        records::token(query, &request.token)?;
        let holding = holdings::sum(query, &request.token, &request.account)?;
        Ok(BalanceReply {
            token: request.token,
            account: request.account,
            amount: holding.amount,
            notes: holding.notes,
        })
    }

    /// Lists an account's notes; those of the reserved account too, for who names them in a mint.
    #[query]
    fn notes(&self, query: &Query, request: ReadNotes) -> Result<NotesReply, AssetError> {
        if !request.account.is_reserved() {
            records::account(query, &request.account)?;
        }
        records::token(query, &request.token)?;
        holdings::page(query, &request)
    }

    /// Sums what circulates: the cap less what the reserved account has.
    #[query]
    fn supply(&self, query: &Query, request: ReadSupply) -> Result<SupplyReply, AssetError> {
        let token = records::token(query, &request.token)?;
        let unissued = holdings::sum(query, &request.token, &AccountId::unissued())?;
        let supply = token.cap.checked_sub(unissued.amount);
        Ok(SupplyReply {
            token: request.token,
            cap: token.cap,
            supply: supply.ok_or_else(spending::beyond_any_cap)?,
        })
    }
}

/// Writes everything that a transfer changes, and announces it.
fn settle(
    tx: &mut Tx<'_>,
    transfer: Transferred,
    inputs: &Inputs,
    fresh: &Fresh,
) -> Result<TransferReply, AssetError> {
    let reply = spending::settle(tx, &transfer, inputs)?;
    fresh.mark(tx)?;
    tx.emit(&AnnounceTransferred(transfer))?;
    Ok(reply)
}

fn token_reply(token: TokenId, record: Token) -> TokenReply {
    TokenReply {
        token,
        name: record.name,
        symbol: record.symbol,
        decimals: record.decimals,
        cap: record.cap,
        issuer: record.issuer,
        kyc_class: record.kyc_class,
    }
}
