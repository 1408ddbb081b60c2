//! `testing::Ledger` as a network: several organisations, their policies, heights and collections.

use std::sync::atomic::{AtomicU64, Ordering};

use fabric_contract_api_rust::{
    prelude::*,
    testing::{Code, Collection, Ledger, Played, Refusal as _, TestingError, User, interleavings},
};
use proptest::prelude::*;

const ORGANIZATIONS: [&str; 3] = ["Org1MSP", "Org2MSP", "Org3MSP"];
const NOTHING: [&str; 0] = [];

/// A few functions on plain keys.
#[derive(Default)]
struct Store(AtomicU64);

#[contract(name = "store")]
impl Store {
    #[transaction]
    fn put(&self, tx: &mut Tx, key: String, value: String) -> Result<(), LedgerError> {
        tx.put(&key, value.as_bytes())
    }

    #[transaction]
    fn put_all(&self, tx: &mut Tx, keys: Vec<String>) -> Result<(), LedgerError> {
        keys.iter().try_for_each(|key| tx.put(key, b"1"))
    }

    #[transaction]
    fn append(&self, tx: &mut Tx, key: String, text: String) -> Result<(), LedgerError> {
        let mut value = tx.get(&key)?.unwrap_or_default();
        value.extend(text.into_bytes());
        tx.put(&key, &value)
    }

    #[transaction]
    fn protect(&self, tx: &mut Tx, key: String, msp_id: String) -> Result<(), LedgerError> {
        tx.set_endorsement(&key, Some(&EndorsementPolicy::peer(msp_id)))
    }

    #[transaction]
    fn drift(&self, tx: &mut Tx) -> Result<(), LedgerError> {
        let run = self.0.fetch_add(1, Ordering::Relaxed);
        tx.put("run", run.to_string().as_bytes())
    }

    #[transaction]
    fn hide(&self, tx: &mut Tx, key: String, value: String) -> Result<(), LedgerError> {
        tx.private("secrets")?.put(&key, value.as_bytes())
    }

    #[transaction]
    fn purge(&self, tx: &mut Tx, key: String) -> Result<(), LedgerError> {
        tx.private("secrets")?.purge(&key)
    }

    #[query]
    fn reveal(&self, query: &Query, key: String) -> Result<Option<String>, LedgerError> {
        let value = query.private("secrets")?.get(&key)?.known()?;
        Ok(value.map(|value| String::from_utf8_lossy(&value).into_owned()))
    }

    #[query]
    fn hash(&self, query: &Query, key: String) -> Result<bool, LedgerError> {
        Ok(query.private("secrets")?.hash(&key)?.is_some())
    }

    #[transaction]
    fn ask(&self, tx: &mut Tx, channel: String, key: String) -> Result<String, LedgerError> {
        let args = ["append", &key, "!"].map(|text| text.as_bytes().to_vec());
        tx.invoke_chaincode("contract", &channel, &args)?;
        Ok("asked".to_owned())
    }

    #[query]
    fn find(&self, query: &Query, selector: String) -> Result<Vec<String>, LedgerError> {
        query
            .rich_query(&selector)?
            .map(|row| Ok(row?.key.as_str().to_owned()))
            .collect()
    }
}

fn network() -> (Ledger, User) {
    let mut ledger = Ledger::of(Store::default()).with_organizations(ORGANIZATIONS);
    let ann = ledger.user("Org1MSP", "ann").unwrap();
    (ledger, ann)
}

fn with_secrets(collection: Collection) -> (Ledger, User) {
    let (ledger, ann) = network();
    (ledger.with_collection(collection).unwrap(), ann)
}

fn secrets() -> Collection {
    Collection::of("secrets", ["Org1MSP"])
}

