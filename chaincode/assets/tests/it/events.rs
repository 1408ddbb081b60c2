//! What committed transactions announce: the exact bytes that readers rely on.

use asset_types::{Event, EventEnvelope, function};
use fabric_contract_api_rust::testing::{Endorsed, UserOptions};
use serde_json::{Value, json};

use crate::bank::{Bank, CAP, KYC_EXPIRES_AT, create_request, payment, with};

#[track_caller]
fn announces(endorsed: &Endorsed, item: &Value) -> Event {
    let event = endorsed.event().unwrap();
    assert_eq!(event.name, "events");
    let payload: Value = serde_json::from_slice(&event.payload).unwrap();
    assert_eq!(payload, json!({ "v": 1, "items": [item] }));
    let mut envelope: EventEnvelope = serde_json::from_slice(&event.payload).unwrap();
    envelope.items.remove(0)
}

#[test]
fn an_opened_account_is_announced() {
    let mut bank = Bank::empty();
    bank.user_with("alice", "Org1MSP", "alice", UserOptions::default());
    let request = bank.open_request("alice", 1, KYC_EXPIRES_AT);
    let request = with(request, json!({ "request_id": "open-1" }));
    let endorsed = bank.submit("admin", function::ACCOUNTS_OPEN, request);
    let data = json!({ "account": "alice", "request_id": "open-1" });
    let event = announces(&endorsed, &json!({ "type": "AccountOpened", "data": data }));
    assert!(matches!(event, Event::AccountOpened(_)));
}

#[test]
fn a_created_token_is_announced() {
    let mut bank = Bank::new();
    let request = create_request("silver", json!({ "request_id": "create-1" }));
    let endorsed = bank.submit("mint", function::TOKENS_CREATE, request);
    let data = json!({
        "token": "silver",
        "issuer": "mint",
        "cap": "340282366920938463463374607431768211455",
        "request_id": "create-1",
    });
    let event = announces(&endorsed, &json!({ "type": "TokenCreated", "data": data }));
    assert!(matches!(event, Event::TokenCreated(_)));
}

#[test]
fn a_mint_is_announced_as_a_transfer_from_the_ledgers_own_account() {
    let mut bank = Bank::new();
    let amount = CAP.to_string();
    let request =
        json!({ "token": "gold", "to": "alice", "amount": amount, "request_id": "mint-1" });
    let endorsed = bank.submit("mint", function::TOKENS_MINT, request);
    let data = json!({
        "token": "gold",
        "from": "unissued",
        "to": "alice",
        "amount": amount,
        "request_id": "mint-1",
    });
    let event = announces(&endorsed, &json!({ "type": "Transferred", "data": data }));
    assert!(matches!(event, Event::Transferred(_)));
}

#[test]
fn a_payment_is_announced_with_its_memo() {
    let mut bank = Bank::new();
    bank.mint("alice", 10);
    let more = json!({ "memo": "für Äpfel", "request_id": "pay-1" });
    let endorsed = bank.submit(
        "alice",
        function::TOKENS_TRANSFER,
        payment("alice", "bob", 3, more),
    );
    let event = endorsed.event().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&event.payload),
        concat!(
            r#"{"v":1,"items":[{"type":"Transferred","data":{"token":"gold","from":"alice","#,
            r#""to":"bob","amount":"3","memo":"für Äpfel","request_id":"pay-1"}}]}"#,
        )
    );
}

#[test]
fn questions_announce_nothing() {
    let mut bank = Bank::new();
    let asked = bank.endorse("alice", function::TOKENS_SUPPLY, json!({ "token": "gold" }));
    assert_eq!(asked.unwrap().event(), None);
}
