//! Tokens that ask for a checked identity.

use asset_types::function;
use fabric_contract_api_rust::Timestamp;
use serde_json::{Value, json};

use crate::bank::{Bank, KYC_EXPIRES_AT};

/// 2025-01-01T00:00:00Z, when the KYC of `short` ends.
const SHORT_ENDS: i64 = 1_735_689_600;

/// The token `bond` asks for class 2; `high` and `short` have it, the others have class 1.
fn bank() -> Bank {
    let mut bank = Bank::new();
    bank.open_with_kyc("high", "Org1MSP", 3, KYC_EXPIRES_AT);
    bank.open_with_kyc("short", "Org2MSP", 2, "2025-01-01T00:00:00Z");
    bank.create("bond", json!({ "cap": "100", "kyc_class": 2 }));
    for to in ["high", "short"] {
        bank.submit("mint", function::TOKENS_MINT, mint(to));
    }
    bank
}

fn mint(to: &str) -> Value {
    json!({ "token": "bond", "to": to, "amount": "10" })
}

fn transfer(from: &str, to: &str) -> Value {
    json!({ "token": "bond", "from": from, "to": to, "amount": "1" })
}

fn at(bank: &mut Bank, seconds: i64) {
    bank.ledger.set_now(Timestamp {
        seconds,
        nanoseconds: 999_999_999,
    });
}

#[test]
fn a_class_that_is_too_low_is_refused_for_payer_and_payee() {
    let mut bank = bank();
    for request in [transfer("high", "alice"), transfer("high", "bob")] {
        let refused = bank.refused("high", function::TOKENS_TRANSFER, request);
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (403, "KYC_REQUIRED")
        );
        assert_eq!(
            (&refused.data["class"], &refused.data["needed"]),
            (&json!(1), &json!(2))
        );
    }
    let refused = bank.refused(
        "alice",
        function::TOKENS_TRANSFER,
        transfer("alice", "high"),
    );
    assert_eq!(
        (refused.code.as_str(), &refused.data["account"]),
        ("KYC_REQUIRED", &json!("alice"))
    );
    assert_eq!(
        bank.refused("mint", function::TOKENS_MINT, mint("bob"))
            .code,
        "KYC_REQUIRED"
    );
}

#[test]
fn kyc_counts_until_the_second_it_expires() {
    let mut bank = bank();
    at(&mut bank, SHORT_ENDS - 1);
    bank.submit(
        "short",
        function::TOKENS_TRANSFER,
        transfer("short", "high"),
    );
    at(&mut bank, SHORT_ENDS);
    let refused = bank.refused(
        "short",
        function::TOKENS_TRANSFER,
        transfer("short", "high"),
    );
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (403, "KYC_EXPIRED")
    );
    assert_eq!(refused.data["expired_at"], "2025-01-01T00:00:00Z");
    let refused = bank.refused("high", function::TOKENS_TRANSFER, transfer("high", "short"));
    assert_eq!(
        (refused.code.as_str(), &refused.data["account"]),
        ("KYC_EXPIRED", &json!("short"))
    );
    assert_eq!(
        bank.refused("mint", function::TOKENS_MINT, mint("short"))
            .code,
        "KYC_EXPIRED"
    );
    bank.check();
}

#[test]
fn a_token_that_asks_for_nothing_moves_with_any_kyc() {
    let mut bank = bank();
    bank.open_with_kyc("none", "Org1MSP", 0, "1999-01-01T00:00:00Z");
    bank.mint("none", 5);
    bank.pay("none", "alice", 5);
    bank.check();
}

#[test]
fn a_clock_before_1970_is_refused() {
    let mut bank = bank();
    at(&mut bank, -1);
    let refused = bank.refused("high", function::TOKENS_TRANSFER, transfer("high", "short"));
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (400, "INVALID_TIMESTAMP")
    );
    at(&mut bank, i64::MAX - 10);
    let refused = bank.refused("high", function::TOKENS_TRANSFER, transfer("high", "short"));
    assert_eq!(refused.code, "INVALID_TIMESTAMP");
}
