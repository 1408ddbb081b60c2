//! Who may do what.

use asset_types::function;
use fabric_contract_api_rust::{Creator, testing::UserOptions};
use serde_json::{Value, json};

use crate::bank::{Bank, KYC_EXPIRES_AT, create_request, payment, with};

#[track_caller]
fn unauthorized(bank: &mut Bank, who: &str, function: &str, request: Value) {
    let refused = bank.refused(who, function, request);
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (403, "UNAUTHORIZED")
    );
}

#[test]
fn only_an_administrator_opens_accounts() {
    let mut bank = Bank::new();
    bank.user_with("dave", "Org1MSP", "dave", UserOptions::default());
    bank.user_with("peer", "Org1MSP", "peer0", UserOptions::role("peer"));
    bank.user_with("fake", "Org1MSP", "admin", UserOptions::role("Admin"));
    let attribute = UserOptions::default().attribute("role", "admin");
    bank.user_with("attribute", "Org1MSP", "eve", attribute);
    let request = bank.open_request("dave", 1, KYC_EXPIRES_AT);
    for who in ["dave", "mint", "peer", "fake", "attribute"] {
        unauthorized(&mut bank, who, function::ACCOUNTS_OPEN, request.clone());
    }
    bank.user_with("admin2", "Org2MSP", "Admin", UserOptions::admin());
    bank.submit("admin2", function::ACCOUNTS_OPEN, request);
}

#[test]
fn only_a_controller_of_the_payer_pays() {
    let mut bank = Bank::new();
    bank.mint("alice", 10);
    let request = payment("alice", "bob", 1, json!({}));
    for who in ["bob", "mint", "admin"] {
        unauthorized(&mut bank, who, function::TOKENS_TRANSFER, request.clone());
    }
    bank.submit("alice", function::TOKENS_TRANSFER, request);
}

#[test]
fn only_a_controller_of_the_issuer_creates_and_mints() {
    let mut bank = Bank::new();
    let mint = json!({ "token": "gold", "to": "alice", "amount": "1" });
    for who in ["alice", "admin"] {
        unauthorized(&mut bank, who, function::TOKENS_MINT, mint.clone());
        unauthorized(
            &mut bank,
            who,
            function::TOKENS_CREATE,
            create_request("x", json!({})),
        );
    }
}

#[test]
fn the_same_name_in_another_organisation_is_somebody_else() {
    let mut bank = Bank::new();
    bank.mint("alice", 10);
    bank.user_with("other alice", "Org2MSP", "alice", UserOptions::default());
    let request = payment("alice", "bob", 1, json!({}));
    unauthorized(&mut bank, "other alice", function::TOKENS_TRANSFER, request);
}

#[test]
fn the_same_key_in_another_organisation_is_somebody_else() {
    let mut bank = Bank::new();
    bank.mint("alice", 10);
    let alice = bank.ledger.user("Org1MSP", "alice").unwrap();
    let stranger = Creator {
        msp_id: "Org2MSP".to_owned(),
        ..alice.creator().clone()
    };
    let request = with(
        payment("alice", "bob", 1, json!({})),
        json!({ "request_id": "x" }),
    );
    let client = bank.ledger.as_creator(stranger);
    let error = client
        .endorse(function::TOKENS_TRANSFER, [request.to_string()])
        .unwrap_err();
    assert_eq!(error.code().as_deref(), Some("UNAUTHORIZED"));
}

#[test]
fn an_identity_that_is_no_certificate_is_refused() {
    let mut bank = Bank::new();
    bank.mint("alice", 10);
    let request = with(
        payment("alice", "bob", 1, json!({})),
        json!({ "request_id": "x" }),
    );
    for certificate in [
        "",
        "no PEM",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let creator = Creator {
            msp_id: "Org1MSP".to_owned(),
            certificate_pem: certificate.into(),
        };
        let client = bank.ledger.as_creator(creator);
        let error = client
            .endorse(function::TOKENS_TRANSFER, [request.to_string()])
            .unwrap_err();
        assert_eq!(
            error.code().as_deref(),
            Some("IDENTITY_UNREADABLE"),
            "{certificate:?}"
        );
    }
}

#[test]
fn every_controller_of_an_account_may_pay() {
    let mut bank = Bank::new();
    for (who, msp_id) in [("shop", "Org1MSP"), ("till", "Org2MSP")] {
        bank.user_with(who, msp_id, who, UserOptions::default());
    }
    let controllers = [bank.controller("shop"), bank.controller("till")];
    let request = with(
        bank.open_request("shop", 1, KYC_EXPIRES_AT),
        json!({ "controllers": controllers }),
    );
    bank.submit("admin", function::ACCOUNTS_OPEN, request);
    bank.mint("shop", 10);
    for who in ["shop", "till"] {
        bank.submit(
            who,
            function::TOKENS_TRANSFER,
            payment("shop", "bob", 1, json!({})),
        );
    }
    assert_eq!(bank.balance("shop"), 8);
}

#[test]
fn a_stranger_does_not_learn_what_was_executed() {
    let mut bank = Bank::new();
    bank.mint("alice", 10);
    let request = payment("alice", "bob", 1, json!({ "request_id": "pay-1" }));
    bank.submit("alice", function::TOKENS_TRANSFER, request.clone());
    unauthorized(&mut bank, "bob", function::TOKENS_TRANSFER, request);
}
