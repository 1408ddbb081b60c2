//! Contract `tokens`: creating, minting, transferring and counting.

use asset_types::{
    AccountId, Amount, BalanceReply, CreateToken, Mint, Note, NoteReply, NotesReply, ReadBalance,
    ReadNotes, ReadSupply, ReadToken, SupplyReply, Token, TokenCreated, TokenReply, Transfer,
    TransferReply, Transferred, function,
};
use fabric_contract_api::prelude::*;

use crate::announcement::{AnnounceCreated, AnnounceTransferred};
use crate::authority::ensure_controller;
use crate::error::AssetError;
use crate::kyc::ensure_eligible;
use crate::once::{ensure_fresh, now};
use crate::records::{self, note_key, note_of, notes_of, token_key};
use crate::spending::{self, Movement};

/// Notes of a page, where the caller does not say.
const PAGE_SIZE: u32 = 100;

/// Tokens: what exists, who has how much.
#[derive(Debug)]
pub struct Tokens;

#[contract(name = "tokens")]
impl Tokens {
    /// Makes a token. All of it belongs to the reserved account until it is minted.
    #[transaction]
    fn create(&self, tx: &mut Tx, request: CreateToken) -> Result<TokenReply, AssetError> {
        let id = &request.token;
        let fresh = ensure_fresh(
            tx, function::TOKENS_CREATE, &request.issuer, &request.request_id, request.expires_at, &request,
        )?;
        let issuer = records::account(tx, &request.issuer)?;
        let existing = tx.get(&token_key(id)?)?;

        ensure_controller(tx, &request.issuer, &issuer)?;
        if existing.is_some() {
            return Err(AssetError::TokenExists { token: id.clone() });
        }
        let cap = request.cap.unwrap_or(Amount::MAX);
        if cap.is_zero() {
            return Err(AssetError::ZeroAmount);
        }

        let token = Token {
            name: request.name,
            symbol: request.symbol,
            decimals: request.decimals,
            cap,
            issuer: request.issuer.clone(),
            kyc_class: request.kyc_class,
        };
        tx.put(&token_key(id)?, &token)?;
        let note = spending::new_note(tx.transaction_id(), 0)?;
        tx.put(&note_key(id, &AccountId::unissued(), &note)?, &Note { amount: cap })?;
        fresh.mark(tx)?;
        tx.emit(&AnnounceCreated(TokenCreated {
            token: id.clone(),
            issuer: request.issuer,
            cap,
            request_id: request.request_id,
        }))?;
        Ok(token_reply(request.token, token))
    }

    /// Brings units into circulation.
    #[transaction]
    fn mint(&self, tx: &mut Tx, request: Mint) -> Result<TransferReply, AssetError> {
        let token = records::token(tx, &request.token)?;
        let fresh = ensure_fresh(
            tx, function::TOKENS_MINT, &token.issuer, &request.request_id, request.expires_at, &request,
        )?;
        let issuer = records::account(tx, &token.issuer)?;
        let payee = records::account(tx, &request.to)?;

        ensure_controller(tx, &token.issuer, &issuer)?;
        ensure_eligible(&request.token, &token, &request.to, &payee, now(tx)?)?;
        let transferred = Transferred {
            token: request.token,
            from: AccountId::unissued(),
            to: request.to,
            amount: request.amount,
            memo: None,
            request_id: request.request_id,
        };
        let reply = move_notes(tx, &transferred, request.notes)?;
        fresh.mark(tx)?;
        tx.emit(&AnnounceTransferred(transferred))?;
        Ok(reply)
    }

    /// Pays from one account to another.
    #[transaction]
    fn transfer(&self, tx: &mut Tx, request: Transfer) -> Result<TransferReply, AssetError> {
        let payer = records::account(tx, &request.from)?;
        let fresh = ensure_fresh(
            tx, function::TOKENS_TRANSFER, &request.from, &request.request_id, request.expires_at, &request,
        )?;
        let payee = records::account(tx, &request.to)?;
        let token = records::token(tx, &request.token)?;

        ensure_controller(tx, &request.from, &payer)?;
        let now = now(tx)?;
        ensure_eligible(&request.token, &token, &request.from, &payer, now)?;
        ensure_eligible(&request.token, &token, &request.to, &payee, now)?;
        let transferred = Transferred {
            token: request.token,
            from: request.from,
            to: request.to,
            amount: request.amount,
            memo: request.memo,
            request_id: request.request_id,
        };
        let reply = move_notes(tx, &transferred, request.notes)?;
        fresh.mark(tx)?;
        tx.emit(&AnnounceTransferred(transferred))?;
        Ok(reply)
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
        let (amount, notes) = sum(query, &request.token, &request.account)?;
        Ok(BalanceReply { token: request.token, account: request.account, amount, notes })
    }

    /// Lists an account's notes.
    #[query]
    fn notes(&self, query: &Query, request: ReadNotes) -> Result<NotesReply, AssetError> {
        let range = notes_of(&request.token, &request.account)?;
        let size = request.page_size.unwrap_or(PAGE_SIZE);
        let page = query.page(&range, &Page { size, bookmark: request.bookmark })?;
        let notes = page.items.iter().map(|row| {
            let note: Note = row.json()?;
            Ok(NoteReply { note: note_of(&row.key)?, amount: note.amount })
        });
        let notes = notes.collect::<Result<_, AssetError>>()?;
        Ok(NotesReply { notes, bookmark: page.bookmark })
    }

    /// Sums what circulates: the cap less what the reserved account has.
    #[query]
    fn supply(&self, query: &Query, request: ReadSupply) -> Result<SupplyReply, AssetError> {
        let token = records::token(query, &request.token)?;
        let (unissued, _) = sum(query, &request.token, &AccountId::unissued())?;
        let supply = token.cap.checked_sub(unissued).ok_or_else(|| AssetError::Internal {
            what: format!("more of {} than its cap", request.token),
        })?;
        Ok(SupplyReply { token: request.token, cap: token.cap, supply })
    }
}

/// Decides which notes to spend, and spends them.
fn move_notes(
    tx: &mut Tx<'_>,
    transferred: &Transferred,
    notes: Option<Vec<asset_types::NoteId>>,
) -> Result<TransferReply, AssetError> {
    if transferred.amount.is_zero() {
        return Err(AssetError::ZeroAmount);
    }
    let movement = Movement {
        token: &transferred.token,
        from: &transferred.from,
        to: &transferred.to,
        amount: transferred.amount,
    };
    let inputs = match notes {
        Some(notes) => spending::named(tx, &movement, notes)?,
        None => spending::scanned(tx, &movement)?,
    };
    spending::settle(tx, &movement, &inputs)
}

/// The sum and number of an account's notes, a page at a time: a peer cuts a longer scan silently.
fn sum(
    query: &Query<'_>,
    token: &asset_types::TokenId,
    account: &AccountId,
) -> Result<(Amount, u64), AssetError> {
    let range = notes_of(token, account)?;
    let (mut total, mut count) = (Amount::ZERO, 0);
    let mut page = Page::first(fabric_contract_api::PAGE_ROWS_MAX);
    loop {
        let found = query.page(&range, &page)?;
        for row in &found.items {
            let note: Note = row.json()?;
            total = total.checked_add(note.amount).ok_or_else(|| AssetError::Internal {
                what: format!("notes of {account} beyond any cap"),
            })?;
            count += 1;
        }
        match found.bookmark {
            Some(bookmark) if !found.items.is_empty() => page.bookmark = Some(bookmark),
            _ => return Ok((total, count)),
        }
    }
}

fn token_reply(token: asset_types::TokenId, record: Token) -> TokenReply {
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
