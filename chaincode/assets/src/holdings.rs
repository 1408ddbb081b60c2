//! What accounts hold: their notes, a page at a time, and the sums. Reads only.

use asset_types::{AccountId, Amount, Note, NoteId, NoteReply, NotesReply, ReadNotes, TokenId};
use fabric_contract_api_rust::{KeyRange, LedgerError, PAGE_ROWS_MAX, Page, Query, Row, StateKey};

use crate::error::AssetError;
use crate::records::{note_key, note_of, notes_of};
use crate::spending::beyond_any_cap;

/// Notes of a page, where the caller does not say.
const PAGE_SIZE: u32 = 100;

/// How much of a token an account has, in how many notes.
pub(crate) struct Holding {
    pub(crate) amount: Amount,
    pub(crate) notes: u64,
}

/// One page of an account's notes. Outside, a bookmark is the name of the note that comes next.
pub(crate) fn page(query: &Query<'_>, request: &ReadNotes) -> Result<NotesReply, AssetError> {
    let range = notes_of(&request.token, &request.account)?;
    let page = Page {
        size: request.page_size.unwrap_or(PAGE_SIZE),
        bookmark: bookmark_key(request)?,
    };
    let found = query.page(&range, &page)?;
    Ok(NotesReply {
        notes: found.items.iter().map(note).collect::<Result<_, _>>()?,
        bookmark: match found.bookmark {
            Some(key) => Some(bookmark_note(&range, &key)?.into()),
            None => None,
        },
    })
}

/// The sum of an account's notes, a page at a time: a peer cuts a longer scan silently.
pub(crate) fn sum(
    query: &Query<'_>,
    token: &TokenId,
    account: &AccountId,
) -> Result<Holding, AssetError> {
    let range = notes_of(token, account)?;
    let mut holding = Holding {
        amount: Amount::ZERO,
        notes: 0,
    };
    let mut page = Page::first(PAGE_ROWS_MAX);
    loop {
        let found = query.page(&range, &page)?;
        for row in &found.items {
            let sum = holding.amount.checked_add(note(row)?.amount);
            holding.amount = sum.ok_or_else(beyond_any_cap)?;
            holding.notes += 1;
        }
        match found.bookmark {
            Some(bookmark) if !found.items.is_empty() => page.bookmark = Some(bookmark),
            _ => return Ok(holding),
        }
    }
}

fn note(row: &Row) -> Result<NoteReply, AssetError> {
    let Note { amount } = row.json()?;
    Ok(NoteReply {
        note: note_of(&row.key)?,
        amount,
    })
}

/// A peer goes on from any key that it is given: only keys of this list may get there.
fn bookmark_key(request: &ReadNotes) -> Result<Option<String>, AssetError> {
    let Some(note) = &request.bookmark else {
        return Ok(None);
    };
    let note: NoteId = note.parse().map_err(|_| AssetError::InvalidBookmark)?;
    let key = note_key(&request.token, &request.account, &note)?;
    let key = key.key().map_err(LedgerError::from)?;
    Ok(Some(key.as_str().to_owned()))
}

/// The last part of the composite key that the peer would go on from.
fn bookmark_note(range: &KeyRange, key: &str) -> Result<NoteId, AssetError> {
    let note = key
        .strip_prefix(range.start())
        .and_then(|last| last.strip_suffix('\0'))
        .and_then(|note| note.parse().ok());
    note.ok_or_else(|| AssetError::Internal {
        what: format!("the bookmark {key:?}"),
    })
}
