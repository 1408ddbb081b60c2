//! The committed changes of a key.

use fabric_contract_api_rust::prelude::*;

use crate::fake_peer::{FakePeer, code, invoke};

struct Past;

#[contract(name = "past")]
impl Past {
    #[query]
    fn of(&self, query: &Query, key: String) -> Result<Vec<String>, Failure> {
        let mut ids = Vec::new();
        for change in query.history(&key)? {
            ids.push(change?.transaction_id);
        }
        Ok(ids)
    }
}

#[test]
fn history_comes_newest_first_across_batches() {
    let mut peer = FakePeer::default();
    assert_eq!(
        invoke(&Past, &mut peer, &["of", "a"]).payload,
        br#"["tx3","tx1"]"#
    );
    assert_eq!(peer.requests, ["history a", "history next"]);
}

#[test]
fn a_peer_without_history_is_an_error() {
    let mut peer = FakePeer {
        fails_at: Some(0),
        ..FakePeer::default()
    };
    assert_eq!(code(&invoke(&Past, &mut peer, &["of", "a"])), "PEER");
}