#[test]
fn a_majority_of_the_organisations_endorses_unless_told_otherwise() {
    let (mut ledger, ann) = network();
    let mut code = |organizations: &[&str]| {
        let client = ledger.as_user(&ann).on(organizations.iter().copied());
        let endorsed = client.endorse("put", ["a", "1"]).unwrap();
        ledger.commit([endorsed])[0]
    };
    assert_eq!(code(&["Org1MSP", "Org3MSP"]), Code::VALID);
    assert_eq!(code(&["Org2MSP"]), Code::ENDORSEMENT_POLICY_FAILURE);
}

#[test]
fn a_policy_of_the_chaincode_decides() {
    let (ledger, ann) = network();
    let mut ledger = ledger
        .with_policy("OR('Org2MSP.peer', 'Org3MSP.peer')")
        .unwrap();
    let one = ledger
        .as_user(&ann)
        .on(["Org1MSP"])
        .endorse("put", ["a", "1"]);
    let two = ledger
        .as_user(&ann)
        .on(["Org2MSP"])
        .endorse("put", ["b", "1"]);
    let codes = ledger.commit([one.unwrap(), two.unwrap()]);
    assert_eq!(codes, [Code::ENDORSEMENT_POLICY_FAILURE, Code::VALID]);
    let wrong = Ledger::of(Store::default()).with_policy("AND(");
    assert!(matches!(wrong, Err(TestingError::Policy(_))));
}

#[test]
fn a_peer_that_lags_disagrees_and_what_it_alone_endorsed_conflicts() {
    let (ledger, ann) = network();
    let mut ledger = ledger
        .with_policy("OR('Org1MSP.peer','Org2MSP.peer')")
        .unwrap();
    ledger.hold_back("Org2MSP").unwrap();
    ledger.as_user(&ann).submit("put", ["log", "1"]).unwrap();
    let disagreement = ledger
        .as_user(&ann)
        .endorse("append", ["log", "2"])
        .unwrap_err()
        .to_string();
    assert!(
        disagreement.contains("Org1MSP and Org2MSP disagree") && disagreement.contains("\"log\""),
        "{disagreement}"
    );
    let late = ledger.as_user(&ann).on(["Org2MSP"]);
    let late = late.endorse("append", ["log", "2"]).unwrap();
    assert_eq!(ledger.commit([late]), [Code::MVCC_READ_CONFLICT]);
    ledger.catch_up("Org2MSP").unwrap();
    ledger.as_user(&ann).submit("append", ["log", "3"]).unwrap();
    assert_eq!(ledger.get("log").unwrap(), Some(b"13".to_vec()));
}

#[test]
fn a_key_with_a_policy_of_its_own_is_written_by_it_alone() {
    let (mut ledger, ann) = network();
    ledger.as_user(&ann).submit("put", ["a", "1"]).unwrap();
    ledger
        .as_user(&ann)
        .submit("protect", ["a", "Org3MSP"])
        .unwrap();
    let majority = ledger.as_user(&ann).on(["Org1MSP", "Org2MSP"]);
    let majority = majority.endorse("put", ["a", "2"]).unwrap();
    let owner = ledger.as_user(&ann).on(["Org3MSP"]);
    let owner = owner.endorse("put", ["a", "3"]).unwrap();
    let codes = ledger.commit([majority, owner]);
    assert_eq!(codes, [Code::ENDORSEMENT_POLICY_FAILURE, Code::VALID]);
    assert_eq!(ledger.get("a").unwrap(), Some(b"3".to_vec()));
}

#[test]
fn a_key_is_not_written_in_the_block_that_changes_its_policy() {
    let (mut ledger, ann) = network();
    ledger.as_user(&ann).submit("put", ["a", "1"]).unwrap();
    let change = ledger.as_user(&ann).endorse("protect", ["a", "Org3MSP"]);
    let write = ledger.as_user(&ann).endorse("put", ["a", "2"]);
    let codes = ledger.commit([change.unwrap(), write.unwrap()]);
    assert_eq!(codes, [Code::VALID, Code::ENDORSEMENT_POLICY_FAILURE]);
}

