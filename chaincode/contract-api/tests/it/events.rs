//! Several events, one envelope.

use fabric_contract_api_rust::{event::EVENTS_MAX, prelude::*};

use crate::{
    bonds::Bonds,
    fake_peer::{FakePeer, code, invoke},
};

struct Loud;

#[derive(Serialize, Event)]
struct Ping {
    note: String,
}

#[contract(name = "loud")]
impl Loud {
    #[transaction]
    fn ping(&self, tx: &mut Tx, times: usize, bytes: usize) -> Result<(), Failure> {
        for _ in 0..times {
            tx.emit(&Ping {
                note: "x".repeat(bytes),
            })?;
        }
        Ok(())
    }
}

#[test]
fn events_of_one_transaction_travel_in_one_envelope() {
    let mut peer = FakePeer::default();
    invoke(&Bonds, &mut peer, &["issue", "7", "ann", "1"]);
    let event = invoke(&Bonds, &mut peer, &["transfer", "7", "ann", "bob"])
        .event
        .unwrap();
    assert_eq!(event.name, "events");
    let expected = r#"{"v":1,"items":[{"type":"Transferred","data":{"id":"7","to":"bob"}},{"type":"bond.read/v1","data":{}}]}"#;
    assert_eq!(String::from_utf8(event.payload).unwrap(), expected);
}

#[test]
fn a_transaction_without_events_has_no_envelope() {
    let mut peer = FakePeer::default();
    assert_eq!(
        invoke(&Bonds, &mut peer, &["issue", "7", "ann", "1"]).event,
        None
    );
}

#[test]
fn events_without_end_are_refused() {
    let too_many = (EVENTS_MAX + 1).to_string();
    for [times, bytes] in [[too_many.as_str(), "1"], ["2", "3000000"]] {
        let response = invoke(&Loud, &mut FakePeer::default(), &["ping", times, bytes]);
        assert_eq!(
            (response.status, code(&response).as_str()),
            (413, "TOO_MANY_EVENTS")
        );
    }
}
