//! Calls that are not what the contracts ask for.

use asset_types::function;
use fabric_contract_api_rust::testing::TestingError;
use serde_json::{Value, json};

use crate::bank::{Bank, KYC_EXPIRES_AT, create_request, payment, with};

#[test]
fn unknown_members_are_refused() {
    let mut bank = Bank::new();
    bank.mint("alice", 10);
    let open = bank.open_request("alice", 1, KYC_EXPIRES_AT);
    let requests = [
        (function::ACCOUNTS_OPEN, open),
        (function::ACCOUNTS_READ, json!({ "account": "alice" })),
        (function::TOKENS_CREATE, create_request("silver", json!({}))),
        (function::TOKENS_READ, json!({ "token": "gold" })),
        (
            function::TOKENS_MINT,
            json!({ "token": "gold", "to": "bob", "amount": "1" }),
        ),
        (
            function::TOKENS_TRANSFER,
            payment("alice", "bob", 1, json!({})),
        ),
        (
            function::TOKENS_BALANCE,
            json!({ "token": "gold", "account": "alice" }),
        ),
        (
            function::TOKENS_NOTES,
            json!({ "token": "gold", "account": "alice" }),
        ),
        (function::TOKENS_SUPPLY, json!({ "token": "gold" })),
    ];
    for (function, request) in requests {
        let request = with(request, json!({ "expires": "2024-01-01T00:00:00Z" }));
        let refused = bank.refused("alice", function, request);
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (400, "INVALID_ARGUMENT"),
            "{function}"
        );
        let reason = refused.data["reason"].as_str().unwrap();
        assert!(reason.contains("unknown field `expires`"), "{reason}");
    }
}

#[track_caller]
fn refused(function: &str, arguments: &[&[u8]], status: i32, code: &str) {
    let mut bank = Bank::new();
    let user = bank.ledger.user("Org1MSP", "alice").unwrap();
    let error = bank
        .ledger
        .as_user(&user)
        .endorse(function, arguments)
        .unwrap_err();
    assert_eq!(error.code().as_deref(), Some(code));
    let TestingError::Refused { response } = error else {
        panic!("{error}")
    };
    assert_eq!(response.status, status);
}

#[test]
fn calls_without_a_request_are_refused() {
    refused(function::TOKENS_TRANSFER, &[], 400, "MISSING_ARGUMENT");
    refused(
        function::TOKENS_TRANSFER,
        &[b"{}", b"{}"],
        400,
        "TOO_MANY_ARGUMENTS",
    );
}

#[test]
fn requests_that_are_no_json_object_are_refused() {
    let deep = "[".repeat(100_000);
    for argument in ["", "null", "[]", "5", "{", "\u{0}", "{\"token\":", &deep] {
        refused(
            function::TOKENS_TRANSFER,
            &[argument.as_bytes()],
            400,
            "INVALID_ARGUMENT",
        );
    }
    refused(
        function::TOKENS_TRANSFER,
        &[&[0xff, 0xfe]],
        400,
        "INVALID_ARGUMENT",
    );
}

#[test]
fn unknown_functions_are_refused() {
    refused("tokens:print", &[b"{}"], 404, "UNKNOWN_FUNCTION");
    refused("banks:transfer", &[b"{}"], 404, "UNKNOWN_CONTRACT");
    // Without a contract's name it is the default contract's function.
    refused("transfer", &[b"{}"], 404, "UNKNOWN_FUNCTION");
}

#[test]
fn a_time_that_is_none_is_refused() {
    let mut bank = Bank::new();
    bank.mint("alice", 10);
    for text in ["2024-13-01T00:00:00Z", "tomorrow", "1704067200"] {
        let request = payment("alice", "bob", 1, json!({ "expires_at": text }));
        let refused = bank.refused("alice", function::TOKENS_TRANSFER, request);
        assert_eq!(refused.code, "INVALID_ARGUMENT", "{text}");
    }
    let number: Value = payment("alice", "bob", 1, json!({ "expires_at": 1_704_067_200 }));
    assert_eq!(
        bank.refused("alice", function::TOKENS_TRANSFER, number)
            .code,
        "INVALID_ARGUMENT"
    );
}
