//! `serde_json/arbitrary_precision` changes how numbers pass through buffers and values: amounts
//! are strings everywhere, so it must not touch them.

use asset_types::{Amount, Event, EventEnvelope, Transfer};
use serde_json::{Value, json};

/// Fails where the feature is off, so that this guard cannot pass by accident.
#[test]
fn the_feature_is_on_in_these_tests() {
    let number: Value = serde_json::from_str("18446744073709551616").unwrap();
    assert_eq!(number.to_string(), "18446744073709551616");
}

#[test]
fn amounts_survive_a_json_value() {
    let value = serde_json::to_value(Amount::MAX).unwrap();
    assert_eq!(value, json!("340282366920938463463374607431768211455"));
    assert_eq!(
        serde_json::from_value::<Amount>(value).unwrap(),
        Amount::MAX
    );
}

#[test]
fn amounts_survive_a_tagged_enum_which_buffers_its_members() {
    let envelope: EventEnvelope = serde_json::from_value(json!({
        "v": 1,
        "items": [{
            "data": {
                "token": "gold", "from": "alice", "to": "bob",
                "amount": "9007199254740993", "request_id": "r"
            },
            "type": "Transferred"
        }],
    }))
    .unwrap();
    let [Event::Transferred(transferred)] = envelope.items.as_slice() else {
        panic!("one transfer");
    };
    assert_eq!(transferred.amount.units(), (1 << 53) + 1);
}

#[test]
fn numbers_stay_refused_behind_values_and_buffers() {
    let transfer = |amount: Value| json!({"request_id": "r", "token": "gold", "from": "a", "to": "b", "amount": amount});
    assert!(serde_json::from_value::<Transfer>(transfer(json!("5"))).is_ok());
    assert!(serde_json::from_value::<Transfer>(transfer(json!(5))).is_err());
    let wrapped = json!({"$serde_json::private::Number": "5"});
    assert!(serde_json::from_value::<Transfer>(transfer(wrapped)).is_err());
    let data = |amount: &str| {
        format!(r#"{{"token":"t","from":"a","to":"b","amount":{amount},"request_id":"r"}}"#)
    };
    let event = |amount: &str| format!(r#"{{"data":{},"type":"Transferred"}}"#, data(amount));
    assert!(serde_json::from_str::<Event>(&event(r#""5""#)).is_ok());
    assert!(serde_json::from_str::<Event>(&event("5")).is_err());
}
