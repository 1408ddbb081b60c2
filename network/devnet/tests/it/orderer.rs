//! Broadcasting to the orderer, and how it cuts blocks.

use std::time::{Duration, Instant};

use fabric_devnet::{Cut, Network, Ports};
use fabric_protos::{
    common::{Envelope, HeaderType, Status as Outcome},
    orderer::BroadcastResponse,
};
use futures::future::join_all;

use crate::support::{Client, EITHER, TestChaincode, client::orderer, deploy, setup, verify_chain};

/// Broadcasts envelopes on one stream; gives the answers.
async fn broadcast(network: &Network, envelopes: Vec<Envelope>) -> Vec<BroadcastResponse> {
    let mut client = orderer(network).await;
    let requests = tokio_stream::iter(envelopes);
    let mut stream = client.broadcast(requests).await.unwrap().into_inner();
    let mut answers = Vec::new();
    while let Some(answer) = stream.message().await.unwrap() {
        answers.push(answer);
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broadcast_transaction_is_committed() {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    let proposed = client.propose("basic", &["put", "a", "1"]);
    let envelope = client.endorse(&proposed, &[]).await.unwrap();

    let answers = broadcast(&setup.network, vec![envelope]).await;

    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].status(), Outcome::Success);
    assert_eq!(client.status(&proposed.id).await.unwrap().result, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn envelopes_that_make_no_sense_get_a_status() {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    let garbage = Envelope {
        payload: vec![0xff; 20].into(),
        ..Default::default()
    };
    let cases = [
        (
            garbage,
            Outcome::BadRequest,
            "could not determine channel ID: error unmarshalling Payload: proto: cannot parse invalid wire-format data",
        ),
        (
            Envelope::default(),
            Outcome::BadRequest,
            "could not determine channel ID: header not set",
        ),
        (
            client
                .on_channel("other")
                .envelope(HeaderType::Message, Default::default()),
            Outcome::BadRequest,
            "channel does not exist",
        ),
        (
            client.envelope(HeaderType::Config, Default::default()),
            Outcome::BadRequest,
            "message is of type that cannot be processed directly",
        ),
        (
            client.envelope(HeaderType::OrdererTransaction, Default::default()),
            Outcome::BadRequest,
            "message is of type that is no longer supported",
        ),
    ];
    for (envelope, status, info) in cases {
        let answers = broadcast(&setup.network, vec![envelope, Envelope::default()]).await;
        assert_eq!(answers.len(), 1, "the first refusal ends the stream");
        assert_eq!((answers[0].status(), &*answers[0].info), (status, info));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_larger_than_a_block_is_refused() {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    let large = vec![0; 11 << 20];
    let too_large = client.envelope(HeaderType::EndorserTransaction, large.into());
    let answers = broadcast(&setup.network, vec![too_large]).await;
    assert_eq!(answers[0].status(), Outcome::BadRequest);
    let info = &answers[0].info;
    assert!(
        info.ends_with("exceeds maximum allowed 10485760 bytes"),
        "{info}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_transactions_are_ordered_and_marked() {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    let envelope = client.envelope(HeaderType::EndorserTransaction, vec![0xff; 9].into());
    let height = setup.network.height();
    let answers = broadcast(&setup.network, vec![envelope]).await;
    assert_eq!(answers[0].status(), Outcome::Success);
    let blocks = client.blocks(height, height).await;
    assert_ne!(*blocks[0].metadata.as_ref().unwrap().metadata[2], [0]);
    verify_chain(&setup.network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fabric_cutting_waits_for_count_or_time() {
    let cut = Cut::Fabric {
        max_message_count: 10,
        preferred_max_bytes: 2 << 20,
        batch_timeout: Duration::from_millis(300),
    };
    let network = Network::builder()
        .ephemeral()
        .ports(Ports::Free)
        .cut(cut)
        .start()
        .await
        .unwrap();
    let chaincode = TestChaincode::start().await;
    deploy(&network, &chaincode, Some(EITHER)).await;
    let client = Client::user1(&network).await;

    let start = Instant::now();
    client.transact(&["put", "alone", "1"]).await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(300));

    let keys: Vec<String> = (0..10).map(|number| format!("key{number}")).collect();
    let transactions = keys.iter().map(|key| {
        let client = client.clone();
        async move { client.transact(&["put", key, "1"]).await.unwrap().block }
    });
    let blocks = join_all(transactions).await;
    assert!(blocks.iter().all(|block| *block == blocks[0]), "{blocks:?}");
    verify_chain(&network).await;
}
