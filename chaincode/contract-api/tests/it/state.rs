//! Typed state: keys, indexes, versions, pages.

use fabric_contract_api_rust::{
    prelude::*,
    state::Value,
    testing::{Code, Ledger, TestingError, User},
};

use crate::{
    fake_peer::FakePeer,
    running::{check_refused, run, run_query},
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, KeyPart)]
struct PartId(String);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, State)]
#[state(
    kind = "part",
    key(id),
    index(by_owner(owner, id)),
    index(by_weight(weight, owner))
)]
struct Part {
    id: PartId,
    owner: String,
    weight: u32,
}

fn part(id: &str, owner: &str, weight: u32) -> Part {
    Part {
        id: PartId(id.to_owned()),
        owner: owner.to_owned(),
        weight,
    }
}

/// The keys that a peer holds, composite ones with bars.
fn keys(peer: &FakePeer) -> Vec<String> {
    let keys = peer.state.keys();
    keys.map(|key| key.replace('\0', "|")).collect()
}

#[test]
fn index_entries_follow_every_write() {
    let mut peer = FakePeer::default();
    run(&mut peer, |tx| tx.save(&part("1", "ann", 70)));
    let expected = [
        "|part|1|",
        "|part~by_owner|ann|1|",
        "|part~by_weight|0000000070|ann|1|",
    ];
    assert_eq!(keys(&peer), expected);
    assert_eq!(
        peer.state["\0part\u{0}1\0"],
        br#"{"id":"1","owner":"ann","weight":70}"#
    );
    run(&mut peer, |tx| tx.save(&part("1", "bob", 70)));
    let expected = [
        "|part|1|",
        "|part~by_owner|bob|1|",
        "|part~by_weight|0000000070|bob|1|",
    ];
    assert_eq!(keys(&peer), expected);
    run(&mut peer, |tx| {
        let removed = tx.remove(&Part::key(&PartId("1".into())))?;
        assert_eq!(removed, Some(part("1", "bob", 70)));
        assert_eq!(tx.remove(&Part::key(&PartId("1".into())))?, None);
        Ok(())
    });
    assert!(peer.state.is_empty());
}

#[test]
fn an_index_that_did_not_change_is_not_written() {
    let mut peer = FakePeer::default();
    run(&mut peer, |tx| tx.save(&part("1", "ann", 70)));
    run(&mut peer, |tx| tx.save(&part("1", "ann", 71)));
    // The value, the old and the new entry of `by_weight`.
    assert_eq!(peer.flushed[1].len(), 3);
}

#[test]
fn selections_see_own_writes_and_read_states_together() {
    let mut peer = FakePeer::default();
    run(&mut peer, |tx| {
        for (id, owner) in [("1", "ann"), ("2", "bob"), ("3", "ann")] {
            tx.save(&part(id, owner, 5))?;
        }
        Ok(())
    });
    peer.requests.clear();
    run(&mut peer, |tx| {
        tx.save(&part("4", "ann", 1))?;
        tx.remove(&Part::key(&PartId("1".into())))?;
        let of_ann: Result<Vec<Part>, _> = tx.select(&Part::by_owner("ann"))?.collect();
        assert_eq!(of_ann?, [part("3", "ann", 5), part("4", "ann", 1)]);
        let all: Result<Vec<Part>, _> = tx.select(&Part::all())?.collect();
        assert_eq!(all?.len(), 3);
        assert_eq!(tx.select(&Part::by_weight(&5, "bob"))?.count(), 1);
        Ok(())
    });
    let several = "get \0part\u{0}3\0";
    assert!(
        peer.requests.iter().any(|request| request == several),
        "{:?}",
        peer.requests
    );
}

#[test]
fn an_entry_without_its_state_is_an_error_and_not_a_gap() {
    let mut peer = FakePeer::with(&[("\0part~by_owner\0ann\u{0}1\0", "\0")]);
    run_query(&mut peer, |query| {
        let mut parts = query.select(&Part::by_owner("ann"))?;
        let error = parts.next().unwrap().unwrap_err();
        assert_eq!(Failure::from(error).code(), "STATE_UNREADABLE");
        assert!(parts.next().is_none());
        Ok(())
    });
}

#[test]
fn a_state_is_created_once() {
    check_exists_after(|tx| tx.create(&part("1", "ann", 1)));
    check_refused(|tx| tx.create(&part("\0", "ann", 1)), "INVALID_KEY");
}

