//! The stream between peer and chaincode: every request, and what happens when it breaks.

use std::time::Duration;

use fabric_devnet::{Deployment, Network, Ports};
use fabric_ledger::ValidationCode;
use tonic::{Code, Status};

use crate::support::{Client, EITHER, Setup, TestChaincode, client::details, setup, verify_chain};

async fn started() -> (Setup, Client) {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    (setup, client)
}

/// The message of the only peer that failed.
#[track_caller]
fn peer_message(status: &Status) -> String {
    details(status)[0].message.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_of_writes_and_reads_are_one_message_each() {
    let (setup, client) = started().await;
    let committed = client
        .transact(&["batch", "a", "1", "b", "2"])
        .await
        .unwrap();
    assert_eq!(committed.code, ValidationCode::VALID);
    let values = client
        .evaluate(&["multiple", "a", "absent", "b"])
        .await
        .unwrap();
    assert_eq!(values, "1,,2");
    verify_chain(&setup.network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_range_goes_on_beyond_one_message() {
    let (setup, client) = started().await;
    let keys: Vec<String> = (0..250).map(|number| format!("k{number:03}")).collect();
    let mut args = vec!["batch"];
    args.extend(keys.iter().flat_map(|key| [key.as_str(), "v"]));
    client.transact(&args).await.unwrap();

    assert_eq!(
        client.evaluate(&["range", "", ""]).await.unwrap(),
        "250 k000 k249"
    );
    assert_eq!(
        client.evaluate(&["range", "k100", "k200"]).await.unwrap(),
        "100 k100 k199"
    );
    assert_eq!(
        client.evaluate(&["range", "k100", "k201"]).await.unwrap(),
        "101 k100 k200"
    );
    assert_eq!(client.evaluate(&["range", "x", "z"]).await.unwrap(), "0");
    let committed = client.transact(&["range", "", ""]).await.unwrap();
    assert_eq!(committed.code, ValidationCode::VALID);
    verify_chain(&setup.network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_appears_in_a_range_that_was_read_is_a_phantom() {
    let (setup, client) = started().await;
    client
        .transact(&["batch", "a1", "v", "a3", "v"])
        .await
        .unwrap();
    let reader = client.propose("basic", &["range", "a", "b"]);
    let envelope = client.endorse(&reader, &[]).await.unwrap();
    client.transact(&["put", "a2", "v"]).await.unwrap();
    let committed = client.submit_and_wait(&reader.id, &envelope).await.unwrap();
    assert_eq!(committed.code, ValidationCode::PHANTOM_READ_CONFLICT);
    verify_chain(&setup.network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_follow_their_bookmarks_and_exclude_writes() {
    let (_setup, client) = started().await;
    client
        .transact(&["batch", "a", "1", "b", "1", "c", "1"])
        .await
        .unwrap();
    assert_eq!(
        client.evaluate(&["page", "", "", "2", ""]).await.unwrap(),
        "2 c"
    );
    assert_eq!(
        client.evaluate(&["page", "", "", "2", "c"]).await.unwrap(),
        "1 "
    );

    let status = client
        .transact(&["page-and-put", "", "", "d"])
        .await
        .unwrap_err();
    let message = peer_message(&status);
    assert!(message.starts_with("chaincode response 500, PUT_STATE failed: transaction ID: "));
    assert!(message.ends_with("Writes are not allowed"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_has_every_valid_write_newest_first() {
    let (_setup, client) = started().await;
    client.transact(&["put", "a", "1"]).await.unwrap();
    client.transact(&["put", "ab", "other"]).await.unwrap();
    client.transact(&["delete", "a"]).await.unwrap();
    client.transact(&["put", "a", "3"]).await.unwrap();
    assert_eq!(client.evaluate(&["history", "a"]).await.unwrap(), "3,-,1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_is_of_its_key_alone_whatever_bytes_the_key_has() {
    let (_setup, client) = started().await;
    let keys = [
        "\0car\0red\0",
        "\0car\0",
        "a\0",
        "a",
        "\u{10FFFF}",
        "s",
        "é",
    ];
    for key in keys {
        client.transact(&["put", key, key]).await.unwrap();
    }
    // Metadata alone is no write of a value.
    client
        .transact(&["set-metadata", "a", "blue"])
        .await
        .unwrap();
    for key in keys {
        let history = client.evaluate(&["history", key]).await.unwrap();
        assert_eq!(history, key, "{key:?}");
    }
    assert_eq!(client.evaluate(&["history", "nobody's"]).await.unwrap(), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_goes_on_beyond_one_message_and_over_blocks() {
    let (_setup, client) = started().await;
    let mut expect = Vec::new();
    for number in 0..105 {
        let value = number.to_string();
        client.transact(&["put", "a", &value]).await.unwrap();
        expect.insert(0, value);
    }
    let history = client.evaluate(&["history", "a"]).await.unwrap();
    assert_eq!(history, expect.join(","));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metadata_of_a_key_is_kept() {
    let (setup, client) = started().await;
    client.transact(&["put", "a", "1"]).await.unwrap();
    client
        .transact(&["set-metadata", "a", "blue"])
        .await
        .unwrap();
    assert_eq!(
        client.evaluate(&["metadata", "a"]).await.unwrap(),
        "note=blue"
    );
    assert_eq!(client.evaluate(&["get", "a"]).await.unwrap(), "1");
    verify_chain(&setup.network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chaincode_calls_another_in_the_same_transaction() {
    let (setup, client) = started().await;
    let other = TestChaincode::start().await;
    let deployment = Deployment::new("other", other.address().to_string()).policy(EITHER);
    setup.network.deploy(deployment).await.unwrap();

    let committed = client
        .transact(&["call", "other", "put", "a", "1"])
        .await
        .unwrap();

    assert_eq!(committed.code, ValidationCode::VALID);
    assert_eq!(
        client
            .evaluate(&["call", "other", "get", "a"])
            .await
            .unwrap(),
        "1"
    );
    assert_eq!(client.evaluate(&["get", "a"]).await.unwrap(), "");
    verify_chain(&setup.network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chaincode_cannot_call_itself_or_nobody() {
    let (_setup, client) = started().await;
    let status = client
        .evaluate(&["call", "basic", "get", "a"])
        .await
        .unwrap_err();
    assert!(
        status.message().ends_with("(mychannel) exists"),
        "{status:?}"
    );
    let status = client
        .evaluate(&["call", "nobody", "get", "a"])
        .await
        .unwrap_err();
    assert!(
        status.message().ends_with("chaincode nobody not found"),
        "{status:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_malformed_request_fails_alone() {
    let (_setup, client) = started().await;
    let status = client.evaluate(&["garbage"]).await.unwrap_err();
    assert!(
        status
            .message()
            .contains("GET_STATE failed: transaction ID: "),
        "{status:?}"
    );
    assert_eq!(
        client.evaluate(&["echo", "still here"]).await.unwrap(),
        "still here"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_collection_is_named() {
    let (_setup, client) = started().await;
    let status = client
        .evaluate(&["private", "get", "secrets", "a"])
        .await
        .unwrap_err();
    let text = "collection mychannel/basic/secrets could not be found";
    assert!(status.message().ends_with(text), "{status:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_message_is_the_peers_failure_and_is_tried_elsewhere() {
    let (_setup, client) = started().await;
    let status = client.evaluate(&["error-message"]).await.unwrap_err();
    assert_eq!(status.code(), Code::Aborted);
    let details = details(&status);
    assert_eq!(details.len(), 2);
    let text = "error in simulation: transaction returned with failure: cannot serve now";
    assert_eq!(details[0].message, text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chaincode_that_never_answers_times_out() {
    let network = Network::builder()
        .ephemeral()
        .ports(Ports::Free)
        .execute_timeout(Duration::from_millis(200))
        .start()
        .await
        .unwrap();
    let chaincode = TestChaincode::start().await;
    crate::support::deploy(&network, &chaincode, Some(EITHER)).await;
    let client = Client::user1(&network).await;
    let proposed = client.propose("basic", &["hang"]);
    let status = client.endorse(&proposed, &[]).await.unwrap_err();
    let text = format!(
        "error in simulation: failed to execute transaction {}: error sending: timeout expired while executing transaction",
        proposed.id
    );
    assert_eq!(peer_message(&status), text);
    assert_eq!(
        client.evaluate(&["echo", "still here"]).await.unwrap(),
        "still here"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_stream_fails_what_is_in_flight_and_is_dialled_anew() {
    let (_setup, client) = started().await;
    let status = client
        .endorse(&client.propose("basic", &["unknown-type"]), &[])
        .await;
    let message = peer_message(&status.unwrap_err());
    assert!(
        message.ends_with("error sending: chaincode stream terminated"),
        "{message}"
    );
    assert_eq!(
        client.evaluate(&["echo", "still here"]).await.unwrap(),
        "still here"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_chaincode_is_used_again_once_it_is_back() {
    let (setup, client) = started().await;
    client.transact(&["put", "a", "1"]).await.unwrap();
    let address = setup.chaincode.address();

    let status = client.transact(&["die"]).await.unwrap_err();
    assert!(
        peer_message(&status).ends_with("chaincode stream terminated"),
        "{status:?}"
    );
    let status = client.evaluate(&["get", "a"]).await.unwrap_err();
    assert_eq!(status.code(), Code::Aborted);
    let message = peer_message(&status);
    assert!(message.contains("could not launch chaincode basic_1.0:"));
    assert!(message.contains(" failed: error cannot create connection for basic_1.0:"));
    let reason = format!(
        ": error creating grpc connection to {address}: failed to create new connection: connection error: desc = \"transport: error while dialing: dial tcp {address}: connect: connection refused\""
    );
    assert!(message.ends_with(&reason), "{message}");

    let _again = TestChaincode::at(address).await;
    assert_eq!(client.evaluate(&["get", "a"]).await.unwrap(), "1");
}
