//! Private assets on a ledger in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use example_asset_transfer_private_data::{Agreement, Asset, PrivateAssets, PrivateDetails};
use fabric_contract_api_rust::{
    ClientIdentity,
    testing::{Collection, Ledger, TestingError, User},
};
use serde_json::json;

const NONE: [&str; 0] = [];

struct Sale {
    ledger: Ledger,
    ann: User,
    bob: User,
}

impl Sale {
    /// Ann of organisation 1 has a car that is worth 100 to her.
    fn new() -> Self {
        let own = |org: &str| {
            Collection::of(&format!("{org}PrivateCollection"), [org])
                .writable_by_all()
                .policy(&format!("OR('{org}.member')"))
        };
        let both = ["Org1MSP", "Org2MSP"];
        let shared = Collection::of("assetCollection", both);
        let mut ledger = Ledger::of(PrivateAssets)
            .with_organizations(both)
            .with_collection(shared.policy("OR('Org1MSP.member', 'Org2MSP.member')"))
            .and_then(|ledger| ledger.with_collection(own("Org1MSP")))
            .and_then(|ledger| ledger.with_collection(own("Org2MSP")))
            .unwrap();
        let ann = ledger.user("Org1MSP", "ann").unwrap();
        let bob = ledger.user("Org2MSP", "bob").unwrap();
        let mut sale = Self { ledger, ann, bob };
        let ann = sale.ann.clone();
        let car = json!({
            "objectType": "car", "assetID": "car1", "color": "red", "size": 4, "appraisedValue": 100,
        });
        sale.submit(&ann, "CreateAsset", "asset_properties", &car)
            .unwrap();
        sale
    }

    fn submit(
        &mut self,
        user: &User,
        function: &str,
        entry: &str,
        value: &serde_json::Value,
    ) -> Result<(), TestingError> {
        let client = self
            .ledger
            .as_user(user)
            .transient(entry, value.to_string());
        client.submit(function, NONE).map(drop)
    }

    fn agree(&mut self, value: i64) -> Result<(), TestingError> {
        let bob = self.bob.clone();
        let details = json!({ "assetID": "car1", "appraisedValue": value });
        self.submit(&bob, "AgreeToTransfer", "asset_value", &details)
    }

    fn transfer(&mut self, user: &User) -> Result<(), TestingError> {
        let to = json!({ "assetID": "car1", "buyerMSP": "Org2MSP" });
        self.submit(user, "TransferAsset", "asset_owner", &to)
    }

    fn asset(&mut self) -> Option<Asset> {
        self.ledger
            .as_user(&self.ann)
            .evaluate("ReadAsset", ["car1"])
            .unwrap()
    }

    fn details(&mut self, msp_id: &str) -> Option<PrivateDetails> {
        let collection = format!("{msp_id}PrivateCollection");
        let arguments = [collection.as_str(), "car1"];
        let member = match msp_id {
            "Org1MSP" => &self.ann,
            _ => &self.bob,
        };
        self.ledger
            .as_user(member)
            .evaluate("ReadAssetPrivateDetails", arguments)
            .unwrap()
    }
}

fn id(user: &User) -> String {
    ClientIdentity::of(user.creator()).unwrap().id_go()
}

#[track_caller]
fn check_refused(outcome: Result<(), TestingError>, expected: &str) {
    let code = outcome.err().and_then(|error| error.code());
    assert_eq!(code.as_deref(), Some(expected));
}

#[test]
fn an_asset_is_sold_at_the_value_both_had_in_mind() {
    let mut sale = Sale::new();
    let (ann, bob) = (sale.ann.clone(), sale.bob.clone());
    assert_eq!(sale.asset().unwrap().owner, id(&ann));
    assert_eq!(sale.details("Org1MSP").unwrap().appraised_value, 100);
    sale.agree(100).unwrap();
    let agreement: Option<Agreement> = sale
        .ledger
        .as_user(&ann)
        .evaluate("ReadTransferAgreement", ["car1"])
        .unwrap();
    assert_eq!(agreement.unwrap().buyer_id, id(&bob));
    sale.transfer(&ann).unwrap();
    assert_eq!(sale.asset().unwrap().owner, id(&bob));
    assert_eq!(sale.details("Org1MSP"), None);
    assert_eq!(sale.details("Org2MSP").unwrap().appraised_value, 100);
}

#[test]
fn nothing_is_sold_without_agreement_on_the_value_or_by_another_than_the_owner() {
    let mut sale = Sale::new();
    let (ann, bob) = (sale.ann.clone(), sale.bob.clone());
    check_refused(sale.transfer(&ann), "NOT_AGREED");
    sale.agree(99).unwrap();
    check_refused(sale.transfer(&ann), "OTHER_VALUE");
    check_refused(sale.transfer(&bob), "NOT_OWNER");
    assert_eq!(sale.asset().unwrap().owner, id(&ann));
}

#[test]
fn an_agreement_is_taken_back_by_who_made_it() {
    let mut sale = Sale::new();
    let (ann, bob) = (sale.ann.clone(), sale.bob.clone());
    sale.agree(100).unwrap();
    let name = json!({ "assetID": "car1" });
    let take_back = "DeleteTranferAgreement";
    check_refused(
        sale.submit(&ann, take_back, "agreement_delete", &name),
        "NOT_OWNER",
    );
    sale.submit(&bob, take_back, "agreement_delete", &name)
        .unwrap();
    check_refused(sale.transfer(&ann), "NOT_AGREED");
}

#[test]
fn assets_are_deleted_and_purged() {
    for (function, entry) in [
        ("DeleteAsset", "asset_delete"),
        ("PurgeAsset", "asset_purge"),
    ] {
        let mut sale = Sale::new();
        let ann = sale.ann.clone();
        sale.submit(&ann, function, entry, &json!({ "assetID": "car1" }))
            .unwrap();
        assert_eq!(sale.asset(), None);
        assert_eq!(sale.details("Org1MSP"), None);
    }
}

#[test]
fn input_that_makes_no_sense_is_refused() {
    let mut sale = Sale::new();
    let ann = sale.ann.clone();
    let again = json!({
        "objectType": "car", "assetID": "car1", "color": "red", "size": 4, "appraisedValue": 1,
    });
    check_refused(
        sale.submit(&ann, "CreateAsset", "asset_properties", &again),
        "ASSET_EXISTS",
    );
    let mut small = again.clone();
    small["size"] = 0.into();
    check_refused(
        sale.submit(&ann, "CreateAsset", "asset_properties", &small),
        "INVALID_FIELD",
    );
    check_refused(
        sale.submit(&ann, "CreateAsset", "other", &again),
        "MISSING_TRANSIENT",
    );
    check_refused(sale.agree(0), "INVALID_FIELD");
}
