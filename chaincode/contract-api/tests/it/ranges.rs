//! Ranges, batches and pages.

use fabric_contract_api_rust::prelude::*;

use crate::{
    bonds::Bonds,
    fake_peer::{FakePeer, code, invoke},
};

struct Scan;

#[contract(name = "scan")]
impl Scan {
    /// Reads the first rows of everything, after writing one.
    #[transaction]
    fn keys(
        &self,
        tx: &mut Tx,
        limit: usize,
        write: Option<String>,
    ) -> Result<Vec<String>, Failure> {
        if let Some(key) = write {
            tx.put(&key, b"own")?;
        }
        let all = KeyRange::simple("", "").map_err(LedgerError::from)?;
        let mut keys = Vec::new();
        for row in tx.range(&all)?.take(limit) {
            keys.push(row?.key.as_str().to_owned());
        }
        Ok(keys)
    }
}

fn five_rows() -> FakePeer {
    let rows = [("a", "1"), ("b", "2"), ("c", "3"), ("d", "4"), ("e", "5")];
    FakePeer {
        batch: 2,
        ..FakePeer::with(&rows)
    }
}

#[test]
fn batches_are_fetched_with_the_last_row_of_the_one_before() {
    let check = |limit: &str, requests: usize| {
        let mut peer = five_rows();
        assert!(invoke(&Scan, &mut peer, &["keys", limit]).is_ok());
        assert_eq!(peer.requests.len(), requests, "{limit} rows");
    };
    check("1", 1);
    check("2", 2);
    check("3", 2);
    check("4", 3);
    check("9", 3);
}

#[test]
fn own_writes_stand_among_the_rows() {
    let check = |write: &str, expected: &str| {
        let response = invoke(&Scan, &mut five_rows(), &["keys", "9", write]);
        assert_eq!(String::from_utf8(response.payload).unwrap(), expected);
    };
    check("0", r#"["0","a","b","c","d","e"]"#);
    check("bb", r#"["a","b","bb","c","d","e"]"#);
    check("b", r#"["a","b","c","d","e"]"#);
    check("z", r#"["a","b","c","d","e","z"]"#);
}

#[test]
fn a_batch_that_fails_is_an_error_and_no_short_result() {
    for write in ["null", "0", "b", "z"] {
        let mut peer = FakePeer {
            fails_at: Some(1),
            ..five_rows()
        };
        let response = invoke(&Scan, &mut peer, &["keys", "9", write]);
        assert_eq!(code(&response), "PEER");
        assert!(peer.flushed.is_empty());
    }
}

#[test]
fn pages_follow_one_another_in_one_request_each() {
    let mut peer = FakePeer::default();
    for id in ["1", "2", "3"] {
        assert!(invoke(&Bonds, &mut peer, &["issue", id, "ann", "5"]).is_ok());
    }
    peer.requests.clear();
    let first = invoke(&Bonds, &mut peer, &["list", r#"{"size":2}"#]);
    let first: Paged<crate::bonds::Bond> = serde_json::from_slice(&first.payload).unwrap();
    assert_eq!(first.items.len(), 2);
    let next = serde_json::to_string(&Page::after(2, first.bookmark.unwrap())).unwrap();
    let last = invoke(&Bonds, &mut peer, &["list", &next]);
    let last: Paged<crate::bonds::Bond> = serde_json::from_slice(&last.payload).unwrap();
    assert_eq!((last.items[0].id.as_str(), last.bookmark), ("3", None));
    assert_eq!(peer.requests.len(), 2);
}

#[test]
fn pages_of_nothing_or_of_too_much_are_refused() {
    for page in [r#"{"size":0}"#, r#"{"size":1001}"#] {
        let response = invoke(&Bonds, &mut FakePeer::default(), &["list", page]);
        assert_eq!(
            (response.status, code(&response).as_str()),
            (400, "INVALID_PAGE")
        );
    }
}
