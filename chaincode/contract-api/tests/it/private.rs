//! Private data: present, absent or not here; own writes; what the peer is asked.

use fabric_contract_api_rust::{
    Write,
    prelude::*,
    testing::{Collection, Ledger},
};
use sha2::{Digest, Sha256};

use crate::{
    fake_peer::FakePeer,
    running::{check_refused, run, run_query},
};

/// What a peer says of data that it should hold and does not.
const MISSING: &str = "GET_STATE failed: transaction ID: ab: private data matching public hash \
    version is not available. Public hash version = {BlockNum: 4, TxNum: 0}, Private data version = \
    <nil>";

#[test]
fn missing_private_data_is_not_an_absent_key() {
    let mut peer = FakePeer {
        fails_at: Some(1),
        refusal: Some(MISSING),
        ..FakePeer::with(&[("here", "1")])
    };
    run(&mut peer, |tx| {
        let secrets = tx.private("secrets")?;
        assert_eq!(secrets.get("here")?, Private::Present(b"1".to_vec()));
        assert_eq!(secrets.get("elsewhere")?, Private::Unavailable);
        assert_eq!(secrets.get("nowhere")?, Private::Absent);
        assert_eq!(secrets.get("here")?.known()?, Some(b"1".to_vec()));
        Ok(())
    });
    // The second read of `here` cost no request; a missing value is asked for again.
    assert_eq!(peer.requests, ["get here", "get elsewhere", "get nowhere"]);
}

#[test]
fn what_only_another_peer_knows_is_an_error_where_it_has_to_be_known() {
    let unknown = Private::<u8>::Unavailable.known().unwrap_err();
    assert_eq!(Failure::from(unknown).code(), "PRIVATE_DATA_UNAVAILABLE");
    assert_eq!(Private::<u8>::Absent.known().unwrap(), None);
    assert_eq!(Private::Present(1).map(|one| one + 1).present(), Some(2));
}

#[test]
fn several_private_values_are_read_one_by_one_unless_asked_otherwise() {
    let mut peer = FakePeer::with(&[("a", "1"), ("b", "2")]);
    run(&mut peer, |tx| {
        let secrets = tx.private("secrets")?;
        let values = secrets.get_many(&["a", "b"])?;
        assert_eq!(values[1], Private::Present(b"2".to_vec()));
        let mut other = tx.private("other")?;
        other.delete("a")?;
        let values = other.get_many_unchecked(&["b", "c", "a"])?;
        assert_eq!(values, [Some(b"2".to_vec()), None, None]);
        Ok(())
    });
    assert_eq!(peer.requests, ["get a", "get b", "get b c a", "flush 1"]);
}

#[test]
fn own_private_writes_are_seen_in_their_collection_only() {
    let mut peer = FakePeer::default();
    run(&mut peer, |tx| {
        let mut secrets = tx.private("secrets")?;
        secrets.put("k", b"mine")?;
        assert_eq!(secrets.get("k")?, Private::Present(b"mine".to_vec()));
        assert_eq!(secrets.hash("k")?, Some(Sha256::digest("mine").to_vec()));
        assert_eq!(tx.private("others")?.get("k")?, Private::Absent);
        assert_eq!(tx.get("k")?, None);
        secrets.purge("old")?;
        assert_eq!(secrets.get("old")?, Private::Absent);
        assert_eq!(secrets.hash("old")?, None);
        Ok(())
    });
    let collection = "secrets".to_owned();
    let expected = [
        Write::Put {
            collection: collection.clone(),
            key: "k".to_owned(),
            value: b"mine".to_vec(),
        },
        Write::Purge {
            collection,
            key: "old".to_owned(),
        },
    ];
    assert_eq!(peer.flushed, [expected]);
}

#[test]
fn queries_scan_private_data() {
    let mut peer = FakePeer {
        batch: 1,
        ..FakePeer::with(&[("a", "1"), ("b", "2"), ("c", "3")])
    };
    run_query(&mut peer, |query| {
        let secrets = query.private("secrets")?;
        let rows: Result<Vec<Row>, _> = secrets.range(&KeyRange::simple("a", "c")?)?.collect();
        assert_eq!(rows?.len(), 2);
        assert_eq!(secrets.rich_query("{}")?.count(), 3);
        Ok(())
    });
    let expected = ["range a..c", "next", "query secrets{}", "next", "next"];
    assert_eq!(peer.requests, expected);
}

#[test]
fn a_name_that_no_collection_has_is_refused() {
    for name in ["", "a b", "a/b", "ä"] {
        check_refused(move |tx| tx.private(name).map(drop), "INVALID_COLLECTION");
    }
}

/// Keeps a price that only some may know.
struct Prices;

#[contract(name = "prices")]
impl Prices {
    #[transaction]
    fn set(&self, tx: &mut Tx, id: String) -> Result<(), LedgerError> {
        let price = tx.transient("price").unwrap_or_default().to_vec();
        tx.private("prices")?.put(&id, &price)
    }

    #[transaction]
    fn remove(&self, tx: &mut Tx, id: String) -> Result<(), LedgerError> {
        tx.private("prices")?.purge(&id)
    }

    #[query]
    fn get(&self, query: &Query, id: String) -> Result<Option<String>, LedgerError> {
        let price = query.private("prices")?.get(&id)?.known()?;
        Ok(price.map(|price| String::from_utf8_lossy(&price).into_owned()))
    }

    #[query]
    fn hash(&self, query: &Query, id: String) -> Result<Option<String>, LedgerError> {
        Ok(query.private("prices")?.hash(&id)?.map(hex::encode))
    }
}

#[test]
fn the_ledger_keeps_private_data_beside_its_hash() {
    let mut ledger = Ledger::of(Prices)
        .with_collection(Collection::of("prices", ["Org1MSP"]))
        .unwrap();
    let ann = ledger.user("Org1MSP", "ann").unwrap();
    let as_ann = ledger.as_user(&ann).transient("price", "100");
    as_ann.submit("set", ["car"]).unwrap();
    let price: Option<String> = ledger.as_user(&ann).evaluate("get", ["car"]).unwrap();
    assert_eq!(price.as_deref(), Some("100"));
    let hash: Option<String> = ledger.as_user(&ann).evaluate("hash", ["car"]).unwrap();
    assert_eq!(hash, Some(hex::encode(Sha256::digest("100"))));
    ledger.as_user(&ann).submit("remove", ["car"]).unwrap();
    let price: Option<String> = ledger.as_user(&ann).evaluate("get", ["car"]).unwrap();
    assert_eq!(price, None);
}
