//! Asset transfer on a ledger in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use example_asset_transfer_basic::{Asset, AssetTransfer};
use fabric_contract_api_rust::{
    Paged,
    testing::{Code, Ledger, TestingError, User},
};

const NONE: [&str; 0] = [];

fn ledger() -> (Ledger, User) {
    let mut ledger = Ledger::of(AssetTransfer);
    let ann = ledger.user("Org1MSP", "ann").unwrap();
    ledger.as_user(&ann).submit("InitLedger", NONE).unwrap();
    (ledger, ann)
}

#[track_caller]
fn check_refused(outcome: Result<impl Sized, TestingError>, expected: &str) {
    let code = outcome.err().and_then(|error| error.code());
    assert_eq!(code.as_deref(), Some(expected));
}

#[test]
fn stored_assets_are_those_of_the_samples() {
    let (ledger, _) = ledger();
    let stored = String::from_utf8(ledger.get("asset1").unwrap().unwrap()).unwrap();
    let expected =
        r#"{"AppraisedValue":300,"Color":"blue","ID":"asset1","Owner":"Tomoko","Size":5}"#;
    assert_eq!(stored, expected);
}

#[test]
fn assets_are_created_updated_transferred_and_deleted() {
    let (mut ledger, ann) = ledger();
    let create = ["asset7", "pink", "3", "ann", "10"];
    ledger.as_user(&ann).submit("CreateAsset", create).unwrap();
    check_refused(
        ledger.as_user(&ann).endorse("CreateAsset", create),
        "ASSET_EXISTS",
    );
    let transferred = ledger
        .as_user(&ann)
        .submit("TransferAsset", ["asset7", "bob"])
        .unwrap();
    assert_eq!(transferred.payload(), b"ann");
    let update = ["asset7", "grey", "4", "bob", "9"];
    ledger.as_user(&ann).submit("UpdateAsset", update).unwrap();
    let asset: Asset = ledger
        .as_user(&ann)
        .evaluate("ReadAsset", ["asset7"])
        .unwrap();
    assert_eq!(
        (asset.color.as_str(), asset.size, asset.owner.as_str()),
        ("grey", 4, "bob")
    );
    ledger
        .as_user(&ann)
        .submit("DeleteAsset", ["asset7"])
        .unwrap();
    let exists: bool = ledger
        .as_user(&ann)
        .evaluate("AssetExists", ["asset7"])
        .unwrap();
    assert!(!exists);
}

#[test]
fn an_asset_that_is_not_there_is_refused_by_every_function() {
    let (mut ledger, ann) = ledger();
    for (function, arguments) in [
        ("ReadAsset", &["none"][..]),
        ("DeleteAsset", &["none"]),
        ("TransferAsset", &["none", "bob"]),
        ("UpdateAsset", &["none", "grey", "4", "bob", "9"]),
    ] {
        check_refused(
            ledger.as_user(&ann).endorse(function, arguments),
            "ASSET_NOT_FOUND",
        );
    }
    check_refused(
        ledger
            .as_user(&ann)
            .endorse("CreateAsset", ["x", "y", "big", "a", "1"]),
        "INVALID_ARGUMENT",
    );
}

#[test]
fn all_assets_come_at_once_or_by_pages() {
    let (mut ledger, ann) = ledger();
    let all: Vec<Asset> = ledger.as_user(&ann).evaluate("GetAllAssets", NONE).unwrap();
    assert_eq!(all.len(), 6);
    let page: Paged<Asset> = ledger
        .as_user(&ann)
        .evaluate("GetAssetsPage", [r#"{"size":4}"#])
        .unwrap();
    assert_eq!(page.items, all[..4]);
    assert!(page.bookmark.is_some());
}

#[test]
fn two_transfers_of_one_asset_conflict() {
    let (mut ledger, ann) = ledger();
    let first = ledger
        .as_user(&ann)
        .endorse("TransferAsset", ["asset1", "bob"])
        .unwrap();
    let second = ledger
        .as_user(&ann)
        .endorse("TransferAsset", ["asset1", "eve"])
        .unwrap();
    assert_eq!(
        ledger.commit([first, second]),
        [Code::VALID, Code::MVCC_READ_CONFLICT]
    );
}
