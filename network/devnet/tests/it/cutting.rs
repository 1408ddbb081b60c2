//! Blocks that are cut by the clock or on demand.

use std::time::Duration;

use fabric_devnet::{ChannelSpec, Cut, CutBlock, DevnetError, Network, Ports};
use futures::future::join_all;
use serde_json::json;

use crate::support::{
    Client, DEPLOYED, EITHER, TestChaincode, admin::http, deploy, in_folder, verify_chain,
};

async fn network(cut: Cut) -> (Network, TestChaincode) {
    let builder = Network::builder().ephemeral().ports(Ports::Free).cut(cut);
    let network = builder.start().await.unwrap();
    let chaincode = TestChaincode::start().await;
    deploy(&network, &chaincode, Some(EITHER)).await;
    (network, chaincode)
}

async fn submit(client: &Client, key: &str) -> String {
    client.transact_at(&["put", key, "1"]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_demand_a_block_holds_what_waits() {
    let (network, _chaincode) = network(Cut::Manual).await;
    let client = Client::user1(&network).await;
    assert_eq!(
        network.height(),
        DEPLOYED,
        "deploying cuts its blocks itself"
    );
    let mut ids = Vec::new();
    for key in ["a", "b", "c"] {
        ids.push(submit(&client, key).await);
    }
    assert_eq!(network.height(), DEPLOYED);

    let first = network.cut("mychannel", 2).await.unwrap();
    let (code, second) = http(&network, "POST /cut", Some(json!({}))).await;
    let none = network.cut("mychannel", 2).await.unwrap();

    let block = |block, transactions, waiting| CutBlock {
        channel: "mychannel".to_owned(),
        block,
        transactions,
        waiting,
    };
    assert_eq!(first, block(Some(DEPLOYED), 2, 1));
    assert_eq!(code, 200);
    assert_eq!(
        serde_json::from_value::<CutBlock>(second).unwrap(),
        block(Some(DEPLOYED + 1), 1, 0)
    );
    assert_eq!(none, block(None, 0, 0));
    let statuses = join_all(ids.iter().map(|id| client.status(id))).await;
    let blocks: Vec<_> = statuses
        .into_iter()
        .map(|status| status.unwrap().block_number)
        .collect();
    assert_eq!(blocks, [DEPLOYED, DEPLOYED, DEPLOYED + 1]);
    verify_chain(&network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_is_cut_on_demand_whatever_the_rule_is() {
    let cut = Cut::Fabric {
        max_message_count: 10,
        preferred_max_bytes: 2 << 20,
        batch_timeout: Duration::from_secs(3600),
    };
    let builder = Network::builder().ephemeral().ports(Ports::Free);
    let network = builder
        .channels([
            ChannelSpec::new("mychannel").cut(cut),
            ChannelSpec::new("other"),
        ])
        .start()
        .await
        .unwrap();
    let chaincode = TestChaincode::start().await;
    deploy(&network, &chaincode, Some(EITHER)).await;
    assert_eq!(
        network.height(),
        DEPLOYED,
        "deploying cuts its blocks itself"
    );

    let client = Client::user1(&network).await;
    submit(&client, "a").await;
    let block = network.cut("mychannel", usize::MAX).await.unwrap();
    assert_eq!((block.block, block.transactions), (Some(DEPLOYED), 1));
    let unknown = network.cut("nowhere", 1).await.unwrap_err();
    assert!(matches!(unknown, DevnetError::UnknownChannel(_)));
    let (code, answer) = http(&network, "POST /cut", Some(json!({"channel": "nowhere"}))).await;
    assert_eq!(code, 404, "{answer}");
    assert!(answer["error"].as_str().unwrap().contains("`nowhere`"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interval_gathers_what_came_in_it() {
    const INTERVAL: Duration = Duration::from_millis(500);
    let (network, _chaincode) = network(Cut::Interval(INTERVAL)).await;
    let client = Client::user1(&network).await;
    // The first of them marks the beginning of an interval.
    let first = client.transact(&["put", "first", "1"]).await.unwrap();
    let keys: Vec<_> = (0..5).map(|number| format!("key{number}")).collect();

    let submitted = keys.iter().map(|key| submit(&client, key));
    let ids = join_all(submitted).await;

    let statuses = join_all(ids.iter().map(|id| client.status(id))).await;
    let mut blocks: Vec<_> = statuses
        .into_iter()
        .map(|status| status.unwrap().block_number)
        .collect();
    blocks.dedup();
    assert_eq!(blocks, [first.block + 1]);
    verify_chain(&network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_a_block_is_committed_before_the_network_stops() {
    let dir = tempfile::tempdir().unwrap();
    let chaincode = TestChaincode::start().await;
    let builder = Network::builder().dir(dir.path()).ports(Ports::Free);
    let network = builder.cut(Cut::Manual).start().await.unwrap();
    deploy(&network, &chaincode, Some(EITHER)).await;
    let client = Client::user1(&network).await;
    let id = submit(&client, "a").await;
    network.shutdown().await;

    let network = in_folder(dir.path()).await;
    let client = Client::user1(&network).await;
    assert_eq!(client.status(&id).await.unwrap().result, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interval_of_nothing_is_refused() {
    let builder = Network::builder().ephemeral().ports(Ports::Free);
    let error = builder.cut(Cut::Interval(Duration::ZERO)).start().await;
    assert!(error.unwrap_err().to_string().contains("every 0 seconds"));
}
