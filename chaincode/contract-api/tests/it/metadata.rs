//! `org.hyperledger.fabric:GetMetadata`.

use fabric_contract_api_rust::Contracts;
use serde_json::{Value, json};

use crate::{
    bonds::Bonds,
    fake_peer::{FakePeer, code, invoke},
};

fn metadata() -> Value {
    let chaincode = Contracts::builder(Bonds).build().unwrap();
    let mut peer = FakePeer::default();
    let response = invoke(
        &chaincode,
        &mut peer,
        &["org.hyperledger.fabric:GetMetadata"],
    );
    assert!(peer.requests.is_empty());
    serde_json::from_slice(&response.payload).unwrap()
}

fn function<'m>(metadata: &'m Value, name: &str) -> &'m Value {
    let functions = metadata["contracts"]["bonds"]["transactions"]
        .as_array()
        .unwrap();
    functions
        .iter()
        .find(|function| function["name"] == name)
        .unwrap()
}

#[test]
fn functions_come_with_real_names_and_schemas() {
    let metadata = metadata();
    let issue = function(&metadata, "issue");
    assert_eq!(issue["tag"], json!(["submit", "SUBMIT"]));
    assert_eq!(issue["description"], "Makes a bond.");
    assert_eq!(issue["returns"], Value::Null);
    assert_eq!(
        issue["parameters"][0],
        json!({ "name": "id", "schema": { "type": "string" } })
    );
    assert_eq!(issue["parameters"][2]["name"], "face");
    assert_eq!(issue["parameters"][2]["schema"]["type"], "integer");
}

#[test]
fn named_types_are_components() {
    let metadata = metadata();
    let read = function(&metadata, "read");
    assert_eq!(read["tag"], json!(["evaluate", "EVALUATE"]));
    assert_eq!(
        read["returns"],
        json!({ "$ref": "#/components/schemas/Bond" })
    );
    let bond = &metadata["components"]["schemas"]["Bond"];
    assert_eq!(bond["$id"], "Bond");
    assert_eq!(bond["required"], json!(["id", "owner", "face"]));
}

#[test]
fn the_document_names_contracts_and_versions() {
    let metadata = metadata();
    let info = json!({ "title": "bonds", "version": "2.1.0", "description": "Bonds on a ledger." });
    assert_eq!(metadata["info"], info);
    assert_eq!(metadata["contracts"]["bonds"]["default"], true);
    assert_eq!(
        metadata["contracts"]["org.hyperledger.fabric"]["default"],
        false
    );
    assert!(function(&metadata, "WriteThenFail").is_object());
}

#[test]
fn the_system_contract_has_no_other_function() {
    let response = invoke(
        &Bonds,
        &mut FakePeer::default(),
        &["org.hyperledger.fabric:Stop"],
    );
    assert_eq!(
        (response.status, code(&response).as_str()),
        (404, "UNKNOWN_CONTRACT")
    );
}
