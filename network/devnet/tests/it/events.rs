//! Streams of chaincode events.

use fabric_protos::gateway::{ChaincodeEventsRequest, ChaincodeEventsResponse};
use tonic::{Code, Streaming};

use crate::support::{
    Client, EITHER,
    client::{assert_fails, specified},
    setup, wait,
};

async fn open(
    client: &Client,
    request: ChaincodeEventsRequest,
) -> Streaming<ChaincodeEventsResponse> {
    let signed = client.events_request(request);
    client
        .gateway()
        .chaincode_events(signed)
        .await
        .unwrap()
        .into_inner()
}

fn of(chaincode: &str) -> ChaincodeEventsRequest {
    ChaincodeEventsRequest {
        chaincode_id: chaincode.to_owned(),
        ..Default::default()
    }
}

/// The next event: its name, payload and transaction.
async fn next(stream: &mut Streaming<ChaincodeEventsResponse>) -> (String, String, String) {
    let response = wait::within("an event", stream.message())
        .await
        .unwrap()
        .unwrap();
    let [event] = &response.events[..] else {
        panic!("{response:?}")
    };
    assert_eq!(event.chaincode_id, "basic");
    let payload = String::from_utf8(event.payload.to_vec()).unwrap();
    (event.event_name.clone(), payload, event.tx_id.clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_new_blocks_arrive_in_order() {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    client.transact(&["event", "before", ""]).await.unwrap();
    let mut stream = open(&client, of("basic")).await;

    let first = client.transact(&["event", "first", "1"]).await.unwrap();
    client.transact(&["put", "silent", "1"]).await.unwrap();
    let second = client.transact(&["event", "second", "2"]).await.unwrap();

    assert_eq!(
        next(&mut stream).await,
        ("first".to_owned(), "1".to_owned(), first.id)
    );
    assert_eq!(
        next(&mut stream).await,
        ("second".to_owned(), "2".to_owned(), second.id)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_replayed_from_a_block_and_after_a_transaction() {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    let first = client.transact(&["event", "first", "1"]).await.unwrap();
    client.transact(&["event", "second", "2"]).await.unwrap();

    let replay = ChaincodeEventsRequest {
        start_position: Some(specified(0)),
        ..of("basic")
    };
    let mut stream = open(&client, replay.clone()).await;
    assert_eq!(next(&mut stream).await.0, "first");
    assert_eq!(next(&mut stream).await.0, "second");

    let after = ChaincodeEventsRequest {
        after_transaction_id: first.id,
        ..replay
    };
    let mut stream = open(&client, after).await;
    assert_eq!(next(&mut stream).await.0, "second");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_invalid_transactions_do_not_arrive() {
    let setup = setup(Some("AND('Org1MSP.peer','Org2MSP.peer')")).await;
    let client = Client::user1(&setup.network).await;
    let mut stream = open(&client, of("basic")).await;
    let proposed = client.propose("basic", &["event", "invalid", ""]);
    let envelope = client.endorse(&proposed, &["Org1MSP"]).await.unwrap();
    let committed = client
        .submit_and_wait(&proposed.id, &envelope)
        .await
        .unwrap();
    assert!(!committed.code.is_valid());
    client.transact(&["event", "valid", ""]).await.unwrap();
    assert_eq!(next(&mut stream).await.0, "valid");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_make_no_sense_are_refused() {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    let mut forged = client.events_request(of("basic"));
    forged.signature = client.identity.sign(b"something else").unwrap();
    let refused = client.gateway().chaincode_events(forged).await;
    assert_fails(
        refused.map(|_| ()),
        Code::PermissionDenied,
        "Failed evaluating policy on signed data during check policy on channel [mychannel] with policy [/Channel/Application/Readers]: [implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Readers' sub-policies to be satisfied]",
    );
    let elsewhere = client.on_channel("nowhere").events_request(of("basic"));
    let refused = client.gateway().chaincode_events(elsewhere).await;
    let text = "Failed to get policy manager for channel [nowhere]";
    assert_fails(refused.map(|_| ()), Code::PermissionDenied, text);
}
