//! Many notes: balances count them all, lists give them a page at a time.

use asset_types::{BalanceReply, NoteId, NotesReply, function};
use fabric_contract_api_rust::PAGE_ROWS_MAX;
use serde_json::{Value, json};

use crate::bank::{Bank, with};

fn page(bank: &mut Bank, more: Value) -> NotesReply {
    let request = with(json!({ "token": "gold", "account": "alice" }), more);
    bank.ask(function::TOKENS_NOTES, request)
}

#[test]
fn a_balance_counts_more_notes_than_one_page_holds() {
    let mut bank = Bank::new();
    let count = u128::from(PAGE_ROWS_MAX) + 7;
    for _ in 0..count {
        bank.mint("alice", 3);
    }
    bank.mint("bob", 1);
    let request = json!({ "token": "gold", "account": "alice" });
    let reply: BalanceReply = bank.ask(function::TOKENS_BALANCE, request);
    assert_eq!(
        (reply.amount.units(), u128::from(reply.notes)),
        (3 * count, count)
    );
    bank.check();
}

#[test]
fn a_list_goes_on_where_its_bookmark_says() {
    let mut bank = Bank::new();
    for _ in 0..7 {
        bank.mint("alice", 1);
    }
    bank.mint("bob", 1);
    let (mut notes, mut sizes, mut bookmark) = (Vec::<NoteId>::new(), Vec::new(), Value::Null);
    loop {
        let found = page(&mut bank, json!({ "page_size": 3, "bookmark": bookmark }));
        sizes.push(found.notes.len());
        notes.extend(found.notes.into_iter().map(|note| note.note));
        match found.bookmark {
            Some(next) => bookmark = next.into(),
            None => break,
        }
    }
    assert_eq!(sizes, [3, 3, 1]);
    let whole = page(&mut bank, json!({}))
        .notes
        .into_iter()
        .map(|note| note.note);
    assert_eq!(notes, whole.collect::<Vec<_>>());
}

#[test]
fn a_list_whose_last_page_is_full_ends() {
    let mut bank = Bank::new();
    for _ in 0..4 {
        bank.mint("alice", 1);
    }
    let first = page(&mut bank, json!({ "page_size": 2 }));
    let second = page(
        &mut bank,
        json!({ "page_size": 2, "bookmark": first.bookmark.unwrap() }),
    );
    assert_eq!((second.notes.len(), second.bookmark), (2, None));
}

#[test]
fn a_bookmark_cannot_leave_its_list() {
    let mut bank = Bank::new();
    bank.mint("alice", 1);
    bank.mint("bob", 1);
    for bookmark in [
        "",
        "opaque",
        "\u{0}account\u{0}",
        "\u{0}note\u{0}gold\u{0}bob\u{0}",
        "z",
    ] {
        let request = json!({ "token": "gold", "account": "alice", "bookmark": bookmark });
        let refused = bank.refused("alice", function::TOKENS_NOTES, request);
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (400, "INVALID_BOOKMARK")
        );
    }
    // The name of a note that is not alice's is a place in her list all the same.
    let bobs = bank.notes("bob").remove(0).note;
    let found = page(&mut bank, json!({ "bookmark": bobs }));
    assert!(found.notes.iter().all(|note| note.note >= bobs));
}

#[test]
fn pages_are_bounded() {
    let mut bank = Bank::new();
    for size in [0, PAGE_ROWS_MAX + 1, u32::MAX] {
        let request = json!({ "token": "gold", "account": "alice", "page_size": size });
        let refused = bank.refused("alice", function::TOKENS_NOTES, request);
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (400, "INVALID_PAGE")
        );
    }
}

#[test]
fn notes_of_an_account_that_nobody_opened_are_not_an_empty_list() {
    let mut bank = Bank::new();
    let request = json!({ "token": "gold", "account": "dave" });
    for function in [function::TOKENS_NOTES, function::TOKENS_BALANCE] {
        assert_eq!(
            bank.refused("alice", function, request.clone()).code,
            "ACCOUNT_NOT_FOUND"
        );
    }
}
