//! Collections whose data lives for some blocks.

use super::{ORG1, ask, deploy, pass, shown_once, started, transact};
use crate::support::{Client, TestChaincode, in_folder, verify_chain};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_lives_for_its_blocks_and_no_longer() {
    let (setup, one, two) = started().await;
    let put = transact(&one, ORG1, &["private", "put", "brief", "a", "1"])
        .await
        .unwrap();
    let get = ["private", "get", "brief", "a"];

    pass(&one, 2).await;
    for client in [&one, &two] {
        assert_eq!(ask(client, &get).await.unwrap(), "1");
        assert_eq!(shown_once(client, put.block).await, ["basic/brief/a=1"]);
    }

    pass(&one, 1).await;
    for client in [&one, &two] {
        assert_eq!(ask(client, &get).await.unwrap(), "");
        let hash = ask(client, &["private", "hash", "brief", "a"]).await;
        assert_eq!(hash.unwrap(), "", "the hash goes as well");
        let range = ask(client, &["private", "range", "brief", "", ""]).await;
        assert_eq!(range.unwrap(), "0");
        assert_eq!(shown_once(client, put.block).await, [""; 0]);
    }
    verify_chain(&setup.network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_written_again_lives_anew() {
    let (_setup, one, _) = started().await;
    let first = transact(&one, ORG1, &["private", "put", "brief", "a", "1"])
        .await
        .unwrap();
    pass(&one, 1).await;
    let second = transact(&one, ORG1, &["private", "put", "brief", "a", "2"])
        .await
        .unwrap();

    pass(&one, 2).await;

    let get = ["private", "get", "brief", "a"];
    assert_eq!(ask(&one, &get).await.unwrap(), "2");
    assert_eq!(shown_once(&one, first.block).await, [""; 0]);
    assert_eq!(shown_once(&one, second.block).await, ["basic/brief/a=2"]);
    pass(&one, 1).await;
    assert_eq!(ask(&one, &get).await.unwrap(), "");
    assert_eq!(shown_once(&one, second.block).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_does_not_make_data_live_longer() {
    let dir = tempfile::tempdir().unwrap();
    let chaincode = TestChaincode::start().await;
    let network = in_folder(dir.path()).await;
    deploy(&network, &chaincode).await;
    let client = Client::user1(&network).await;
    let put = transact(&client, ORG1, &["private", "put", "brief", "a", "1"])
        .await
        .unwrap();
    pass(&client, 2).await;
    network.shutdown().await;

    let network = in_folder(dir.path()).await;

    let client = Client::user1(&network).await;
    assert_eq!(
        ask(&client, &["private", "get", "brief", "a"])
            .await
            .unwrap(),
        "1"
    );
    pass(&client, 1).await;
    assert_eq!(
        ask(&client, &["private", "get", "brief", "a"])
            .await
            .unwrap(),
        ""
    );
    assert_eq!(shown_once(&client, put.block).await, [""; 0]);
    verify_chain(&network).await;
}
