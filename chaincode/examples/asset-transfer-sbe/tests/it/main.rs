//! Key-level endorsement on a ledger in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use example_asset_transfer_sbe::{Asset, EndorsedAssets};
use fabric_contract_api_rust::testing::{Code, Ledger, User};

/// A car of organisation 1.
fn ledger() -> (Ledger, User) {
    let mut ledger = Ledger::of(EndorsedAssets)
        .with_organizations(["Org1MSP", "Org2MSP"])
        .with_policy("OR('Org1MSP.peer', 'Org2MSP.peer')")
        .unwrap();
    let ann = ledger.user("Org1MSP", "ann").unwrap();
    ledger
        .as_user(&ann)
        .submit("CreateAsset", ["car", "100", "ann"])
        .unwrap();
    (ledger, ann)
}

fn asset(ledger: &mut Ledger, ann: &User) -> Asset {
    ledger.as_user(ann).evaluate("ReadAsset", ["car"]).unwrap()
}

fn policy(ledger: &mut Ledger, ann: &User) -> Option<String> {
    ledger.as_user(ann).evaluate("ReadPolicy", ["car"]).unwrap()
}

#[test]
fn an_asset_is_of_its_creators_organisation() {
    let (mut ledger, ann) = ledger();
    assert_eq!(asset(&mut ledger, &ann).owner_org, "Org1MSP");
    assert_eq!(
        policy(&mut ledger, &ann).as_deref(),
        Some("OR('Org1MSP.member')")
    );
    let stored = String::from_utf8(ledger.get("car").unwrap().unwrap()).unwrap();
    assert_eq!(
        stored,
        r#"{"ID":"car","Value":100,"Owner":"ann","OwnerOrg":"Org1MSP"}"#
    );
}

#[test]
fn a_transfer_hands_the_policy_on() {
    let (mut ledger, ann) = ledger();
    let to = ["car", "bob", "Org2MSP"];
    ledger.as_user(&ann).submit("TransferAsset", to).unwrap();
    assert_eq!(asset(&mut ledger, &ann).owner, "bob");
    assert_eq!(
        policy(&mut ledger, &ann).as_deref(),
        Some("OR('Org2MSP.member')")
    );
}

#[test]
fn a_change_without_the_owners_organisation_is_not_valid() {
    let (mut ledger, ann) = ledger();
    let theirs = ledger
        .as_user(&ann)
        .on(["Org2MSP"])
        .endorse("UpdateAsset", ["car", "1"])
        .unwrap();
    assert_eq!(ledger.commit([theirs]), [Code::ENDORSEMENT_POLICY_FAILURE]);
    let ours = ledger
        .as_user(&ann)
        .on(["Org1MSP"])
        .endorse("UpdateAsset", ["car", "2"])
        .unwrap();
    assert_eq!(ledger.commit([ours]), [Code::VALID]);
    assert_eq!(asset(&mut ledger, &ann).value, 2);
}

#[test]
fn assets_are_updated_and_deleted_once() {
    let (mut ledger, ann) = ledger();
    ledger
        .as_user(&ann)
        .submit("UpdateAsset", ["car", "7"])
        .unwrap();
    assert_eq!(asset(&mut ledger, &ann).value, 7);
    let again = ledger
        .as_user(&ann)
        .endorse("CreateAsset", ["car", "1", "eve"]);
    assert_eq!(again.unwrap_err().code().as_deref(), Some("ASSET_EXISTS"));
    ledger.as_user(&ann).submit("DeleteAsset", ["car"]).unwrap();
    let gone = ledger.as_user(&ann).endorse("DeleteAsset", ["car"]);
    assert_eq!(gone.unwrap_err().code().as_deref(), Some("ASSET_NOT_FOUND"));
}
