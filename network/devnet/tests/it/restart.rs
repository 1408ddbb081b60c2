//! Networks that stop and go on in the same folder.

use fabric_devnet::{DevnetError, Network, Ports};
use fabric_ledger::ValidationCode;

use crate::support::{Client, EITHER, TestChaincode, deploy, in_folder, verify_chain};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_keeps_blocks_state_chaincodes_and_identities() {
    let dir = tempfile::tempdir().unwrap();
    let chaincode = TestChaincode::start().await;
    let network = in_folder(dir.path()).await;
    deploy(&network, &chaincode, Some(EITHER)).await;
    let before = Client::user1(&network).await;
    let first = before.transact(&["put", "a", "1"]).await.unwrap();
    let (height, state) = (network.height(), network.state().clone());
    network.shutdown().await;

    let network = in_folder(dir.path()).await;

    assert_eq!(network.height(), height);
    assert_eq!(network.state(), &state, "free ports are kept");
    let after = Client::user1(&network).await;
    assert_eq!(after.identity.serialized(), before.identity.serialized());
    assert_eq!(after.evaluate(&["get", "a"]).await.unwrap(), "1");
    let status = after.status(&first.id).await.unwrap();
    assert_eq!((status.result, status.block_number), (0, first.block));
    let committed = after.transact(&["append", "a", "2"]).await.unwrap();
    assert_eq!(committed.code, ValidationCode::VALID);
    assert_eq!(after.evaluate(&["history", "a"]).await.unwrap(), "12,1");
    verify_chain(&network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_belongs_to_one_network() {
    let dir = tempfile::tempdir().unwrap();
    let network = in_folder(dir.path()).await;
    let second = Network::builder()
        .dir(dir.path())
        .ports(Ports::Free)
        .start()
        .await;
    assert!(matches!(second.unwrap_err(), DevnetError::InUse { .. }));
    network.shutdown().await;

    let other = Network::builder().dir(dir.path()).ports(Ports::Free);
    let renamed = other.clone().channel("other").start().await.unwrap_err();
    assert!(
        matches!(renamed, DevnetError::OtherNetwork(_)),
        "{renamed:?}"
    );
    let larger = other.organizations(3).start().await.unwrap_err();
    assert!(matches!(larger, DevnetError::OtherNetwork(_)), "{larger:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_needs_the_authorities_that_it_began_with() {
    for lost in [
        "",
        "peerOrganizations/org2.example.com",
        "ordererOrganizations",
    ] {
        let dir = tempfile::tempdir().unwrap();
        in_folder(dir.path()).await.shutdown().await;
        std::fs::remove_dir_all(dir.path().join("organizations").join(lost)).unwrap();

        let again = Network::builder().dir(dir.path()).ports(Ports::Free);
        let error = again.start().await.unwrap_err();

        assert!(matches!(error, DevnetError::OtherNetwork(_)), "{error:?}");
        let told = error.to_string();
        assert!(told.contains("knows another authority of"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_port_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let network = in_folder(dir.path()).await;
    let taken = network.orderer_endpoint().port();
    let ports = Ports::Custom {
        orderer: taken,
        peers: vec![0, 0],
        admin: 0,
    };
    let error = Network::builder()
        .ephemeral()
        .ports(ports)
        .start()
        .await
        .unwrap_err();
    assert!(error.to_string().contains(&taken.to_string()), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_orderer_accepted_is_committed_before_the_network_stops() {
    let dir = tempfile::tempdir().unwrap();
    let chaincode = TestChaincode::start().await;
    let network = in_folder(dir.path()).await;
    deploy(&network, &chaincode, Some(EITHER)).await;
    let client = Client::user1(&network).await;
    let mut ids = Vec::new();
    for number in 0..20 {
        let proposed = client.propose("basic", &["put", &format!("key{number}"), "1"]);
        let envelope = client.endorse(&proposed, &[]).await.unwrap();
        client.submit(&proposed.id, &envelope).await.unwrap();
        ids.push(proposed.id);
    }
    network.shutdown().await;

    let network = in_folder(dir.path()).await;

    let client = Client::user1(&network).await;
    for id in ids {
        assert_eq!(client.status(&id).await.unwrap().result, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_of_real_fabric_is_another_network() {
    let dir = tempfile::tempdir().unwrap();
    let state = r#"{"kind": "fabric", "channel": "mychannel"}"#;
    std::fs::write(dir.path().join("network.json"), state).unwrap();

    let started = Network::builder()
        .dir(dir.path())
        .ports(Ports::Free)
        .start();

    let error = started.await.unwrap_err();
    assert!(matches!(error, DevnetError::OtherNetwork(_)), "{error:?}");
    assert!(error.to_string().contains("kind `fabric`"), "{error}");
}
