//! Contracts of one chaincode that call one another within a transaction.

use fabric_contract_api_rust::{Contracts, Response, prelude::*, read_reply};

use crate::fake_peer::{FakePeer, code, invoke};

struct Outer;
struct Inner;

#[derive(Serialize, Event)]
struct Paid(u8);

#[contract(name = "outer")]
impl Outer {
    /// Calls the inner contract and hands its failure on.
    #[transaction]
    fn pay(&self, tx: &mut Tx, amount: u8) -> Result<u8, Failure> {
        tx.put("from-outer", b"1")?;
        tx.emit(&Paid(0))?;
        let reply = tx.call_contract("inner:pay", [amount.to_string()])?;
        read_reply(&reply).map_err(|error| Failure::new(500, "REPLY", error.to_string()))
    }

    /// Calls the inner contract, goes on where it fails, and says what it sees.
    #[transaction]
    fn attempt(&self, tx: &mut Tx, amount: u8) -> Result<String, Failure> {
        tx.put("shared", b"before")?;
        let failed = tx.call_contract("inner:pay", [amount.to_string()]).is_err();
        let sees = tx.get("shared")?.unwrap_or_default();
        Ok(format!("{failed} {}", String::from_utf8_lossy(&sees)))
    }

    #[transaction]
    fn forever(&self, tx: &mut Tx) -> Result<(), Failure> {
        let none: [&str; 0] = [];
        tx.call_contract("outer:forever", none).map(drop)
    }

    #[transaction]
    fn asks(&self, tx: &mut Tx) -> Result<(), Failure> {
        tx.call_contract("inner:look", ["1"]).map(drop)
    }

    #[query]
    fn read(&self, query: &Query, function: String) -> Result<String, Failure> {
        let reply = query.call_contract(&function, ["1"])?;
        Ok(String::from_utf8_lossy(&reply).into_owned())
    }
}

#[contract(name = "inner")]
impl Inner {
    #[transaction]
    fn pay(&self, tx: &mut Tx, amount: u8) -> Result<u8, Failure> {
        let outer = tx.get("from-outer")?;
        tx.put("shared", b"after")?;
        tx.put("inner-only", &[1; 100])?;
        tx.private("secrets")?.put("inner", b"1")?;
        tx.set_endorsement("shared", Some(&EndorsementPolicy::peer("Org1MSP")))?;
        tx.emit(&Paid(amount))?;
        match amount {
            0 => Err(Failure::new(422, "NOTHING", "nothing to pay")),
            amount => Ok(amount + u8::from(outer.is_some())),
        }
    }

    #[query]
    fn look(&self, query: &Query, id: u8) -> Result<String, LedgerError> {
        Ok(format!("{id} on {}", query.channel()))
    }
}

fn call(peer: &mut FakePeer, args: &[&str]) -> Response {
    let contracts = Contracts::builder(Outer).and(Inner).build().unwrap();
    invoke(&contracts, peer, args)
}

#[test]
fn a_callee_sees_its_callers_writes_and_adds_its_own_events() {
    let mut peer = FakePeer::default();
    let response = call(&mut peer, &["pay", "5"]);
    assert_eq!(response.payload, b"6");
    let event = String::from_utf8(response.event.unwrap().payload).unwrap();
    let expected = r#"{"v":1,"items":[{"type":"Paid","data":0},{"type":"Paid","data":5}]}"#;
    assert_eq!(event, expected);
    // One flush: three public keys, one private key, one policy.
    assert_eq!(peer.requests, ["flush 5"]);
}

#[test]
fn a_callee_that_failed_leaves_nothing_behind() {
    let mut peer = FakePeer::default();
    let response = call(&mut peer, &["attempt", "0"]);
    assert_eq!(response.payload, b"true before");
    assert_eq!(response.event, None);
    assert_eq!(peer.flushed[0].len(), 1);
    let kept = call(&mut FakePeer::default(), &["attempt", "1"]);
    assert_eq!(kept.payload, b"false after");
}

#[test]
fn a_failure_that_is_handed_on_fails_the_transaction() {
    let mut peer = FakePeer::default();
    let response = call(&mut peer, &["pay", "0"]);
    assert_eq!(
        (response.status, code(&response).as_str()),
        (422, "NOTHING")
    );
    assert!(peer.flushed.is_empty());
}

#[test]
fn contracts_call_one_another_only_so_deep() {
    let response = call(&mut FakePeer::default(), &["forever"]);
    assert_eq!(code(&response), "CONTRACT_CALL");
}

#[test]
fn a_query_calls_queries_and_a_transaction_transactions() {
    let mut peer = FakePeer::default();
    let response = call(&mut peer, &["read", "inner:look"]);
    assert_eq!(response.payload, b"1 on mychannel");
    for args in [&["read", "inner:pay"][..], &["asks"]] {
        assert_eq!(code(&call(&mut peer, args)), "CONTRACT_CALL");
    }
    let unknown = call(&mut peer, &["read", "inner:nothing"]);
    assert_eq!(code(&unknown), "UNKNOWN_FUNCTION");
    assert!(peer.requests.is_empty());
}
