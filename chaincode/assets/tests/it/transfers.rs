//! Payments: what they move, and what they cannot.

use asset_types::{TransferReply, function};
use serde_json::json;

use crate::bank::{Bank, payment};

#[test]
fn a_payment_moves_units_and_gives_change() {
    let mut bank = Bank::new();
    bank.mint("alice", 10);
    let reply = bank.pay("alice", "bob", 3);
    let change = reply.change.unwrap();
    assert_eq!(change.amount.units(), 7);
    assert_eq!(reply.note.as_str(), format!("{}.0", reply.transaction_id));
    assert_eq!(change.note.as_str(), format!("{}.1", reply.transaction_id));
    assert_eq!((bank.balance("alice"), bank.balance("bob")), (7, 3));
    bank.check();
}

#[test]
fn an_exact_spend_leaves_no_change_note() {
    let mut bank = Bank::new();
    bank.mint("alice", 10);
    let reply = bank.pay("alice", "bob", 10);
    assert_eq!(reply.change, None);
    assert_eq!(bank.notes("alice"), []);
    assert_eq!(bank.notes("bob").len(), 1);
    bank.check();
}

#[test]
fn a_transfer_to_oneself_creates_nothing() {
    let mut bank = Bank::new();
    for _ in 0..3 {
        bank.mint("alice", 10);
    }
    bank.pay("alice", "alice", 4);
    assert_eq!(bank.balance("alice"), 30);
    // Naming all notes and paying their sum to oneself merges them into one.
    let notes: Vec<_> = bank
        .notes("alice")
        .into_iter()
        .map(|note| note.note)
        .collect();
    let merge = payment("alice", "alice", 30, json!({ "notes": notes }));
    let reply: TransferReply = bank
        .submit("alice", function::TOKENS_TRANSFER, merge)
        .reply()
        .unwrap();
    assert_eq!(reply.change, None);
    assert_eq!(bank.notes("alice").len(), 1);
    assert_eq!(bank.balance("alice"), 30);
    bank.check();
}

#[test]
fn more_than_the_balance_is_refused() {
    let mut bank = Bank::new();
    bank.mint("alice", 10);
    bank.mint("alice", 5);
    let refused = bank.refused(
        "alice",
        function::TOKENS_TRANSFER,
        payment("alice", "bob", 16, json!({})),
    );
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (422, "INSUFFICIENT_FUNDS")
    );
    assert_eq!(
        json!(refused.data),
        json!({ "account": "alice", "token": "gold", "available": "15", "needed": "16" })
    );
}

#[test]
fn the_ledgers_own_account_neither_pays_nor_is_paid() {
    let mut bank = Bank::new();
    bank.mint("alice", 10);
    for (from, to) in [
        ("alice", "unissued"),
        ("unissued", "alice"),
        ("unissued", "unissued"),
    ] {
        let request = payment(from, to, 1, json!({}));
        let refused = bank.refused("alice", function::TOKENS_TRANSFER, request);
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (400, "RESERVED_ACCOUNT")
        );
    }
    let mint = json!({ "token": "gold", "to": "unissued", "amount": "1" });
    assert_eq!(
        bank.refused("mint", function::TOKENS_MINT, mint).code,
        "RESERVED_ACCOUNT"
    );
    let balance = json!({ "token": "gold", "account": "unissued" });
    assert_eq!(
        bank.refused("mint", function::TOKENS_BALANCE, balance).code,
        "RESERVED_ACCOUNT"
    );
}

#[test]
fn names_of_other_records_are_only_names() {
    let mut bank = Bank::new();
    for name in [
        "token",
        "account",
        "note",
        "request",
        "gold",
        "lane.0",
        "totalSupply",
    ] {
        bank.open(name, "Org1MSP");
        bank.mint("alice", 2);
        bank.pay("alice", name, 2);
        bank.pay(name, "bob", 1);
        assert_eq!(bank.balance(name), 1, "{name}");
    }
    bank.check();
}

#[test]
fn an_account_that_nobody_opened_neither_pays_nor_is_paid() {
    let mut bank = Bank::new();
    bank.mint("alice", 10);
    for (from, to) in [("alice", "dave"), ("dave", "alice")] {
        let request = payment(from, to, 1, json!({}));
        let refused = bank.refused("alice", function::TOKENS_TRANSFER, request);
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (404, "ACCOUNT_NOT_FOUND")
        );
        assert_eq!(refused.data["account"], "dave");
    }
}

#[test]
fn tokens_do_not_mix() {
    let mut bank = Bank::new();
    bank.create("gold2", json!({ "cap": "5" }));
    bank.mint("alice", 10);
    let silver = bank.notes("alice").remove(0).note;
    let request = json!({
        "token": "gold2", "from": "alice", "to": "bob", "amount": "1", "notes": [silver],
    });
    assert_eq!(
        bank.refused("alice", function::TOKENS_TRANSFER, request)
            .code,
        "NOTE_SPENT"
    );
    let request = json!({ "token": "gold2", "from": "alice", "to": "bob", "amount": "1" });
    assert_eq!(
        bank.refused("alice", function::TOKENS_TRANSFER, request)
            .code,
        "INSUFFICIENT_FUNDS"
    );
    bank.check();
}
