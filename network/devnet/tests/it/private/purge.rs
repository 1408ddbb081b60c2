//! Purged keys leave the state and everything that was written before.

use super::{ORG1, ask, deploy, shown_once, started, transact};
use crate::support::{Client, TestChaincode, in_folder, verify_chain};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purge_takes_a_key_out_of_every_block_before() {
    let (setup, one, two) = started().await;
    let both = [
        "private", "batch", "shared", "put", "a", "1", "put", "b", "1",
    ];
    let first = transact(&one, ORG1, &both).await.unwrap();
    let second = transact(&one, ORG1, &["private", "put", "shared", "a", "2"])
        .await
        .unwrap();
    assert_eq!(
        shown_once(&two, first.block).await,
        ["basic/shared/a=1", "basic/shared/b=1"]
    );

    let purge = transact(&one, ORG1, &["private", "purge", "shared", "a"])
        .await
        .unwrap();

    assert!(purge.code.is_valid());
    for client in [&one, &two] {
        assert_eq!(
            ask(client, &["private", "get", "shared", "a"])
                .await
                .unwrap(),
            ""
        );
        assert_eq!(
            ask(client, &["private", "hash", "shared", "a"])
                .await
                .unwrap(),
            ""
        );
        assert_eq!(
            ask(client, &["private", "get", "shared", "b"])
                .await
                .unwrap(),
            "1"
        );
        assert_eq!(shown_once(client, first.block).await, ["basic/shared/b=1"]);
        assert_eq!(shown_once(client, second.block).await, [""; 0]);
        assert_eq!(shown_once(client, purge.block).await, [""; 0]);
    }
    verify_chain(&setup.network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_after_a_purge_stays() {
    let (_setup, one, _) = started().await;
    let first = transact(&one, ORG1, &["private", "put", "shared", "a", "1"])
        .await
        .unwrap();
    transact(&one, ORG1, &["private", "purge", "shared", "a"])
        .await
        .unwrap();
    let after = transact(&one, ORG1, &["private", "put", "shared", "a", "2"])
        .await
        .unwrap();
    assert_eq!(
        ask(&one, &["private", "get", "shared", "a"]).await.unwrap(),
        "2"
    );
    assert_eq!(shown_once(&one, first.block).await, [""; 0]);
    assert_eq!(shown_once(&one, after.block).await, ["basic/shared/a=2"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_leaves_what_earlier_blocks_brought() {
    let (_setup, one, _) = started().await;
    let first = transact(&one, ORG1, &["private", "put", "shared", "a", "1"])
        .await
        .unwrap();
    let deletion = transact(&one, ORG1, &["private", "delete", "shared", "a"])
        .await
        .unwrap();
    assert_eq!(
        ask(&one, &["private", "get", "shared", "a"]).await.unwrap(),
        ""
    );
    assert_eq!(shown_once(&one, first.block).await, ["basic/shared/a=1"]);
    assert_eq!(shown_once(&one, deletion.block).await, ["basic/shared/a="]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purge_outlives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let chaincode = TestChaincode::start().await;
    let network = in_folder(dir.path()).await;
    deploy(&network, &chaincode).await;
    let client = Client::user1(&network).await;
    let put = transact(&client, ORG1, &["private", "put", "shared", "a", "1"])
        .await
        .unwrap();
    transact(&client, ORG1, &["private", "purge", "shared", "a"])
        .await
        .unwrap();
    network.shutdown().await;

    let network = in_folder(dir.path()).await;

    let client = Client::user1(&network).await;
    assert_eq!(
        ask(&client, &["private", "get", "shared", "a"])
            .await
            .unwrap(),
        ""
    );
    assert_eq!(shown_once(&client, put.block).await, [""; 0]);
    verify_chain(&network).await;
}