#[test]
fn members_keep_the_plaintext_and_all_the_hash() {
    let (mut ledger, ann) = with_secrets(secrets().readable_by_all());
    let hidden = ledger
        .as_user(&ann)
        .submit("hide", ["pin", "1234"])
        .unwrap();
    hidden
        .assert_writes(NOTHING)
        .assert_writes_in("secrets", ["pin"]);
    assert_eq!(
        ledger.get_private("Org1MSP", "secrets", "pin").unwrap(),
        Some(b"1234".to_vec())
    );
    assert_eq!(
        ledger.get_private("Org2MSP", "secrets", "pin").unwrap(),
        None
    );
    let there: bool = ledger
        .as_user(&ann)
        .on(["Org2MSP"])
        .evaluate("hash", ["pin"])
        .unwrap();
    assert!(there);
    let elsewhere = ledger.as_user(&ann).on(["Org2MSP"]);
    elsewhere
        .evaluate::<Option<String>, _>("reveal", ["pin"])
        .assert_refused("PRIVATE_DATA_UNAVAILABLE");
}

#[test]
fn clients_of_others_neither_read_nor_write() {
    let (mut ledger, _) = with_secrets(secrets());
    let bob = ledger.user("Org2MSP", "bob").unwrap();
    for (what, call) in [("read", "reveal"), ("write", "hide")] {
        let args = ["pin", "1"]
            .into_iter()
            .take(if call == "hide" { 2 } else { 1 });
        let client = ledger.as_user(&bob).on(["Org1MSP"]);
        let refused = client.endorse(call, args).unwrap_err().to_string();
        let text = format!("does not have {what} access permission");
        assert!(refused.contains(&text), "{refused}");
    }
}

#[test]
fn a_collection_that_is_not_defined_is_refused_with_a_remedy() {
    let (mut ledger, ann) = network();
    let refused = ledger
        .as_user(&ann)
        .endorse("hide", ["pin", "1"])
        .unwrap_err();
    assert!(
        refused.to_string().contains("Ledger::with_collection"),
        "{refused}"
    );
}

#[test]
fn private_data_leaves_after_its_blocks_and_by_purge() {
    let (mut ledger, ann) = with_secrets(secrets().block_to_live(2));
    let reveal = |ledger: &mut Ledger, key: &str| {
        let client = ledger.as_user(&ann);
        client
            .evaluate::<Option<String>, _>("reveal", [key])
            .unwrap()
    };
    ledger.as_user(&ann).submit("hide", ["pin", "1"]).unwrap();
    ledger.as_user(&ann).submit("hide", ["key", "2"]).unwrap();
    ledger.as_user(&ann).submit("purge", ["key"]).unwrap();
    assert_eq!(reveal(&mut ledger, "key"), None);
    assert_eq!(reveal(&mut ledger, "pin").as_deref(), Some("1"));
    ledger.commit([]);
    assert_eq!(reveal(&mut ledger, "pin"), None);
}

#[test]
fn a_collections_own_policy_counts_for_what_is_written_there() {
    let policy = "OR('Org2MSP.peer')";
    let (mut ledger, ann) = with_secrets(secrets().policy(policy).writable_by_all());
    let one = ledger
        .as_user(&ann)
        .on(["Org1MSP"])
        .endorse("hide", ["a", "1"]);
    let two = ledger
        .as_user(&ann)
        .on(["Org2MSP"])
        .endorse("hide", ["b", "1"]);
    let codes = ledger.commit([one.unwrap(), two.unwrap()]);
    assert_eq!(codes, [Code::ENDORSEMENT_POLICY_FAILURE, Code::VALID]);
    assert_eq!(
        ledger.get_private("Org1MSP", "secrets", "b").unwrap(),
        Some(b"1".to_vec())
    );
}