#[track_caller]
fn check_exists_after(create: fn(&mut Tx<'_>) -> Result<(), LedgerError>) {
    let mut peer = FakePeer::default();
    run(&mut peer, create);
    run(&mut peer, move |tx| {
        let error = Failure::from(create(tx).unwrap_err());
        assert_eq!((error.status(), error.code()), (409, "ALREADY_EXISTS"));
        Ok(())
    });
}

/// What a `Bond` was at first: its face in text, and no owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, State)]
#[serde(deny_unknown_fields)]
#[state(kind = "bond", key(series, number), version = 3, upgrade = older, index(by_owner(owner)))]
struct Bond {
    series: String,
    number: u16,
    owner: String,
    face: u64,
}

fn older(version: u32, mut value: Value) -> Result<Bond, String> {
    if version == 1 {
        value["owner"] = "nobody".into();
    }
    let face = value["face"]
        .as_str()
        .and_then(|face| face.parse::<u64>().ok());
    value["face"] = face.ok_or("no face")?.into();
    serde_json::from_value(value).map_err(|error| error.to_string())
}

#[test]
fn older_versions_are_upgraded_as_they_are_read_and_written_anew() {
    let key = "\0bond\0A\u{0}00007\0";
    let mut peer = FakePeer::with(&[(key, r#"{"series":"A","number":7,"face":"100"}"#)]);
    run(&mut peer, |tx| {
        let bond = tx.get(&Bond::key("A", &7))?.unwrap();
        assert_eq!((bond.owner.as_str(), bond.face), ("nobody", 100));
        tx.save(&bond)
    });
    let stored = String::from_utf8(peer.state[key].clone()).unwrap();
    let expected = r#"{"stateVersion":3,"series":"A","number":7,"owner":"nobody","face":100}"#;
    assert_eq!(stored, expected);
    // The first version had no index: its entry is written though the owner is the same.
    assert_eq!(keys(&peer).len(), 2);
    run(&mut peer, |tx| {
        let found: Result<Vec<Bond>, _> = tx.select(&Bond::by_owner("nobody"))?.collect();
        assert_eq!(found?.len(), 1);
        Ok(())
    });
}

#[test]
fn versions_that_cannot_be_read_say_why() {
    #[track_caller]
    fn check(stored: &str, reason: &'static str) {
        let mut peer = FakePeer::with(&[("\0bond\0A\u{0}00007\0", stored)]);
        run(&mut peer, move |tx| {
            let error = tx.get(&Bond::key("A", &7)).unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
            assert_eq!(Failure::from(error).code(), "STATE_UNREADABLE");
            Ok(())
        });
    }
    check(r#"{"stateVersion":4}"#, "knows versions up to 3");
    check(r#"{"stateVersion":2}"#, "no face");
    check("[1]", "cannot be read");
    check("not json", "cannot be read");
}

struct Parts;

#[contract(name = "parts")]
impl Parts {
    #[transaction]
    fn make(&self, tx: &mut Tx, id: PartId, owner: String) -> Result<(), LedgerError> {
        tx.create(&Part {
            id,
            owner,
            weight: 1,
        })
    }

    #[query]
    fn of(&self, query: &Query, owner: String, page: Page) -> Result<Paged<Part>, LedgerError> {
        query.select_page(&Part::by_owner(&owner), &page)
    }

    #[query]
    fn all(&self, query: &Query, page: Page) -> Result<Paged<Part>, LedgerError> {
        query.select_page(&Part::all(), &page)
    }
}

fn parts(count: usize) -> (Ledger, User) {
    let mut ledger = Ledger::of(Parts);
    let ann = ledger.user("Org1MSP", "ann").unwrap();
    for number in 0..count {
        let owner = ["ann", "bob"][number % 2];
        let id = format!("{number:03}");
        ledger
            .as_user(&ann)
            .submit("make", [id.as_str(), owner])
            .unwrap();
    }
    (ledger, ann)
}

#[test]
fn pages_of_an_index_resume_where_they_ended() {
    let (mut ledger, ann) = parts(10);
    let mut page = Page::first(2);
    let mut ids = Vec::new();
    loop {
        let arguments = ["bob".to_owned(), serde_json::to_string(&page).unwrap()];
        let found: Paged<Part> = ledger.as_user(&ann).evaluate("of", arguments).unwrap();
        ids.extend(found.items.into_iter().map(|part| part.id.0));
        match found.bookmark {
            Some(bookmark) => page = Page::after(2, bookmark),
            None => break,
        }
    }
    assert_eq!(ids, ["001", "003", "005", "007", "009"]);
    let all: Paged<Part> = ledger
        .as_user(&ann)
        .evaluate("all", [r#"{"size":100}"#])
        .unwrap();
    assert_eq!(all.items.len(), 10);
}

#[test]
fn two_creations_of_one_state_conflict() {
    let (mut ledger, ann) = parts(1);
    let first = ledger
        .as_user(&ann)
        .endorse("make", ["900", "ann"])
        .unwrap();
    let second = ledger
        .as_user(&ann)
        .endorse("make", ["900", "bob"])
        .unwrap();
    let codes = ledger.commit([first, second]);
    assert_eq!(codes, [Code::VALID, Code::MVCC_READ_CONFLICT]);
    let again = ledger.as_user(&ann).endorse("make", ["900", "bob"]);
    assert_eq!(
        again.as_ref().err().and_then(TestingError::code).as_deref(),
        Some("ALREADY_EXISTS")
    );
}
