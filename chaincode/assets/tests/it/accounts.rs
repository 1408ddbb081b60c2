//! Opening and reading accounts.

use asset_types::{AccountReply, function};
use fabric_contract_api_rust::testing::{Code, UserOptions};
use serde_json::json;

use crate::bank::{Bank, KYC_EXPIRES_AT, with};

#[test]
fn an_open_account_can_be_read_by_anybody() {
    let mut bank = Bank::new();
    let reply: AccountReply = bank.ask(function::ACCOUNTS_READ, json!({ "account": "alice" }));
    assert_eq!(reply.account.as_str(), "alice");
    assert_eq!(json!(reply.controllers), json!([bank.controller("alice")]));
    assert_eq!(reply.kyc.class, 1);
}

#[test]
fn an_account_that_nobody_opened_is_not_found() {
    let mut bank = Bank::new();
    let refused = bank.refused("bob", function::ACCOUNTS_READ, json!({ "account": "dave" }));
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (404, "ACCOUNT_NOT_FOUND")
    );
    assert_eq!(refused.data["account"], "dave");
}

#[test]
fn a_name_is_given_once() {
    let mut bank = Bank::new();
    let again = bank.open_request("alice", 2, KYC_EXPIRES_AT);
    let refused = bank.refused("admin", function::ACCOUNTS_OPEN, again);
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (409, "ACCOUNT_EXISTS")
    );
}

#[test]
fn of_two_openings_in_one_block_the_first_is_valid() {
    let mut bank = Bank::empty();
    bank.user_with("alice", "Org1MSP", "alice", UserOptions::default());
    let request = bank.open_request("alice", 1, KYC_EXPIRES_AT);
    let first = bank.endorse("admin", function::ACCOUNTS_OPEN, request.clone());
    let second = bank.endorse("admin", function::ACCOUNTS_OPEN, request);
    let codes = bank.ledger.commit([first.unwrap(), second.unwrap()]);
    assert_eq!(codes, [Code::VALID, Code::MVCC_READ_CONFLICT]);
}

#[test]
fn the_ledgers_own_account_cannot_be_opened_or_read() {
    let mut bank = Bank::new();
    let request = with(
        bank.open_request("alice", 1, KYC_EXPIRES_AT),
        json!({ "account": "unissued" }),
    );
    let refused = bank.refused("admin", function::ACCOUNTS_OPEN, request);
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (400, "RESERVED_ACCOUNT")
    );
    let refused = bank.refused(
        "alice",
        function::ACCOUNTS_READ,
        json!({ "account": "unissued" }),
    );
    assert_eq!(refused.code, "RESERVED_ACCOUNT");
}

#[test]
fn an_account_has_at_least_one_controller_and_not_too_many() {
    let mut bank = Bank::new();
    bank.user_with("dave", "Org1MSP", "dave", UserOptions::default());
    let request = bank.open_request("dave", 1, KYC_EXPIRES_AT);
    for given in [0, assets::CONTROLLERS_MAX + 1] {
        let controllers = vec![bank.controller("dave"); given];
        let request = with(request.clone(), json!({ "controllers": controllers }));
        let refused = bank.refused("admin", function::ACCOUNTS_OPEN, request);
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (400, "CONTROLLER_COUNT")
        );
        assert_eq!(refused.data["given"], given);
    }
    let controllers = vec![bank.controller("dave"); assets::CONTROLLERS_MAX];
    bank.submit(
        "admin",
        function::ACCOUNTS_OPEN,
        with(request, json!({ "controllers": controllers })),
    );
}

#[test]
fn names_that_look_like_keys_are_refused() {
    let mut bank = Bank::new();
    let request = bank.open_request("alice", 1, KYC_EXPIRES_AT);
    for name in [
        "",
        "a\u{0}b",
        "\u{0}note\u{0}gold\u{0}alice",
        "a\u{10ffff}",
        "a b",
        "_x",
    ] {
        let request = with(request.clone(), json!({ "account": name }));
        let refused = bank.refused("admin", function::ACCOUNTS_OPEN, request);
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (400, "INVALID_ARGUMENT"),
            "{name:?}"
        );
    }
}
