//! Typed access to the state: which record is under which key.

use asset_types::{Account, AccountId, Note, NoteId, Request, RequestId, StateKey, Token, TokenId};
use fabric_contract_api_rust::{JsonKey, Key, KeyRange, LedgerError, Reader};

use crate::error::AssetError;

/// Fetches what an operation is known to need in one request: later reads of these keys cost none.
pub(crate) fn prefetch(
    ledger: &Reader<'_>,
    keys: impl IntoIterator<Item = StateKey>,
) -> Result<(), LedgerError> {
    let keys: Vec<Key> = keys
        .into_iter()
        .map(|state_key| key(&state_key))
        .collect::<Result<_, _>>()?;
    ledger.get_many(&keys)?;
    Ok(())
}

/// The token, which has to exist.
pub(crate) fn token(ledger: &Reader<'_>, id: &TokenId) -> Result<Token, AssetError> {
    let found = ledger.get(&token_key(id)?)?;
    found.ok_or_else(|| AssetError::TokenNotFound { token: id.clone() })
}

/// The account, which has to be open. A name of the ledger itself is none.
pub(crate) fn account(ledger: &Reader<'_>, id: &AccountId) -> Result<Account, AssetError> {
    ensure_not_reserved(id)?;
    let found = ledger.get(&account_key(id)?)?;
    found.ok_or_else(|| AssetError::AccountNotFound {
        account: id.clone(),
    })
}

pub(crate) fn ensure_not_reserved(id: &AccountId) -> Result<(), AssetError> {
    match id.is_reserved() {
        true => Err(AssetError::ReservedAccount {
            account: id.clone(),
        }),
        false => Ok(()),
    }
}

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
    Ok(key(&StateKey::Note {
        token: token.clone(),
        account: account.clone(),
        note: note.clone(),
    })?
    .json())
}

pub(crate) fn request_key(
    account: &AccountId,
    request: &RequestId,
) -> Result<JsonKey<Request>, LedgerError> {
    Ok(key(&StateKey::Request {
        account: account.clone(),
        request: request.clone(),
    })?
    .json())
}

/// The keys of all notes that an account has of a token.
pub(crate) fn notes_of(token: &TokenId, account: &AccountId) -> Result<KeyRange, LedgerError> {
    let attributes = [token.as_str(), account.as_str()];
    Ok(KeyRange::composite(StateKey::NOTE, attributes)?)
}

/// The name of the note under a key of [`notes_of`].
pub(crate) fn note_of(key: &Key) -> Result<NoteId, AssetError> {
    let parts = key
        .split()
        .map(|(object_type, attributes)| StateKey::parse(object_type, &attributes));
    match parts {
        Some(Ok(StateKey::Note { note, .. })) => Ok(note),
        _ => Err(AssetError::Internal {
            what: format!("the key {:?}", key.as_str()),
        }),
    }
}

fn key(key: &StateKey) -> Result<Key, LedgerError> {
    Ok(Key::composite(key.object_type(), key.attributes())?)
}
