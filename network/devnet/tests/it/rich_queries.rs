//! Rich queries over the chaincode's stream: answered where they are asked for, refused elsewhere.

use fabric_devnet::{Network, Ports};
use fabric_ledger::ValidationCode;
use tonic::Status;

use crate::support::{Client, EITHER, Setup, TestChaincode, deploy, setup, verify_chain};

async fn started() -> (Setup, Client) {
    let network = Network::builder()
        .ephemeral()
        .ports(Ports::Free)
        .rich_queries()
        .start()
        .await
        .unwrap();
    let chaincode = TestChaincode::start().await;
    deploy(&network, &chaincode, Some(EITHER)).await;
    let client = Client::user1(&network).await;
    (Setup { network, chaincode }, client)
}

/// Cars `c00` to `c04` of the years 1970 to 1974.
async fn cars(client: &Client) {
    let cars: Vec<(String, String)> = (0..5)
        .map(|n| (format!("c{n:02}"), format!(r#"{{"year":{}}}"#, 1970 + n)))
        .collect();
    let mut args = vec!["batch"];
    args.extend(
        cars.iter()
            .flat_map(|(key, value)| [key.as_str(), value.as_str()]),
    );
    client.transact(&args).await.unwrap();
}

#[track_caller]
fn check_ends(refused: Result<String, Status>, text: &str) {
    let status = refused.unwrap_err();
    assert!(status.message().ends_with(text), "{status:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_are_found_and_a_later_change_of_one_conflicts() {
    let (setup, client) = started().await;
    cars(&client).await;
    let query = r#"{"selector":{"year":{"$gt":1971}},"sort":[{"year":"desc"}],"fields":["year"]}"#;
    assert_eq!(
        client.evaluate(&["find", query]).await.unwrap(),
        r#"c04={"year":1974} c03={"year":1973} c02={"year":1972}"#
    );

    let reader = client.propose("basic", &["find-and-put", query, "result", "3"]);
    let envelope = client.endorse(&reader, &[]).await.unwrap();
    // A document that would be found too is no phantom; one that was found is a conflict.
    client
        .transact(&["put", "c09", r#"{"year":1979}"#])
        .await
        .unwrap();
    let committed = client.submit_and_wait(&reader.id, &envelope).await.unwrap();
    assert_eq!(committed.code, ValidationCode::VALID);

    let reader = client.propose("basic", &["find-and-put", query, "result", "4"]);
    let envelope = client.endorse(&reader, &[]).await.unwrap();
    client
        .transact(&["put", "c04", r#"{"year":1984}"#])
        .await
        .unwrap();
    let committed = client.submit_and_wait(&reader.id, &envelope).await.unwrap();
    assert_eq!(committed.code, ValidationCode::MVCC_READ_CONFLICT);
    verify_chain(&setup.network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_documents_than_one_message_holds_are_found() {
    let (_setup, client) = started().await;
    let keys: Vec<String> = (0..250).map(|number| format!("k{number:03}")).collect();
    let mut args = vec!["batch"];
    args.extend(keys.iter().flat_map(|key| [key.as_str(), "{}"]));
    client.transact(&args).await.unwrap();
    let found = client
        .evaluate(&["find", r#"{"selector":{}}"#])
        .await
        .unwrap();
    assert_eq!(found.split(' ').count(), 250);
    assert!(found.ends_with("k249={}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_documents_follow_each_other_by_bookmark() {
    let (_setup, client) = started().await;
    cars(&client).await;
    let query = r#"{"selector":{"year":{"$lt":1973}}}"#;
    let page = async |bookmark: &str| {
        let found = client
            .evaluate(&["find", query, "2", bookmark])
            .await
            .unwrap();
        let mut parts = found.split('|').map(str::to_owned);
        (
            parts.next().unwrap(),
            parts.next().unwrap(),
            parts.next().unwrap(),
        )
    };
    let (rows, count, bookmark) = page("").await;
    assert_eq!(
        (rows.as_str(), count.as_str()),
        (r#"c00={"year":1970} c01={"year":1971}"#, "2")
    );
    let (rows, count, bookmark) = page(&bookmark).await;
    assert_eq!(
        (rows.as_str(), count.as_str()),
        (r#"c02={"year":1972}"#, "1")
    );
    let (rows, count, last) = page(&bookmark).await;
    assert_eq!((rows.as_str(), count.as_str(), last), ("", "0", bookmark));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_queries_and_keys_are_refused_in_couchdbs_words() {
    let (_setup, client) = started().await;
    check_ends(
        client
            .evaluate(&["find", r#"{"selector":{"a":{"$like":"x"}}}"#])
            .await,
        "error handling CouchDB request. Error:invalid_operator,  Status Code:400,  Reason:Invalid operator: $like",
    );
    check_ends(
        client.evaluate(&["put", "_a", "1"]).await,
        "invalid key [_a], cannot begin with \"_\"",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_option_queries_are_refused_as_on_leveldb() {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    let query = r#"{"selector":{}}"#;
    check_ends(
        client.evaluate(&["find", query]).await,
        "ExecuteQuery not supported for leveldb",
    );
    check_ends(
        client.evaluate(&["find", query, "2", ""]).await,
        "ExecuteQueryWithMetadata not supported for leveldb",
    );
}