#[test]
fn chaincode_of_another_channel_is_only_asked() {
    let (ledger, ann) = network();
    let other = Ledger::of(Store::default()).with_organizations(ORGANIZATIONS);
    let mut ledger = ledger.with_channel("other", other);
    let endorsed = ledger
        .as_user(&ann)
        .submit("ask", ["other", "log"])
        .unwrap();
    endorsed.assert_reads(NOTHING).assert_writes(NOTHING);
    assert!(ledger.get("log").unwrap().is_none());
    let nowhere = ledger
        .as_user(&ann)
        .endorse("ask", ["nowhere", "log"])
        .unwrap_err();
    assert!(
        nowhere.to_string().contains("no channel nowhere"),
        "{nowhere}"
    );
}

#[test]
fn requests_are_counted_as_the_peer_takes_them() {
    let keys = serde_json::to_string(&["a", "b", "c"]).unwrap();
    let (mut ledger, ann) = network();
    let batched = ledger.as_user(&ann).endorse("put_all", [&keys]).unwrap();
    batched.assert_requests(1).assert_writes(["a", "b", "c"]);
    let mut ledger = ledger.without_batching();
    let single = ledger.as_user(&ann).endorse("put_all", [&keys]).unwrap();
    single.assert_requests(3);
    assert_eq!(single.rwset(), batched.rwset());
}

#[test]
fn what_differs_between_two_runs_is_named() {
    let (mut ledger, ann) = network();
    let response = ledger
        .as_user(&ann)
        .endorse("drift", NOTHING)
        .assert_refused("NOT_DETERMINISTIC");
    for part in ["writes", "\\\"run\\\"", "30", "31"] {
        assert!(
            response.message.contains(part),
            "{part}: {}",
            response.message
        );
    }
}

#[test]
fn rich_queries_are_answered_where_the_state_holds_documents() {
    let (mut ledger, ann) = network();
    let selector = [r#"{"selector":{"colour":"red"}}"#];
    let refused = ledger.as_user(&ann).endorse("find", selector).unwrap_err();
    assert!(
        refused.to_string().contains("not supported for leveldb"),
        "{refused}"
    );
    let mut ledger = ledger.with_rich_queries();
    for (key, colour) in [("a", "red"), ("b", "blue"), ("c", "red")] {
        let value = serde_json::json!({ "colour": colour }).to_string();
        ledger.as_user(&ann).submit("put", [key, &value]).unwrap();
    }
    let found: Vec<String> = ledger.as_user(&ann).evaluate("find", selector).unwrap();
    assert_eq!(found, ["a", "c"]);
    let reserved = ledger.as_user(&ann).endorse("put", ["_a", "{}"]);
    assert!(reserved.is_err());
}

#[test]
fn an_organisation_that_is_not_there_is_named() {
    let (mut ledger, ann) = network();
    let missing = ledger
        .as_user(&ann)
        .on(["Org9MSP"])
        .endorse("put", ["a", "1"]);
    assert!(missing.unwrap_err().to_string().contains("Org9MSP"));
    assert!(ledger.hold_back("Org9MSP").is_err());
}

proptest! {
    #[test]
    fn a_log_holds_what_valid_transactions_appended(
        history in interleavings(0..10_u8, 1..12)
    ) {
        let (mut ledger, ann) = network();
        let played = ledger.play(&history, |ledger, digit| {
            ledger.as_user(&ann).endorse("append", ["log", &digit.to_string()])
        });
        prop_assert!(played.iter().any(Played::is_valid));
        let log = ledger.get("log").unwrap().unwrap_or_default();
        let mut expected: Vec<u8> = played
            .iter()
            .filter(|played| played.is_valid())
            .map(|played| played.transaction + b'0')
            .collect();
        // Two of one block conflict, so that blocks order what is valid; within a block the first wins.
        let mut found = log.clone();
        expected.sort_unstable();
        found.sort_unstable();
        prop_assert_eq!(found, expected);
    }
}
