//! Calls that come through other chaincode: who called the outer chaincode did not sign the inner
//! call, and a peer does not show the second inner call what the first one wrote.

use asset_types::{BalanceReply, NoteId, TransferReply, function};
use fabric_contract_api_rust::{Chaincode, Invocation, Peer, Response};
use serde_json::{Value, json};

use crate::bank::{Bank, CAP, payment};
use crate::signed::Unsigned;

/// Where the asset contracts are in these tests.
const ASSETS: &str = "assets";

/// Hands its own call on, twice. Asked to `steal`, makes calls of its own instead.
struct Relay;

impl Chaincode for Relay {
    fn invoke(&self, invocation: &Invocation, peer: &mut dyn Peer) -> Response {
        let mut calls = vec![invocation.args.clone(), invocation.args.clone()];
        if invocation.args[0] == b"steal" {
            let orders: Vec<Value> = serde_json::from_slice(&invocation.args[1]).unwrap();
            let call = |order: &Value| {
                let order = order.to_string().into_bytes();
                vec![function::TOKENS_TRANSFER.into(), order]
            };
            calls = orders.iter().map(call).collect();
        }
        let mut answer = Response::error(500, "nothing to do");
        for call in calls {
            answer = peer.invoke_chaincode(ASSETS, "", &call).unwrap();
            if !answer.is_ok() {
                break;
            }
        }
        answer
    }
}

fn bank() -> (Bank, NoteId) {
    let mut bank = Bank::behind(Relay, ASSETS, assets::chaincode().unwrap());
    for account in ["mint", "alice", "bob", "carol"] {
        bank.open(account, "Org1MSP");
    }
    bank.create("gold", json!({ "cap": CAP.to_string() }));
    let note = bank.mint("alice", 10).note;
    (bank, note)
}

#[test]
fn a_call_that_was_signed_and_made_twice_moves_once() {
    let (mut bank, note) = bank();
    let request = payment("alice", "bob", 7, json!({ "notes": [note] }));
    let reply: TransferReply = bank
        .submit("alice", function::TOKENS_TRANSFER, request)
        .reply()
        .unwrap();
    assert_eq!(reply.change.unwrap().amount.units(), 3);
    let sum = ["alice", "bob", "carol"].map(|account| {
        let asked = json!({ "token": "gold", "account": account });
        let reply: BalanceReply = bank.ask(function::TOKENS_BALANCE, asked);
        reply.amount.units()
    });
    assert_eq!(sum, [3, 7, 0]);
}

#[test]
fn chaincode_cannot_spend_its_callers_money() {
    let (mut bank, note) = bank();
    let order =
        |to: &str, id: &str| payment("alice", to, 7, json!({ "notes": [note], "request_id": id }));
    for orders in [
        json!([order("bob", "one")]),
        // Were both accepted, one note of 10 would make two of 7.
        json!([order("bob", "one"), order("carol", "two")]),
    ] {
        let refused = bank.refused("alice", "steal", orders);
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (403, "UNAUTHORIZED")
        );
    }
}

#[test]
fn a_registrars_call_to_other_chaincode_opens_no_account() {
    let assets = Unsigned(assets::chaincode().unwrap());
    let mut bank = Bank::behind(assets, "unused", Relay);
    bank.user_with("alice", "Org1MSP", "alice", Default::default());
    let request = bank.open_request("alice", 1, "2030-01-01T00:00:00Z");
    let refused = bank.refused("admin", function::ACCOUNTS_OPEN, request);
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (403, "UNAUTHORIZED")
    );
}
