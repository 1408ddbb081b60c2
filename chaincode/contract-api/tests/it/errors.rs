//! What clients see of a refusal.

use fabric_contract_api_rust::{PeerError, prelude::*};

use crate::{
    bonds::{BondError, Bonds},
    fake_peer::{FakePeer, code, invoke},
};

#[test]
fn a_refusal_is_status_code_text_and_data() {
    let mut peer = FakePeer::default();
    invoke(&Bonds, &mut peer, &["issue", "7", "ann", "1"]);
    let response = invoke(&Bonds, &mut peer, &["transfer", "7", "eve", "eve"]);
    assert_eq!(response.status, 403);
    let expected =
        r#"{"code":"NOT_OWNER","message":"bond 7 belongs to ann","data":{"id":"7","owner":"ann"}}"#;
    assert_eq!(response.message, expected);
}

#[test]
fn a_ledger_error_keeps_its_own_status_and_cause() {
    let refused = PeerError::Refused {
        message: "no ledger context".to_owned(),
    };
    let failure = Failure::from(BondError::Ledger(LedgerError::from(refused)));
    assert_eq!((failure.status(), failure.code()), (500, "PEER"));
    assert_eq!(
        failure.data()["cause"],
        "the peer refused the request: no ledger context"
    );
}

#[test]
fn a_status_that_would_be_endorsed_becomes_500() {
    for status in [-1, 0, 200, 399, 600, i32::MAX] {
        assert_eq!(Failure::new(status, "X", "").status(), 500);
    }
}

#[test]
fn stored_values_of_another_shape_are_our_fault() {
    let mut peer = FakePeer::with(&[("\0bond\x007\0", "not json")]);
    let response = invoke(&Bonds, &mut peer, &["read", "7"]);
    assert_eq!(
        (response.status, code(&response).as_str()),
        (500, "STATE_UNREADABLE")
    );
}

#[test]
fn an_empty_value_is_refused() {
    let response = invoke(&Bonds, &mut FakePeer::default(), &["put_empty"]);
    assert_eq!(code(&response), "EMPTY_VALUE");
}
