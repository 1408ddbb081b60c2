//! Creating tokens, minting, and what circulates.

use asset_types::{SupplyReply, TokenReply, function};
use fabric_contract_api_rust::testing::Code;
use serde_json::json;

use crate::bank::{Bank, CAP, create_request};

fn supply(bank: &mut Bank, token: &str) -> u128 {
    let reply: SupplyReply = bank.ask(function::TOKENS_SUPPLY, json!({ "token": token }));
    reply.supply.units()
}

#[test]
fn a_new_token_can_be_read_and_circulates_nowhere() {
    let mut bank = Bank::new();
    let reply: TokenReply = bank.ask(function::TOKENS_READ, json!({ "token": "gold" }));
    assert_eq!((reply.cap.units(), reply.issuer.as_str()), (CAP, "mint"));
    assert_eq!(supply(&mut bank, "gold"), 0);
    bank.check();
}

#[test]
fn a_token_without_a_cap_has_the_largest_one() {
    let mut bank = Bank::new();
    bank.create("silver", json!({}));
    let reply: TokenReply = bank.ask(function::TOKENS_READ, json!({ "token": "silver" }));
    assert_eq!(reply.cap.units(), u128::MAX);
    bank.check();
}

#[test]
fn a_token_id_is_given_once() {
    let mut bank = Bank::new();
    let refused = bank.refused(
        "mint",
        function::TOKENS_CREATE,
        create_request("gold", json!({})),
    );
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (409, "TOKEN_EXISTS")
    );
}

#[test]
fn of_two_creations_in_one_block_the_first_is_valid() {
    let mut bank = Bank::new();
    let first = bank.endorse(
        "mint",
        function::TOKENS_CREATE,
        create_request("x", json!({})),
    );
    let second = bank.endorse(
        "mint",
        function::TOKENS_CREATE,
        create_request("x", json!({})),
    );
    let codes = bank.ledger.commit([first.unwrap(), second.unwrap()]);
    assert_eq!(codes, [Code::VALID, Code::MVCC_READ_CONFLICT]);
    bank.check();
}

#[test]
fn a_token_that_nobody_created_is_not_found() {
    let mut bank = Bank::new();
    let asked = [
        (function::TOKENS_READ, json!({ "token": "lead" })),
        (function::TOKENS_SUPPLY, json!({ "token": "lead" })),
        (
            function::TOKENS_BALANCE,
            json!({ "token": "lead", "account": "alice" }),
        ),
        (
            function::TOKENS_NOTES,
            json!({ "token": "lead", "account": "alice" }),
        ),
        (
            function::TOKENS_MINT,
            json!({ "token": "lead", "to": "alice", "amount": "1" }),
        ),
        (
            function::TOKENS_TRANSFER,
            json!({ "token": "lead", "from": "alice", "to": "bob", "amount": "1" }),
        ),
    ];
    for (function, request) in asked {
        let refused = bank.refused("alice", function, request);
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (404, "TOKEN_NOT_FOUND"),
            "{function}"
        );
    }
}

#[test]
fn minting_adds_to_what_circulates() {
    let mut bank = Bank::new();
    let reply = bank.mint("alice", 40);
    assert_eq!(reply.change.unwrap().amount.units(), CAP - 40);
    bank.mint("bob", 2);
    assert_eq!((bank.balance("alice"), bank.balance("bob")), (40, 2));
    assert_eq!(supply(&mut bank, "gold"), 42);
    bank.check();
}

#[test]
fn minting_stops_at_the_cap_exactly() {
    let mut bank = Bank::new();
    bank.mint("alice", CAP - 1);
    let two = json!({ "token": "gold", "to": "bob", "amount": "2" });
    let refused = bank.refused("mint", function::TOKENS_MINT, two);
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (422, "CAP_EXCEEDED")
    );
    assert_eq!(
        (&refused.data["available"], &refused.data["needed"]),
        (&json!("1"), &json!("2"))
    );
    assert_eq!(bank.mint("bob", 1).change, None);
    let one = json!({ "token": "gold", "to": "bob", "amount": "1" });
    let refused = bank.refused("mint", function::TOKENS_MINT, one);
    assert_eq!(refused.code, "CAP_EXCEEDED");
    assert_eq!(supply(&mut bank, "gold"), CAP);
    bank.check();
}

#[test]
fn a_mint_can_name_the_notes_that_it_takes() {
    let mut bank = Bank::new();
    let [whole] = bank.notes("unissued").try_into().unwrap();
    let request = json!({ "token": "gold", "to": "alice", "amount": "7", "notes": [whole.note] });
    bank.submit("mint", function::TOKENS_MINT, request.clone());
    assert_eq!(bank.balance("alice"), 7);
    let refused = bank.refused("mint", function::TOKENS_MINT, request);
    assert_eq!((refused.status, refused.code.as_str()), (409, "NOTE_SPENT"));
    bank.check();
}

#[test]
fn two_mints_from_one_note_cannot_both_be_valid() {
    for (named, expected) in [
        (true, Code::MVCC_READ_CONFLICT),
        (false, Code::PHANTOM_READ_CONFLICT),
    ] {
        let mut bank = Bank::new();
        let mut request = json!({ "token": "gold", "to": "alice", "amount": "600000" });
        if named {
            request["notes"] = json!([bank.notes("unissued").remove(0).note]);
        }
        let block = [(); 2].map(|()| {
            let request = request.clone();
            bank.endorse("mint", function::TOKENS_MINT, request)
                .unwrap()
        });
        assert_eq!(bank.ledger.commit(block), [Code::VALID, expected]);
        bank.check();
    }
}
