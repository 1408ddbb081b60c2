//! Typed access to the state: which record is under which key.

use asset_types::{Account, AccountId, Note, NoteId, Request, RequestId, StateKey, Token, TokenId};
use fabric_contract_api::{JsonKey, Key, KeyRange, LedgerError, Reader};

use crate::error::AssetError;

pub(crate) fn token_key(token: &TokenId) -> Result<JsonKey<Token>, LedgerError> {
    Ok(key(&StateKey::Token(token.clone()))?.json())
}

pub(crate) fn account_key(account: &AccountId) -> Result<JsonKey<Account>, LedgerError> {
    Ok(key(&StateKey::Account(account.clone()))?.json())
}

pub(crate) fn note_key(
    token: &TokenId,
    account: &AccountId,
    note: &NoteId,
) -> Result<JsonKey<Note>, LedgerError> {
    let (token, account, note) = (token.clone(), account.clone(), note.clone());
    Ok(key(&StateKey::Note { token, account, note })?.json())
}

pub(crate) fn request_key(
    account: &AccountId,
    request: &RequestId,
) -> Result<JsonKey<Request>, LedgerError> {
    let (account, request) = (account.clone(), request.clone());
    Ok(key(&StateKey::Request { account, request })?.json())
}

/// All notes of an account.
pub(crate) fn notes_of(token: &TokenId, account: &AccountId) -> Result<KeyRange, LedgerError> {
    Ok(KeyRange::composite(StateKey::NOTE, [token.as_str(), account.as_str()])?)
}

/// The name of the note under a key of [`notes_of`].
pub(crate) fn note_of(key: &Key) -> Result<NoteId, AssetError> {
    let parts = key.split().map(|(kind, parts)| StateKey::parse(kind, &parts));
    match parts {
        Some(Ok(StateKey::Note { note, .. })) => Ok(note),
        _ => Err(AssetError::Internal { what: format!("the key {:?}", key.as_str()) }),
    }
}

pub(crate) fn token(ledger: &Reader<'_>, id: &TokenId) -> Result<Token, AssetError> {
    ledger.get(&token_key(id)?)?.ok_or_else(|| AssetError::TokenNotFound { token: id.clone() })
}

pub(crate) fn account(ledger: &Reader<'_>, id: &AccountId) -> Result<Account, AssetError> {
    if id.is_reserved() {
        return Err(AssetError::ReservedAccount { account: id.clone() });
    }
    let found = ledger.get(&account_key(id)?)?;
    found.ok_or_else(|| AssetError::AccountNotFound { account: id.clone() })
}

fn key(key: &StateKey) -> Result<Key, LedgerError> {
    Ok(Key::composite(key.object_type(), key.attributes())?)
}
