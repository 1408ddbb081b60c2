//! Policies of single keys, and what a peer tells clients of the policies that count.

use fabric_ledger::{ValidationCode, policy};
use fabric_protos::peer::{ChaincodeCall, ProposalResponse};

use super::{ORG1, ORG2, started, transact};
use crate::support::Client;

const FAILURE: ValidationCode = ValidationCode::ENDORSEMENT_POLICY_FAILURE;
const VALID: ValidationCode = ValidationCode::VALID;

async fn code(client: &Client, organizations: &[&str], args: &[&str]) -> ValidationCode {
    transact(client, organizations, args).await.unwrap().code
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_public_keys_policy_counts_instead_of_the_chaincodes() {
    let (_setup, one, _) = started().await;
    assert_eq!(code(&one, ORG1, &["put", "a", "1"]).await, VALID);
    let set = ["set-policy", "a", "OR('Org2MSP.peer')"];
    assert_eq!(code(&one, ORG1, &set).await, VALID);

    assert_eq!(code(&one, ORG1, &["put", "a", "2"]).await, FAILURE);
    assert_eq!(code(&one, ORG1, &["delete", "a"]).await, FAILURE);
    assert_eq!(code(&one, ORG2, &["put", "a", "3"]).await, VALID);
    assert_eq!(one.evaluate(&["get", "a"]).await.unwrap(), "3");
    // Who changes the policy must satisfy it, too.
    let free = ["set-policy", "a", ""];
    assert_eq!(code(&one, ORG1, &free).await, FAILURE);
    assert_eq!(code(&one, ORG2, &free).await, VALID);
    assert_eq!(code(&one, ORG1, &["put", "a", "4"]).await, VALID);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_keys_policy_counts_instead_of_the_collections() {
    let (_setup, one, _) = started().await;
    let together = &["Org1MSP", "Org2MSP"];
    let put = ["private", "put", "both", "a", "1"];
    assert_eq!(code(&one, together, &put).await, VALID);
    let set = ["private", "set-policy", "both", "a", "OR('Org2MSP.peer')"];
    assert_eq!(code(&one, ORG2, &set).await, FAILURE);
    assert_eq!(code(&one, together, &set).await, VALID);

    assert_eq!(code(&one, ORG1, &put).await, FAILURE);
    assert_eq!(code(&one, ORG2, &put).await, VALID);
    let other = ["private", "put", "both", "b", "1"];
    assert_eq!(
        code(&one, ORG2, &other).await,
        FAILURE,
        "other keys keep the collection's"
    );
}

/// The peer's answer to a proposal.
async fn answer(client: &Client, args: &[&str]) -> ProposalResponse {
    let signed = client.propose("basic", args).signed;
    let answer = client.endorser().process_proposal(signed).await;
    answer.unwrap().into_inner()
}

async fn interest(client: &Client, args: &[&str]) -> Vec<ChaincodeCall> {
    answer(client, args).await.interest.unwrap().chaincodes
}

fn call() -> ChaincodeCall {
    ChaincodeCall {
        name: "basic".to_owned(),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endorsement_names_the_policies_that_count() {
    let (_setup, one, _) = started().await;
    let key_policy = "OR('Org1MSP.peer')";
    for args in [
        &["put", "bound", "1"][..],
        &["set-policy", "bound", key_policy],
        &["private", "put", "shared", "bound", "1"],
        &["private", "set-policy", "shared", "bound", key_policy],
    ] {
        transact(&one, ORG1, args).await.unwrap();
    }
    let key_policies = vec![policy::parse(key_policy).unwrap()];
    let in_collection = |no_private_reads| ChaincodeCall {
        collection_names: vec!["shared".to_owned()],
        no_private_reads,
        ..call()
    };
    let by_key = ChaincodeCall {
        key_policies,
        disregard_namespace_policy: true,
        ..call()
    };
    for (args, expected) in [
        (&["get", "a"][..], vec![call()]),
        (&["put", "a", "1"], vec![call()]),
        (&["put", "bound", "2"], vec![by_key.clone()]),
        (
            &["private", "put", "shared", "a", "1"],
            vec![in_collection(true)],
        ),
        (
            &["private", "append", "shared", "a", "1"],
            vec![in_collection(false)],
        ),
        (
            &["private", "put", "shared", "bound", "2"],
            vec![by_key.clone()],
        ),
        (
            &["private", "append", "shared", "bound", "2"],
            vec![by_key.clone(), in_collection(false)],
        ),
        (
            &["private", "get", "shared", "a"],
            vec![call(), in_collection(false)],
        ),
        (
            &["private", "publish", "shared", "a"],
            vec![call(), in_collection(false)],
        ),
        (&["private", "hash", "shared", "a"], vec![call()]),
        (&["private", "range", "shared", "", ""], vec![]),
    ] {
        assert_eq!(interest(&one, args).await, expected, "{args:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_is_none_locks_its_key() {
    let (_setup, one, _) = started().await;
    transact(&one, ORG1, &["put", "a", "1"]).await.unwrap();
    let set = ["set-policy", "a", "garbage"];
    assert_eq!(code(&one, ORG1, &set).await, VALID);

    let answer = answer(&one, &["put", "a", "2"]).await;

    let text = "error in simulation: error unmarshalling SignaturePolicyEnvelope: proto: cannot parse invalid wire-format data";
    assert_eq!(answer.response.unwrap().message, text);
    assert!(answer.endorsement.is_none());
}
