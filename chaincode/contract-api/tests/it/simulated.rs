//! `testing::Ledger`: read-write sets, conflicts, determinism, panics, calls.

use std::sync::atomic::{AtomicU64, Ordering};

use fabric_contract_api_rust::{
    Creator, LedgerError, Timestamp,
    prelude::*,
    testing::{CHAINCODE, Code, Ledger, TestingError, UserOptions},
};

use crate::bonds::{Bond, Bonds, bond_key};

fn bond(owner: &str) -> Bond {
    Bond {
        id: "7".to_owned(),
        owner: owner.to_owned(),
        face: 5,
    }
}

fn bonds() -> (Ledger, fabric_contract_api_rust::testing::User) {
    let mut ledger = Ledger::of(Bonds);
    ledger.seed(&bond_key("7").unwrap(), &bond("ann")).unwrap();
    let ann = ledger.user("Org1MSP", "ann").unwrap();
    (ledger, ann)
}

/// Odd functions, each for one test.
struct Odd(AtomicU64);

#[contract(name = "odd")]
impl Odd {
    #[transaction]
    fn panics(&self, tx: &mut Tx) -> Result<(), Failure> {
        tx.put("a", b"1")?;
        panic!("on purpose");
    }

    #[transaction]
    fn drifts(&self, tx: &mut Tx) -> Result<(), LedgerError> {
        let run = self.0.fetch_add(1, Ordering::Relaxed);
        tx.put("run", run.to_string().as_bytes())
    }

    #[transaction]
    fn put(&self, tx: &mut Tx, key: String) -> Result<(), LedgerError> {
        tx.put(&key, b"here")
    }

    #[transaction]
    fn count(&self, tx: &mut Tx, into: String) -> Result<usize, LedgerError> {
        let count = tx.range(&KeyRange::simple("a", "m")?)?.count();
        tx.put(&into, count.to_string().as_bytes())?;
        Ok(count)
    }

