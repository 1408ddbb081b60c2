//! A request is executed at most once, and never after its time.

use asset_types::{Request, function};
use fabric_contract_api_rust::{Key, Timestamp, testing::Code};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::bank::{Bank, KYC_EXPIRES_AT, create_request, payment, with};

#[test]
fn a_request_that_was_executed_is_refused_with_its_transaction() {
    let mut bank = Bank::new();
    let open = with(
        bank.open_request("alice", 1, KYC_EXPIRES_AT),
        json!({ "account": "dave" }),
    );
    let calls = [
        ("admin", function::ACCOUNTS_OPEN, open),
        (
            "mint",
            function::TOKENS_CREATE,
            create_request("silver", json!({})),
        ),
        (
            "mint",
            function::TOKENS_MINT,
            json!({ "token": "gold", "to": "alice", "amount": "9" }),
        ),
        (
            "alice",
            function::TOKENS_TRANSFER,
            payment("alice", "bob", 1, json!({})),
        ),
    ];
    for (index, (who, function, request)) in calls.into_iter().enumerate() {
        let request = with(request, json!({ "request_id": format!("mine-{index}") }));
        let executed = bank.submit(who, function, request.clone());
        let refused = bank.refused(who, function, request);
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (409, "DUPLICATE_REQUEST")
        );
        assert_eq!(
            json!(refused.data),
            json!({
                "request_id": format!("mine-{index}"),
                "transaction_id": executed.transaction_id(),
            })
        );
    }
    assert_eq!((bank.balance("alice"), bank.balance("bob")), (8, 1));
    bank.check();
}

#[test]
fn the_same_id_for_something_else_is_refused() {
    let mut bank = Bank::new();
    bank.mint("alice", 10);
    let request = payment("alice", "bob", 1, json!({ "request_id": "pay-1" }));
    let executed = bank.submit("alice", function::TOKENS_TRANSFER, request.clone());
    let changes = [
        json!({ "amount": "2" }),
        json!({ "to": "carol" }),
        json!({ "memo": "again" }),
        json!({ "expires_at": "2026-01-01T00:00:00Z" }),
    ];
    for change in changes {
        let changed = with(request.clone(), change);
        let refused = bank.refused("alice", function::TOKENS_TRANSFER, changed);
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (409, "REQUEST_ID_REUSED")
        );
        assert_eq!(refused.data["transaction_id"], executed.transaction_id());
    }
}

#[test]
fn another_function_of_the_same_account_shares_the_ids() {
    let mut bank = Bank::new();
    let mint = json!({ "token": "gold", "to": "mint", "amount": "5", "request_id": "one" });
    bank.submit("mint", function::TOKENS_MINT, mint);
    let request = payment("mint", "bob", 5, json!({ "request_id": "one" }));
    assert_eq!(
        bank.refused("mint", function::TOKENS_TRANSFER, request)
            .code,
        "REQUEST_ID_REUSED"
    );
}

#[test]
fn another_accounts_request_of_the_same_id_is_independent() {
    let mut bank = Bank::new();
    bank.mint("alice", 10);
    bank.mint("bob", 10);
    for (from, to) in [("alice", "carol"), ("bob", "carol")] {
        let request = payment(from, to, 1, json!({ "request_id": "pay-1" }));
        bank.submit(from, function::TOKENS_TRANSFER, request);
    }
    assert_eq!(bank.balance("carol"), 2);
}

#[test]
fn one_request_twice_in_one_block_is_executed_once() {
    let mut bank = Bank::new();
    bank.mint("alice", 10);
    bank.mint("alice", 10);
    let notes = bank.notes("alice");
    // Different notes, so that nothing but the request stands in the way.
    let [first, second] = [0, 1].map(|index| {
        let notes = [&notes[index].note];
        let more = json!({ "request_id": "pay-1", "notes": notes });
        let request = payment("alice", "bob", 1, more);
        bank.endorse("alice", function::TOKENS_TRANSFER, request)
            .unwrap()
    });
    let codes = bank.ledger.commit([first, second]);
    assert_eq!(codes, [Code::VALID, Code::MVCC_READ_CONFLICT]);
    assert_eq!(bank.balance("bob"), 1);
}

#[test]
fn a_refused_request_can_be_repeated() {
    let mut bank = Bank::new();
    let request = payment("alice", "bob", 1, json!({ "request_id": "pay-1" }));
    let refused = bank.refused("alice", function::TOKENS_TRANSFER, request.clone());
    assert_eq!(refused.code, "INSUFFICIENT_FUNDS");
    bank.mint("alice", 10);
    bank.submit("alice", function::TOKENS_TRANSFER, request);
}

#[test]
fn an_expired_request_is_refused() {
    let mut bank = Bank::new();
    bank.mint("alice", 10);
    let more = json!({ "expires_at": "2025-01-01T00:00:00Z", "request_id": "late" });
    let request = payment("alice", "bob", 1, more);
    let end = 1_735_689_600;
    let at = |seconds| Timestamp {
        seconds,
        nanoseconds: 0,
    };
    bank.ledger.set_now(at(end));
    let refused = bank.refused("alice", function::TOKENS_TRANSFER, request.clone());
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (410, "REQUEST_EXPIRED")
    );
    assert_eq!(refused.data["expires_at"], "2025-01-01T00:00:00Z");
    bank.ledger.set_now(at(end - 1));
    bank.submit("alice", function::TOKENS_TRANSFER, request.clone());
    // Repeated after its time: that it was executed is what counts.
    bank.ledger.set_now(at(end + 1));
    let refused = bank.refused("alice", function::TOKENS_TRANSFER, request);
    assert_eq!(refused.code, "DUPLICATE_REQUEST");
}

#[test]
fn the_record_is_the_hash_of_the_functions_name_and_the_canonical_request() {
    let mut bank = Bank::new();
    bank.mint("alice", 10);
    let more = json!({ "request_id": "pay-1", "memo": "thanks" });
    let request = payment("alice", "bob", 1, more);
    let executed = bank.submit("alice", function::TOKENS_TRANSFER, request);
    let key = Key::composite("request", ["alice", "pay-1"]).unwrap();
    let record: Request = bank.ledger.get(&key.json()).unwrap().unwrap();
    let hashed = concat!(
        "tokens:transfer\0",
        r#"{"amount":"1","from":"alice","memo":"thanks","request_id":"pay-1","#,
        r#""to":"bob","token":"gold"}"#,
    );
    assert_eq!(record.hash.as_str(), hex::encode(Sha256::digest(hashed)));
    assert_eq!(record.transaction_id, executed.transaction_id());
}
