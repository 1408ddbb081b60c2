//! The JSON of every request, reply, record and event, as recorded in `fixtures/assets`.
//! A difference there is a change for every client: make it on purpose.

use std::fmt::Debug;

use asset_types::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The JSON of a file in `fixtures/assets`.
macro_rules! recorded {
    ($file:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("../../../../fixtures/assets/", $file)))
            .unwrap()
    };
}

#[track_caller]
fn same<T: Serialize + DeserializeOwned + PartialEq + Debug>(file: &Value, name: &str) -> T {
    let json = file.get(name).unwrap_or_else(|| panic!("no {name}"));
    let value: T = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(
        &serde_json::to_value(&value).unwrap(),
        json,
        "{name} is written as it was read"
    );
    value
}

#[test]
fn requests_have_their_recorded_form() {
    let file = recorded!("requests.json");
    same::<OpenAccount>(&file, function::ACCOUNTS_OPEN);
    same::<ReadAccount>(&file, function::ACCOUNTS_READ);
    same::<CreateToken>(&file, function::TOKENS_CREATE);
    same::<ReadToken>(&file, function::TOKENS_READ);
    same::<Mint>(&file, function::TOKENS_MINT);
    let transfer: Transfer = same(&file, function::TOKENS_TRANSFER);
    assert_eq!(transfer.amount.units(), (1 << 53) + 1);
    same::<ReadBalance>(&file, function::TOKENS_BALANCE);
    same::<ReadNotes>(&file, function::TOKENS_NOTES);
    same::<ReadSupply>(&file, function::TOKENS_SUPPLY);
}

#[test]
fn requests_may_leave_out_every_option() {
    let file = recorded!("requests_minimal.json");
    same::<CreateToken>(&file, function::TOKENS_CREATE);
    same::<Mint>(&file, function::TOKENS_MINT);
    same::<Transfer>(&file, function::TOKENS_TRANSFER);
    same::<ReadNotes>(&file, function::TOKENS_NOTES);
}

#[test]
fn a_misspelt_option_is_refused() {
    let mut request = recorded!("requests.json")[function::TOKENS_TRANSFER].clone();
    request["expires"] = "2030-01-01T00:00:00Z".into();
    let error = serde_json::from_value::<Transfer>(request).unwrap_err();
    assert!(
        error.to_string().contains("unknown field `expires`"),
        "{error}"
    );
}

#[test]
fn replies_have_their_recorded_form() {
    let file = recorded!("replies.json");
    same::<AccountReply>(&file, "account");
    same::<TokenReply>(&file, "token");
    same::<TransferReply>(&file, "transfer");
    same::<BalanceReply>(&file, "balance");
    same::<NotesReply>(&file, "notes");
    same::<SupplyReply>(&file, "supply");
}

#[test]
fn records_have_their_recorded_form() {
    let file = recorded!("records.json");
    same::<Token>(&file, StateKey::TOKEN);
    same::<Account>(&file, StateKey::ACCOUNT);
    same::<Note>(&file, StateKey::NOTE);
    same::<Request>(&file, StateKey::REQUEST);
}

#[test]
fn events_have_their_recorded_form() {
    let envelope: EventEnvelope = same(&recorded!("events.json"), "envelope");
    assert_eq!(envelope.v, EventEnvelope::VERSION);
    assert_eq!(envelope.items.len(), 4);
    assert!(
        matches!(&envelope.items[2], Event::Transferred(it) if it.amount.units() == (1 << 53) + 1)
    );
    assert!(matches!(&envelope.items[3], Event::Other(item) if item.r#type == "SomethingNewer"));
}

#[test]
fn canonical_json_is_sorted_and_dense() {
    let transfer: Transfer =
        serde_json::from_value(recorded!("requests.json")[function::TOKENS_TRANSFER].clone())
            .unwrap();
    let text = String::from_utf8(canonical_json(&transfer).unwrap()).unwrap();
    assert!(
        text.starts_with(r#"{"amount":"9007199254740993","expires_at":"#),
        "{text}"
    );
    assert!(text.contains(r#","token":"gold"}"#), "{text}");
    let nested = serde_json::json!({"b": [1, {"z": "\u{1f}\"", "a": null}], "a": "é"});
    let nested = String::from_utf8(canonical_json(&nested).unwrap()).unwrap();
    assert_eq!(nested, r#"{"a":"é","b":[1,{"a":null,"z":"\u001f\""}]}"#);
}