    #[transaction]
    fn relay(&self, tx: &mut Tx, to: String) -> Result<String, LedgerError> {
        tx.put("relayed", b"yes")?;
        let args = ["put", "beyond"].map(|text| text.as_bytes().to_vec());
        let answer = tx.invoke_chaincode(&to, "", &args)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    #[query]
    fn past(&self, query: &Query, key: String) -> Result<Vec<String>, LedgerError> {
        query
            .history(&key)?
            .map(|change| Ok(change?.transaction_id))
            .collect()
    }

    #[query]
    fn whoami(&self, query: &Query) -> Result<(String, bool, Option<String>), LedgerError> {
        let caller = query.caller()?;
        let role = caller.attribute("role").map(str::to_owned);
        Ok((
            caller.msp_id().to_owned(),
            caller.has_organizational_unit("admin"),
            role,
        ))
    }

    #[query]
    fn secret(&self, query: &Query) -> Result<usize, LedgerError> {
        Ok(query.transient("secret").map_or(0, <[u8]>::len))
    }

    #[query]
    fn time(&self, query: &Query) -> Result<i64, LedgerError> {
        Ok(query.timestamp().seconds)
    }
}

fn odd() -> (Ledger, fabric_contract_api_rust::testing::User) {
    let mut ledger = Ledger::of(Odd(AtomicU64::new(0)));
    let ann = ledger.user("Org1MSP", "ann").unwrap();
    (ledger, ann)
}

#[test]
fn two_transfers_of_one_bond_conflict() {
    let (mut ledger, ann) = bonds();
    let first = ledger
        .as_user(&ann)
        .endorse("transfer", ["7", "ann", "bob"])
        .unwrap();
    let second = ledger
        .as_user(&ann)
        .endorse("transfer", ["7", "ann", "eve"])
        .unwrap();
    assert_eq!(
        ledger.commit([first, second]),
        [Code::VALID, Code::MVCC_READ_CONFLICT]
    );
    assert_eq!(
        ledger.get(&bond_key("7").unwrap()).unwrap(),
        Some(bond("bob"))
    );
}

#[test]
fn a_conflict_in_a_later_block_is_found_too() {
    let (mut ledger, ann) = bonds();
    let late = ledger
        .as_user(&ann)
        .endorse("transfer", ["7", "ann", "eve"])
        .unwrap();
    ledger
        .as_user(&ann)
        .submit("transfer", ["7", "ann", "bob"])
        .unwrap();
    assert_eq!(ledger.commit([late]), [Code::MVCC_READ_CONFLICT]);
}

#[test]
fn a_row_that_came_since_is_a_phantom() {
    let (mut ledger, ann) = odd();
    let put = ledger.as_user(&ann).endorse("put", ["b"]).unwrap();
    let count = ledger.as_user(&ann).endorse("count", ["z"]).unwrap();
    assert_eq!(
        ledger.commit([put, count]),
        [Code::VALID, Code::PHANTOM_READ_CONFLICT]
    );
}

#[test]
fn blind_writes_never_conflict() {
    let (mut ledger, ann) = odd();
    let first = ledger.as_user(&ann).endorse("put", ["a"]).unwrap();
    let second = ledger.as_user(&ann).endorse("put", ["a"]).unwrap();
    assert_eq!(ledger.commit([first, second]), [Code::VALID, Code::VALID]);
}

#[test]
fn an_id_is_committed_once() {
    let (mut ledger, ann) = odd();
    let endorsed = ledger.as_user(&ann).endorse("put", ["a"]).unwrap();
    let codes = ledger.commit([endorsed.clone(), endorsed.clone()]);
    assert_eq!(codes, [Code::VALID, Code::DUPLICATE_TXID]);
    assert_eq!(ledger.commit([endorsed]), [Code::DUPLICATE_TXID]);
}

#[test]
fn the_read_write_set_holds_what_the_peer_was_asked() {
    let (mut ledger, ann) = bonds();
    let endorsed = ledger
        .as_user(&ann)
        .endorse("transfer", ["7", "ann", "bob"])
        .unwrap();
    // A peer reads the chaincode's definition by itself.
    let [definitions, namespace] = endorsed.rwset().namespaces.as_slice() else {
        panic!("two namespaces")
    };
    assert_eq!(definitions.namespace, "_lifecycle");
    assert_eq!(namespace.namespace, CHAINCODE);
    let read: Vec<&str> = namespace
        .reads
        .iter()
        .map(|read| read.key.as_str())
        .collect();
    let written: Vec<&str> = namespace
        .writes
        .iter()
        .map(|write| write.key.as_str())
        .collect();
    assert_eq!(
        (read, written),
        (vec!["\0bond\x007\0"], vec!["\0bond\x007\0"])
    );
    assert_eq!(endorsed.reply::<Bond>().unwrap(), bond("bob"));
    assert_eq!(endorsed.event().unwrap().name, "events");
}

#[test]
fn a_refusal_leaves_nothing_and_has_its_code() {
    let (mut ledger, ann) = bonds();
    let refused = ledger
        .as_user(&ann)
        .submit("transfer", ["8", "ann", "bob"])
        .unwrap_err();
    assert_eq!(refused.code().as_deref(), Some("BOND_NOT_FOUND"));
    assert_eq!(ledger.keys().len(), 1);
}

#[test]
fn a_panic_is_one_failed_transaction() {
    let (mut ledger, ann) = odd();
    let refused = ledger.as_user(&ann).submit("panics", [""; 0]).unwrap_err();
    assert_eq!(refused.code().as_deref(), Some("PANIC"));
    assert!(ledger.keys().is_empty());
    ledger.as_user(&ann).submit("put", ["a"]).unwrap();
}

#[test]
fn two_runs_that_differ_are_no_endorsement() {
    let (mut ledger, ann) = odd();
    let refused = ledger.as_user(&ann).endorse("drifts", [""; 0]).unwrap_err();
    assert_eq!(refused.code().as_deref(), Some("NOT_DETERMINISTIC"));
}

#[test]
fn called_chaincode_writes_to_its_own_state_in_the_same_transaction() {
    let (ledger, ann) = odd();
    let mut ledger = ledger.with_chaincode("other", Odd(AtomicU64::new(0)));
    let endorsed = ledger.as_user(&ann).endorse("relay", ["other"]).unwrap();
    let names: Vec<&str> = endorsed
        .rwset()
        .namespaces
        .iter()
        .map(|set| set.namespace.as_str())
        .collect();
    assert_eq!(names, ["_lifecycle", CHAINCODE, "other"]);
    for (to, text) in [(CHAINCODE, "exists"), ("nobody", "there is no chaincode")] {
        let refused = ledger.as_user(&ann).endorse("relay", [to]).unwrap_err();
        assert!(refused.to_string().contains(text), "{refused}");
    }
}

#[test]
fn history_is_newest_first_and_of_valid_transactions() {
    let (mut ledger, ann) = odd();
    let first = ledger.as_user(&ann).submit("put", ["a"]).unwrap();
    let second = ledger.as_user(&ann).submit("put", ["a"]).unwrap();
    let ids: Vec<String> = ledger.as_user(&ann).evaluate("past", ["a"]).unwrap();
    assert_eq!(ids, [second.transaction_id(), first.transaction_id()]);
}

#[test]
fn users_have_certificates_with_role_and_attributes() {
    let (mut ledger, ann) = odd();
    assert_eq!(ledger.user("Org1MSP", "ann").unwrap(), ann);
    assert_ne!(ledger.user("Org2MSP", "ann").unwrap(), ann);
    let options = UserOptions::admin().attribute("role", "trader");
    let boss = ledger.user_with("Org2MSP", "boss", options).unwrap();
    let who: (String, bool, Option<String>) =
        ledger.as_user(&boss).evaluate("whoami", [""; 0]).unwrap();
    assert_eq!(who, ("Org2MSP".to_owned(), true, Some("trader".to_owned())));
    let nobody = Creator {
        msp_id: "Org1MSP".to_owned(),
        certificate_pem: b"none".to_vec(),
    };
    let refused = ledger
        .as_creator(nobody)
        .endorse("whoami", [""; 0])
        .unwrap_err();
    assert_eq!(refused.code().as_deref(), Some("IDENTITY_UNREADABLE"));
}

#[test]
fn transient_data_and_the_clock_are_the_clients() {
    let (mut ledger, ann) = odd();
    let client = ledger.as_user(&ann).transient("secret", "1234");
    assert_eq!(client.evaluate::<usize, &str>("secret", []).unwrap(), 4);
    ledger.set_now(Timestamp {
        seconds: 50,
        nanoseconds: 0,
    });
    assert_eq!(
        ledger
            .as_user(&ann)
            .evaluate::<i64, &str>("time", [])
            .unwrap(),
        50
    );
    assert_eq!(ledger.now().seconds, 51);
}

#[test]
fn pages_work_on_the_simulator() {
    let (mut ledger, ann) = bonds();
    for id in ["1", "2"] {
        ledger
            .as_user(&ann)
            .submit("issue", [id, "ann", "5"])
            .unwrap();
    }
    let first: Paged<Bond> = ledger
        .as_user(&ann)
        .evaluate("list", [r#"{"size":2}"#])
        .unwrap();
    let next = serde_json::to_string(&Page::after(2, first.bookmark.unwrap())).unwrap();
    let last: Paged<Bond> = ledger.as_user(&ann).evaluate("list", [next]).unwrap();
    assert_eq!((last.items[0].id.as_str(), last.bookmark), ("7", None));
}

#[test]
fn an_invalid_submission_says_why() {
    struct Racer;
    #[contract(name = "racer")]
    impl Racer {
        #[query]
        fn nothing(&self, _query: &Query) -> Result<(), LedgerError> {
            Ok(())
        }
    }
    let mut ledger = Ledger::of(Racer);
    let ann = ledger.user("Org1MSP", "ann").unwrap();
    let endorsed = ledger.as_user(&ann).submit("nothing", [""; 0]).unwrap();
    assert_eq!(endorsed.payload(), b"");
    assert_eq!(ledger.commit([endorsed]), [Code::DUPLICATE_TXID]);
    let invalid = TestingError::Invalid {
        code: Code::MVCC_READ_CONFLICT,
    };
    assert_eq!(
        invalid.to_string(),
        "the transaction is not valid: MVCC_READ_CONFLICT"
    );
}
