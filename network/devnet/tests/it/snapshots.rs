//! Taking a network back to a snapshot of itself.

use fabric_devnet::{Deployment, DevnetError, Network, Ports};
use fabric_protos::{
    gateway::ChaincodeEventsRequest,
    orderer::{SeekInfo, seek_info::SeekBehavior},
    peer::deliver_response::Type,
};
use serde_json::json;
use tonic::Code;

use crate::support::{
    Client, EITHER, Setup, TestChaincode,
    admin::http,
    client::{assert_fails, specified},
    deploy, in_folder, setup, verify_chain, wait,
};

async fn started() -> (Setup, Client) {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    client.transact(&["put", "a", "1"]).await.unwrap();
    (setup, client)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revert_brings_back_state_chain_and_history() {
    let (
        Setup {
            network,
            chaincode: _chaincode,
        },
        client,
    ) = started().await;
    let height = network.height();
    let before = client.blocks(0, height - 1).await;
    let snapshot = network.snapshot("clean").await.unwrap();
    assert_eq!(snapshot.heights["mychannel"], height);

    for value in ["2", "3"] {
        client.transact(&["put", "a", value]).await.unwrap();
        network.revert("clean").await.unwrap();

        assert_eq!(network.height(), height);
        assert_eq!(client.evaluate(&["get", "a"]).await.unwrap(), "1");
        assert_eq!(client.evaluate(&["history", "a"]).await.unwrap(), "1");
        assert_eq!(client.blocks(0, height - 1).await, before);
        let again = client.transact(&["put", "b", value]).await.unwrap();
        assert_eq!((again.code.byte(), again.block), (0, height));
        assert_eq!(client.evaluate(&["get", "b"]).await.unwrap(), value);
        verify_chain(&network).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chaincode_defined_after_the_snapshot_is_gone_and_another_takes_its_place() {
    let (Setup { network, chaincode }, client) = started().await;
    network.snapshot("clean").await.unwrap();
    let other = |version: &str| {
        Deployment::new("other", chaincode.address().to_string())
            .policy(EITHER)
            .version(version)
    };
    let get = |client: &Client| client.propose("other", &["get", "a"]);
    network.deploy(other("1")).await.unwrap();
    client.evaluate_proposal(&get(&client), &[]).await.unwrap();

    network.revert("clean").await.unwrap();

    let gone = client.evaluate_proposal(&get(&client), &[]).await;
    assert_eq!(gone.unwrap_err().code(), Code::FailedPrecondition);
    let deployed = network.deploy(other("2")).await.unwrap();
    assert_eq!((deployed.sequence, &*deployed.version), (1, "2"));
    client.evaluate_proposal(&get(&client), &[]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_and_waiting_clients_of_a_reverted_chain_are_told_so() {
    const REVERTED: &str =
        "the ledger of channel mychannel was reverted; begin again from its present height";
    let (
        Setup {
            network,
            chaincode: _chaincode,
        },
        client,
    ) = started().await;
    network.snapshot("clean").await.unwrap();
    let height = network.height();
    let forever = client.seek(&SeekInfo {
        start: Some(specified(height - 1)),
        stop: Some(specified(u64::MAX)),
        behavior: SeekBehavior::BlockUntilReady.into(),
        ..Default::default()
    });
    let requests =
        tokio_stream::StreamExt::chain(tokio_stream::once(forever), tokio_stream::pending());
    let stream = client.deliver().deliver(requests).await.unwrap();
    let mut blocks = stream.into_inner();
    let first = blocks.message().await.unwrap().unwrap().r#type.unwrap();
    assert!(matches!(first, Type::Block(_)));
    let request = client.events_request(ChaincodeEventsRequest {
        chaincode_id: "basic".to_owned(),
        ..Default::default()
    });
    let events = client.gateway().chaincode_events(request).await.unwrap();
    let mut events = events.into_inner();
    let waiting = {
        let client = client.clone();
        tokio::spawn(async move { client.status("no such transaction").await })
    };
    wait::until("the status is waited for", || async {
        let open =
            "grpc_server_calls_open{node=\"peer0.org1.example.com\",service=\"gateway.Gateway\"} 2";
        crate::support::admin::metrics(&network)
            .await
            .contains(open)
    })
    .await;

    network.revert("clean").await.unwrap();

    let ended = wait::within("the end of the blocks", blocks.message()).await;
    assert_fails(ended, Code::Aborted, REVERTED);
    let ended = wait::within("the end of the events", events.message()).await;
    assert_fails(ended, Code::Aborted, REVERTED);
    let status = wait::within("the status", waiting).await.unwrap();
    assert_fails(
        status,
        Code::Aborted,
        "unexpected close of commit notification channel",
    );
    client.transact(&["put", "a", "2"]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_is_held_is_reverted_too() {
    let (
        Setup {
            network,
            chaincode: _chaincode,
        },
        client,
    ) = started().await;
    network.snapshot("clean").await.unwrap();
    client.transact(&["put", "a", "2"]).await.unwrap();
    let peer = "peer0.org1.example.com";
    network
        .inject(fabric_devnet::Fault::Hold {
            peer: peer.to_owned(),
            channel: "mychannel".to_owned(),
        })
        .await
        .unwrap();

    network.revert("clean").await.unwrap();

    assert_eq!(
        network.peer_height(peer, "mychannel"),
        Some(network.height())
    );
    assert_eq!(client.evaluate(&["get", "a"]).await.unwrap(), "1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn snapshots_have_names_of_their_own_and_can_be_forgotten() {
    let (
        Setup {
            network,
            chaincode: _chaincode,
        },
        client,
    ) = started().await;
    network.snapshot("first").await.unwrap();
    client.transact(&["put", "a", "2"]).await.unwrap();
    network.snapshot("second").await.unwrap();
    let refused = |result: Result<_, DevnetError>, expected: &str| {
        let error = result.map(drop).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    refused(network.snapshot("first").await, "already");
    refused(network.snapshot("../first").await, "no name");
    refused(network.snapshot("").await, "no name");
    refused(network.revert("third").await, "no snapshot `third`");

    let (code, third) = http(&network, "POST /snapshots", Some(json!({}))).await;
    assert_eq!((code, &third["name"]), (200, &json!("1")));
    let (code, left) = http(
        &network,
        "POST /snapshots/forget",
        Some(json!({"name": "1"})),
    )
    .await;
    assert_eq!((code, left.as_array().unwrap().len()), (200, 2));
    let body = json!({"name": "first"});
    let (code, reverted) = http(&network, "POST /snapshots/revert", Some(body)).await;
    assert_eq!((code, &reverted["name"]), (200, &json!("first")));

    let names: Vec<_> = network
        .snapshots()
        .await
        .into_iter()
        .map(|it| it.name)
        .collect();
    assert_eq!(names, ["first"], "later ones are of a past that is no more");
    network.forget_snapshot("first").await.unwrap();
    assert!(network.snapshots().await.is_empty());
    let (code, _) = http(
        &network,
        "POST /snapshots/revert",
        Some(json!({"name": "first"})),
    )
    .await;
    assert_eq!(code, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn snapshots_survive_a_restart_and_a_revert_that_was_cut_short() {
    let dir = tempfile::tempdir().unwrap();
    let chaincode = TestChaincode::start().await;
    let network = in_folder(dir.path()).await;
    deploy(&network, &chaincode, Some(EITHER)).await;
    let client = Client::user1(&network).await;
    client.transact(&["put", "a", "1"]).await.unwrap();
    network.snapshot("clean").await.unwrap();
    client.transact(&["put", "a", "2"]).await.unwrap();
    network.shutdown().await;

    let network = in_folder(dir.path()).await;
    let client = Client::user1(&network).await;
    assert_eq!(client.evaluate(&["get", "a"]).await.unwrap(), "2");
    network.revert("clean").await.unwrap();
    assert_eq!(client.evaluate(&["get", "a"]).await.unwrap(), "1");
    client.transact(&["put", "a", "3"]).await.unwrap();
    network.shutdown().await;

    // As it stands when the network dies right after it has begun to revert.
    let file = dir.path().join("snapshots.json");
    let mut known: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    known["reverting"] = json!("clean");
    std::fs::write(&file, known.to_string()).unwrap();
    let network = in_folder(dir.path()).await;
    let client = Client::user1(&network).await;
    assert_eq!(client.evaluate(&["get", "a"]).await.unwrap(), "1");
    assert_eq!(network.snapshots().await.len(), 1);
    verify_chain(&network).await;
    network.shutdown().await;

    // And when it dies before it has written down a new snapshot: that one is no snapshot.
    std::fs::remove_file(&file).unwrap();
    let network = in_folder(dir.path()).await;
    assert!(network.snapshots().await.is_empty());
    network.snapshot("clean").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_channels_are_reverted_together() {
    let builder = Network::builder().ephemeral().ports(Ports::Free);
    let channels = ["one", "two"].map(fabric_devnet::ChannelSpec::new);
    let network = builder.channels(channels).start().await.unwrap();
    let chaincode = TestChaincode::start().await;
    for channel in ["one", "two"] {
        let deployment = Deployment::new("basic", chaincode.address().to_string());
        let deployment = deployment.channel(channel).policy(EITHER);
        network.deploy(deployment).await.unwrap();
    }
    let one = Client::user1(&network).await;
    let two = one.on_channel("two");
    let snapshot = network.snapshot("clean").await.unwrap();
    one.transact(&["put", "a", "1"]).await.unwrap();
    two.transact(&["put", "a", "1"]).await.unwrap();

    network.revert("clean").await.unwrap();

    for client in [one, two] {
        assert_eq!(client.evaluate(&["get", "a"]).await.unwrap(), "");
        assert_eq!(
            network.height_of(&client.channel),
            Some(snapshot.heights[&client.channel])
        );
    }
}
