//! Which notes a payment may consume.

use asset_types::{NOTES_PER_DEBIT_MAX, NoteId, function};
use serde_json::{Value, json};

use crate::bank::{Bank, Refused, payment};

fn ids(bank: &mut Bank, account: &str) -> Vec<NoteId> {
    bank.notes(account)
        .into_iter()
        .map(|note| note.note)
        .collect()
}

#[track_caller]
fn refused(bank: &mut Bank, amount: u128, notes: &Value) -> Refused {
    let request = payment("alice", "bob", amount, json!({ "notes": notes }));
    bank.refused("alice", function::TOKENS_TRANSFER, request)
}

#[test]
fn named_notes_are_consumed_all_and_no_others() {
    let mut bank = Bank::new();
    let kept = bank.mint("alice", 100).note;
    let named = [bank.mint("alice", 10).note, bank.mint("alice", 20).note];
    let request = payment("alice", "bob", 5, json!({ "notes": named }));
    bank.submit("alice", function::TOKENS_TRANSFER, request);
    let left = bank.notes("alice");
    assert!(left.iter().any(|note| note.note == kept));
    let mut amounts: Vec<_> = left.iter().map(|note| note.amount.units()).collect();
    amounts.sort_unstable();
    assert_eq!(amounts, [25, 100]);
    bank.check();
}

#[test]
fn named_notes_that_do_not_suffice_are_refused() {
    let mut bank = Bank::new();
    let note = bank.mint("alice", 10).note;
    bank.mint("alice", 100);
    let answer = refused(&mut bank, 11, &json!([note]));
    assert_eq!(
        (answer.status, answer.code.as_str()),
        (422, "INSUFFICIENT_FUNDS")
    );
    assert_eq!(answer.data["available"], "10");
    assert_eq!(refused(&mut bank, 1, &json!([])).code, "INSUFFICIENT_FUNDS");
}

#[test]
fn spent_notes_are_refused() {
    let mut bank = Bank::new();
    let note = bank.mint("alice", 10).note;
    bank.pay("alice", "bob", 10);
    bank.mint("alice", 10);
    let answer = refused(&mut bank, 5, &json!([note]));
    assert_eq!((answer.status, answer.code.as_str()), (409, "NOTE_SPENT"));
    assert_eq!(
        json!(answer.data),
        json!({ "account": "alice", "token": "gold", "note": note })
    );
}

#[test]
fn another_accounts_notes_are_refused() {
    let mut bank = Bank::new();
    bank.mint("alice", 10);
    let bobs = bank.mint("bob", 10).note;
    let unissued = ids(&mut bank, "unissued").remove(0);
    for note in [bobs, unissued] {
        let answer = refused(&mut bank, 5, &json!([note]));
        assert_eq!((answer.status, answer.code.as_str()), (409, "NOTE_SPENT"));
    }
    bank.check();
}

#[test]
fn a_note_named_twice_is_refused() {
    let mut bank = Bank::new();
    let note = bank.mint("alice", 10).note;
    let other = bank.mint("alice", 10).note;
    let answer = refused(&mut bank, 15, &json!([note, other, note]));
    assert_eq!(
        (answer.status, answer.code.as_str()),
        (400, "DUPLICATE_NOTE")
    );
    assert_eq!(answer.data["note"], json!(note));
}

#[test]
fn a_debit_consumes_a_bounded_number_of_notes() {
    let mut bank = Bank::new();
    for _ in 0..=NOTES_PER_DEBIT_MAX {
        bank.mint("alice", 1);
    }
    let all = ids(&mut bank, "alice");
    assert_eq!(all.len(), NOTES_PER_DEBIT_MAX + 1);
    let answer = refused(&mut bank, 1, &json!(all));
    assert_eq!(
        (answer.status, answer.code.as_str()),
        (422, "TOO_MANY_NOTES")
    );
    assert_eq!(answer.data["max"], NOTES_PER_DEBIT_MAX);
    // A scan would need them all.
    let everything = payment("alice", "bob", 257, json!({}));
    let answer = bank.refused("alice", function::TOKENS_TRANSFER, everything);
    assert_eq!(answer.code, "TOO_MANY_NOTES");

    bank.pay("alice", "alice", 256);
    assert_eq!(ids(&mut bank, "alice").len(), 2);
    bank.pay("alice", "bob", 257);
    assert_eq!((bank.balance("alice"), bank.balance("bob")), (0, 257));
    bank.check();
}

#[test]
fn texts_that_name_no_note_are_refused() {
    let mut bank = Bank::new();
    bank.mint("alice", 10);
    let zeros = "0".repeat(64);
    for text in [
        String::new(),
        "..".to_owned(),
        "lane.x".to_owned(),
        zeros.clone(),
        format!("{zeros}.01"),
        format!("{zeros}.0\u{0}"),
    ] {
        assert_eq!(
            refused(&mut bank, 5, &json!([text])).code,
            "INVALID_ARGUMENT",
            "{text:?}"
        );
    }
    assert_eq!(
        refused(&mut bank, 5, &json!([format!("{zeros}.0")])).code,
        "NOTE_SPENT"
    );
    assert_eq!(refused(&mut bank, 5, &json!(["lane.0"])).code, "NOTE_SPENT");
}
