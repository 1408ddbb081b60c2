//! How often a transaction asks the peer: each request costs a round trip.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use asset_types::function;
use fabric_contract_api_rust::{
    Chaincode, Contracts, HistoryPage, Invocation, PageRequest, Peer, PeerError, QueryPage,
    Response, Write,
    testing::{Ledger, UserOptions},
};
use serde_json::json;

use crate::bank::{Bank, payment};

type Requests = Arc<Mutex<Vec<String>>>;

/// The asset contracts; notes what they ask the peer in the latest invocation.
struct Counted(Contracts, Requests);

struct CountingPeer<'p>(&'p mut dyn Peer, &'p Requests);

impl Chaincode for Counted {
    fn invoke(&self, invocation: &Invocation, peer: &mut dyn Peer) -> Response {
        self.1.lock().unwrap().clear();
        self.0.invoke(invocation, &mut CountingPeer(peer, &self.1))
    }
}

impl CountingPeer<'_> {
    fn count(&self, request: String) {
        self.1.lock().unwrap().push(request);
    }
}

impl Peer for CountingPeer<'_> {
    fn get(&mut self, of: &str, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, PeerError> {
        self.count(format!("get {}", keys.len()));
        self.0.get(of, keys)
    }

    fn get_private_unchecked(
        &mut self,
        of: &str,
        keys: &[String],
    ) -> Result<Vec<Option<Vec<u8>>>, PeerError> {
        self.count(format!("get {}", keys.len()));
        self.0.get_private_unchecked(of, keys)
    }

    fn range(
        &mut self,
        of: &str,
        start: &str,
        end: &str,
        page: Option<PageRequest>,
    ) -> Result<QueryPage, PeerError> {
        self.count("range".to_owned());
        self.0.range(of, start, end, page)
    }

    fn query(
        &mut self,
        of: &str,
        query: &str,
        page: Option<PageRequest>,
    ) -> Result<QueryPage, PeerError> {
        self.0.query(of, query, page)
    }

    fn query_next(&mut self, id: &str) -> Result<QueryPage, PeerError> {
        self.count("next".to_owned());
        self.0.query_next(id)
    }

    fn history(&mut self, key: &str) -> Result<HistoryPage, PeerError> {
        self.0.history(key)
    }

    fn history_next(&mut self, id: &str) -> Result<HistoryPage, PeerError> {
        self.0.history_next(id)
    }

    fn query_close(&mut self, id: &str) -> Result<(), PeerError> {
        self.0.query_close(id)
    }

    fn private_hash(&mut self, of: &str, key: &str) -> Result<Option<Vec<u8>>, PeerError> {
        self.0.private_hash(of, key)
    }

    fn metadata(&mut self, of: &str, key: &str) -> Result<BTreeMap<String, Vec<u8>>, PeerError> {
        self.0.metadata(of, key)
    }

    fn invoke_chaincode(
        &mut self,
        name: &str,
        channel: &str,
        args: &[Vec<u8>],
    ) -> Result<Response, PeerError> {
        self.0.invoke_chaincode(name, channel, args)
    }

    fn flush(&mut self, writes: Vec<Write>) -> Result<(), PeerError> {
        self.count(format!("flush {}", writes.len()));
        self.0.flush(writes)
    }
}

#[test]
fn writes_ask_as_seldom_as_they_can() {
    let requests = Requests::default();
    let counted = Counted(assets::chaincode().unwrap(), Arc::clone(&requests));
    let mut bank = Bank::of(Ledger::of(counted));
    let asked = || requests.lock().unwrap().clone();

    bank.user_with("mint", "Org1MSP", "mint", UserOptions::default());
    bank.open("mint", "Org1MSP");
    assert_eq!(asked(), ["get 2", "flush 2"]);
    bank.open("alice", "Org1MSP");
    bank.create("gold", json!({ "cap": "100" }));
    assert_eq!(asked(), ["get 3", "flush 3"]);
    // Only the token says who its issuer is; then the scan.
    bank.mint("alice", 5);
    assert_eq!(asked(), ["get 2", "get 2", "range", "flush 4"]);
    let unissued = bank.notes("unissued").remove(0).note;
    let named = json!({ "token": "gold", "to": "alice", "amount": "5", "notes": [unissued] });
    bank.submit("mint", function::TOKENS_MINT, named);
    assert_eq!(asked(), ["get 3", "get 2", "flush 4"]);

    let notes: Vec<_> = bank
        .notes("alice")
        .into_iter()
        .map(|note| note.note)
        .collect();
    let named = payment("alice", "mint", 7, json!({ "notes": notes }));
    bank.submit("alice", function::TOKENS_TRANSFER, named);
    assert_eq!(asked(), ["get 6", "flush 5"], "one read, one flush");
    bank.pay("alice", "mint", 1);
    assert_eq!(asked(), ["get 4", "range", "flush 4"]);
}
