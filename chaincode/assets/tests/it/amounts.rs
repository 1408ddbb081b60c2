//! Amounts: exact up to 2^128-1, and everything else refused.

use asset_types::function;
use serde_json::{Value, json};

use crate::bank::{Bank, create_request, payment, with};

/// What other ledgers took for amounts.
const BAD: [&str; 12] = [
    "-1",
    "1e18",
    "12abc",
    "340282366920938463463374607431768211456",
    "",
    "+1",
    "01",
    " 1",
    "1.0",
    "0x10",
    "NaN",
    "१",
];

/// JSON numbers: what a client library makes of an amount that is no string.
const NUMBERS: [&str; 5] = ["1", "-1", "1e18", "9007199254740993", "1.5"];

fn bad() -> impl Iterator<Item = Value> {
    let numbers = NUMBERS.map(|number| serde_json::from_str(number).unwrap());
    BAD.map(Value::from).into_iter().chain(numbers)
}

#[track_caller]
fn refuses(bank: &mut Bank, who: &str, function: &str, request: Value) {
    let text = request.to_string();
    let refused = bank.refused(who, function, request);
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (400, "INVALID_ARGUMENT"),
        "{text}"
    );
}

#[test]
fn texts_that_are_no_amounts_are_refused_everywhere() {
    let mut bank = Bank::new();
    bank.mint("alice", 10);
    for amount in bad() {
        let transfer = with(
            payment("alice", "bob", 1, json!({})),
            json!({ "amount": amount }),
        );
        refuses(&mut bank, "alice", function::TOKENS_TRANSFER, transfer);
        let mint = json!({ "token": "gold", "to": "alice", "amount": amount });
        refuses(&mut bank, "mint", function::TOKENS_MINT, mint);
        let create = create_request("silver", json!({ "cap": amount }));
        refuses(&mut bank, "mint", function::TOKENS_CREATE, create);
    }
    assert_eq!(bank.balance("alice"), 10);
}

#[test]
fn zero_moves_nothing_and_is_refused() {
    let mut bank = Bank::new();
    bank.mint("alice", 10);
    let requests = [
        (
            "alice",
            function::TOKENS_TRANSFER,
            payment("alice", "bob", 0, json!({})),
        ),
        (
            "alice",
            function::TOKENS_TRANSFER,
            payment("alice", "bob", 0, json!({ "notes": [] })),
        ),
        (
            "mint",
            function::TOKENS_MINT,
            json!({ "token": "gold", "to": "bob", "amount": "0" }),
        ),
        (
            "mint",
            function::TOKENS_CREATE,
            create_request("silver", json!({ "cap": "0" })),
        ),
    ];
    for (who, function, request) in requests {
        let refused = bank.refused(who, function, request);
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (400, "ZERO_AMOUNT"),
            "{function}"
        );
    }
    bank.check();
}

#[test]
fn amounts_beyond_a_double_are_exact() {
    let mut bank = Bank::new();
    bank.create("big", json!({}));
    let odd = ((1_u128 << 53) + 1).to_string();
    let mint = json!({ "token": "big", "to": "alice", "amount": odd });
    bank.submit("mint", function::TOKENS_MINT, mint);
    let asked = json!({ "token": "big", "account": "alice" });
    let reply: Value = bank.ask(function::TOKENS_BALANCE, asked);
    assert_eq!(reply["amount"], odd);
    bank.check();
}

#[test]
fn the_largest_amount_moves_and_nothing_overflows() {
    let mut bank = Bank::new();
    bank.create("big", json!({}));
    let all = u128::MAX.to_string();
    let mint = json!({ "token": "big", "to": "alice", "amount": all });
    bank.submit("mint", function::TOKENS_MINT, mint.clone());
    let refused = bank.refused("mint", function::TOKENS_MINT, mint);
    assert_eq!(
        (refused.code.as_str(), &refused.data["available"]),
        ("CAP_EXCEEDED", &json!("0"))
    );
    let transfer = json!({ "token": "big", "from": "alice", "to": "alice", "amount": all });
    bank.submit("alice", function::TOKENS_TRANSFER, transfer.clone());
    let to_bob = with(transfer, json!({ "to": "bob" }));
    bank.submit("alice", function::TOKENS_TRANSFER, to_bob);
    bank.check();
}
