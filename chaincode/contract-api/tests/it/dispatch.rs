//! From arg0 to a function, and back to a response.

use fabric_contract_api_rust::{Contracts, ContractsError, Invocation, InvocationKind, prelude::*};

use crate::{
    bonds::Bonds,
    fake_peer::{FakePeer, code, invoke, invoke_bytes},
};

struct Named(&'static str);

#[contract(name = "second")]
impl Named {
    #[query]
    fn who(&self, _query: &Query) -> Result<String, Failure> {
        Ok(self.0.to_owned())
    }
}

/// A contract written by hand.
struct ByHand(&'static str);

impl Contract for ByHand {
    fn name(&self) -> &str {
        self.0
    }

    fn describe(
        &self,
        _: &mut fabric_contract_api_rust::Schemas,
    ) -> fabric_contract_api_rust::ContractDescription {
        fabric_contract_api_rust::ContractDescription::new("1", "")
    }

    fn call(&self, call: &fabric_contract_api_rust::Call<'_>) -> Result<Vec<u8>, Failure> {
        let mut tx = call.tx();
        tx.put(call.function(), b"called")?;
        Ok(b"done".to_vec())
    }
}

#[test]
fn a_transaction_reads_once_and_flushes_once() {
    let mut peer = FakePeer::default();
    assert!(invoke(&Bonds, &mut peer, &["issue", "7", "ann", "100"]).is_ok());
    assert_eq!(peer.requests, ["flush 1"]);

    peer.requests.clear();
    let response = invoke(&Bonds, &mut peer, &["transfer", "7", "ann", "bob"]);
    assert_eq!(response.status, 200);
    assert_eq!(response.payload, br#"{"id":"7","owner":"bob","face":100}"#);
    assert_eq!(peer.requests, ["get \0bond\x007\0", "flush 1"]);
}

#[test]
fn text_is_returned_as_it_is_and_unit_as_nothing() {
    let mut peer = FakePeer::default();
    assert_eq!(
        invoke(&Bonds, &mut peer, &["name"]).payload,
        b"bonds of the realm"
    );
    assert_eq!(
        invoke(&Bonds, &mut peer, &["issue", "7", "ann", "1"]).payload,
        b""
    );
}

#[test]
fn a_failed_function_writes_nothing_and_emits_nothing() {
    let mut peer = FakePeer::default();
    let response = invoke(&Bonds, &mut peer, &["WriteThenFail"]);
    assert_eq!(
        (response.status, code(&response).as_str()),
        (404, "BOND_NOT_FOUND")
    );
    assert_eq!(response.event, None);
    assert!(peer.requests.is_empty());
}

#[test]
fn a_refused_flush_is_a_failure() {
    let mut peer = FakePeer {
        fails_at: Some(0),
        ..FakePeer::default()
    };
    let response = invoke(&Bonds, &mut peer, &["issue", "7", "ann", "1"]);
    assert_eq!((response.status, code(&response).as_str()), (500, "PEER"));
    assert!(response.message.contains("not today"));
}

#[test]
fn functions_are_found_by_contract_and_name() {
    let chaincode = Contracts::builder(Bonds)
        .and(Named("it is me"))
        .build()
        .unwrap();
    let mut peer = FakePeer::default();
    assert_eq!(
        invoke(&chaincode, &mut peer, &["second:who"]).payload,
        b"it is me"
    );
    assert_eq!(
        invoke(&chaincode, &mut peer, &["name"]).payload,
        b"bonds of the realm"
    );
    assert_eq!(
        invoke(&chaincode, &mut peer, &["bonds:name"]).payload,
        b"bonds of the realm"
    );
    let response = invoke(&chaincode, &mut peer, &["who"]);
    assert_eq!(
        (response.status, code(&response).as_str()),
        (404, "UNKNOWN_FUNCTION")
    );
}

#[test]
fn unknown_names_are_answered_with_the_known_ones() {
    let mut peer = FakePeer::default();
    let response = invoke(&Bonds, &mut peer, &["steal"]);
    assert_eq!(response.status, 404);
    assert!(
        response.message.contains("issue, transfer, WriteThenFail"),
        "{}",
        response.message
    );
    let response = invoke(&Bonds, &mut peer, &["third:steal"]);
    assert_eq!(
        (response.status, code(&response).as_str()),
        (404, "UNKNOWN_CONTRACT")
    );
    assert!(response.message.contains("bonds"));
    let response = invoke(&Bonds, &mut peer, &["x".repeat(1_000_000).as_str()]);
    assert!(response.message.len() < 1_000);
}

#[test]
fn a_call_without_a_readable_function_is_refused() {
    let mut peer = FakePeer::default();
    for args in [vec![], vec![vec![0xff, 0xfe]]] {
        let response = invoke_bytes(&Bonds, &mut peer, args);
        assert_eq!(
            (response.status, code(&response).as_str()),
            (400, "NO_FUNCTION")
        );
    }
    assert_eq!(invoke(&Bonds, &mut peer, &[""]).status, 404);
}

#[test]
fn initialization_without_arguments_succeeds() {
    use fabric_contract_api_rust::Chaincode;
    let invocation = Invocation {
        kind: InvocationKind::Initialization,
        ..Invocation::default()
    };
    assert!(Bonds.invoke(&invocation, &mut FakePeer::default()).is_ok());
}

#[test]
fn a_contract_by_hand_is_served_alike() {
    let mut peer = FakePeer::default();
    assert_eq!(
        invoke(&ByHand("hand"), &mut peer, &["hand:anything"]).payload,
        b"done"
    );
    assert_eq!(peer.state["anything"], b"called");
}

#[test]
fn contracts_of_one_name_or_of_no_reachable_name_are_refused() {
    let twice = Contracts::builder(ByHand("a"))
        .and(ByHand("a"))
        .build()
        .err();
    assert_eq!(
        twice,
        Some(ContractsError::Duplicate {
            name: "a".to_owned()
        })
    );
    for name in ["", "a:b", "org.hyperledger.fabric"] {
        let refused = Contracts::builder(ByHand(name)).build().err();
        assert_eq!(
            refused,
            Some(ContractsError::Name {
                name: name.to_owned()
            })
        );
    }
}

#[test]
fn a_failed_callee_fails_the_caller() {
    use fabric_contract_api_rust::Response;
    let mut peer = FakePeer {
        callee: Some(Response::ok(b"yes".to_vec())),
        ..FakePeer::default()
    };
    assert_eq!(invoke(&Bonds, &mut peer, &["call_other"]).payload, b"yes");
    peer.callee = Some(Response::error(409, "no"));
    let response = invoke(&Bonds, &mut peer, &["call_other"]);
    assert_eq!(
        (response.status, code(&response).as_str()),
        (502, "CALLEE_FAILED")
    );
    assert!(response.message.contains(r#""callee_message":"no""#));
}
