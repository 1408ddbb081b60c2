//! Networks of several channels, and of several peers per organisation.

use fabric_devnet::{Builder, ChannelSpec, Deployment, DevnetError, Fault, Network, Ports};
use fabric_ledger::ValidationCode;
use fabric_msp::{SigningIdentity, layout};
use fabric_protos::{
    common::Status as Outcome,
    orderer::{SeekInfo, deliver_response as ordered, seek_info::SeekBehavior},
    peer::deliver_response,
};
use tonic::Code;

use crate::support::{
    Client, DEPLOYED, EITHER, TestChaincode,
    client::{assert_fails, connect, orderer, range, specified, user},
    hold, release, wait,
};

const FIRST: &str = "peer0.org1.example.com";
const SECOND: &str = "peer1.org1.example.com";

/// The only peer of its organisation, so that no other stands in for it when it lags.
const OTHER: &str = "peer0.org2.example.com";

/// A client at any peer of the network.
async fn at(network: &Network, peer: &str, organization: usize, channel: &str) -> Client {
    let entry = network.peer(peer).unwrap();
    let connection = connect(entry.address, &entry.tls_ca).await;
    Client::over(connection, user(network, organization, "User1"), channel)
}

fn builder() -> Builder {
    Network::builder().ephemeral().ports(Ports::Free)
}

async fn deploy(network: &Network, chaincode: &TestChaincode, channel: &str, policy: &str) {
    let deployment = Deployment::new("basic", chaincode.address().to_string())
        .channel(channel)
        .policy(policy);
    network.deploy(deployment).await.unwrap();
}

async fn lag(network: &Network, blocks: usize) {
    let fault = Fault::Lag {
        peer: OTHER.to_owned(),
        channel: "mychannel".to_owned(),
        blocks,
    };
    network.inject(fault).await.unwrap();
}

/// Two peers in Org1 and one in Org2, with the test chaincode.
async fn two_peers(policy: &str) -> (Network, TestChaincode) {
    let network = builder().peers_of(1, 2).start().await.unwrap();
    let chaincode = TestChaincode::start().await;
    deploy(&network, &chaincode, "mychannel", policy).await;
    (network, chaincode)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn channels_share_peers_and_nothing_else() {
    let channels = ["one", "two"].map(ChannelSpec::new);
    let network = builder().channels(channels).start().await.unwrap();
    let chaincode = TestChaincode::start().await;
    for channel in ["one", "two"] {
        deploy(&network, &chaincode, channel, EITHER).await;
    }
    let one = Client::user1(&network).await;
    let two = one.on_channel("two");
    assert_eq!(one.channel, "one");

    let first = one.transact(&["put", "a", "1"]).await.unwrap();
    let second = two.transact(&["put", "a", "2"]).await.unwrap();

    assert_eq!((first.block, second.block), (DEPLOYED, DEPLOYED));
    assert_eq!(one.evaluate(&["get", "a"]).await.unwrap(), "1");
    assert_eq!(two.evaluate(&["get", "a"]).await.unwrap(), "2");
    one.transact(&["put", "a", "3"]).await.unwrap();
    assert_eq!(network.height_of("one"), Some(DEPLOYED + 2));
    assert_eq!(network.height_of("two"), Some(DEPLOYED + 1));
    let blocks = two.blocks(0, DEPLOYED).await;
    crate::support::verify(&blocks);
    tokio::select! {
        biased;
        status = two.status(&first.id) => panic!("{status:?}"),
        status = one.status(&first.id) => assert_eq!(status.unwrap().block_number, DEPLOYED),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orderer_serves_each_channel_by_its_name() {
    let channels = ["one", "two"].map(ChannelSpec::new);
    let network = builder().channels(channels).start().await.unwrap();
    let client = Client::user1(&network).await;
    for channel in ["one", "two"] {
        let request = client.on_channel(channel).seek(&range(0, 0));
        let stream = orderer(&network)
            .await
            .deliver(tokio_stream::once(request))
            .await;
        let block = stream.unwrap().into_inner().message().await.unwrap();
        let Some(ordered::Type::Block(block)) = block.unwrap().r#type else {
            panic!("no block");
        };
        let decoded = fabric_ledger::block::decode(&block).unwrap();
        let header = decoded.transactions[0].header.as_ref().unwrap();
        assert_eq!(header.channel, channel);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_members_of_a_channel_have_it() {
    let channels = [
        ChannelSpec::new("all"),
        ChannelSpec::new("first").organizations([1]),
    ];
    let network = builder().channels(channels).start().await.unwrap();
    let chaincode = TestChaincode::start().await;
    deploy(&network, &chaincode, "first", "OR('Org1MSP.peer')").await;
    let entry = &network.state().channels[1];
    assert_eq!(entry.organizations, ["Org1MSP"]);

    let member = at(&network, FIRST, 1, "first").await;
    member.transact(&["put", "a", "1"]).await.unwrap();
    let stranger = at(&network, "peer0.org2.example.com", 2, "first").await;

    assert_fails(
        stranger.evaluate(&["get", "a"]).await,
        Code::Unavailable,
        "failed to get config for channel [first]: could not get last config for channel first",
    );
    assert_fails(
        stranger.status("id").await,
        Code::PermissionDenied,
        "Failed to get policy manager for channel [first]",
    );
    assert_eq!(delivered(&stranger, 0).await, Err(Outcome::NotFound as i32));
    // A peer that has the channel knows no such client either.
    let intruder = at(&network, FIRST, 2, "first").await;
    assert_eq!(
        delivered(&intruder, 0).await,
        Err(Outcome::Forbidden as i32)
    );
}

/// One block from a client's peer, or the status that it gives for one that it does not have.
async fn delivered(client: &Client, number: u64) -> Result<u64, i32> {
    let request = client.seek(&SeekInfo {
        start: Some(specified(number)),
        stop: Some(specified(number)),
        behavior: SeekBehavior::FailIfNotReady.into(),
        ..Default::default()
    });
    let stream = client.deliver().deliver(tokio_stream::once(request)).await;
    let response = stream.unwrap().into_inner().message().await.unwrap();
    match response.unwrap().r#type.unwrap() {
        deliver_response::Type::Block(block) => Ok(block.header.unwrap().number),
        deliver_response::Type::Status(status) => Err(status),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_peer_of_an_organisation_serves() {
    let (network, _chaincode) = two_peers("AND('Org1MSP.peer','Org2MSP.peer')").await;
    let names: Vec<_> = network
        .state()
        .peers
        .iter()
        .map(|peer| &*peer.name)
        .collect();
    assert_eq!(names, [FIRST, "peer0.org2.example.com", SECOND]);

    let second = at(&network, SECOND, 1, "mychannel").await;
    let proposed = second.propose("basic", &["put", "a", "1"]);
    let envelope = second.endorse(&proposed, &[]).await.unwrap();
    let committed = second.submit_and_wait(&proposed.id, &envelope).await;

    assert_eq!(committed.unwrap().code, ValidationCode::VALID);
    let blocks = second.blocks(DEPLOYED, DEPLOYED).await;
    let payload = fabric_ledger::block::decode(&blocks[0]).unwrap();
    let endorsed = payload.transactions[0].endorsed().unwrap();
    let dir = layout::peer_msp(network.organizations_dir(), 1, 1);
    let identity = SigningIdentity::from_msp_dir(dir, "Org1MSP").unwrap();
    let mut endorsers = endorsed.endorsements.iter();
    assert!(
        endorsers.any(|endorsement| endorsement.endorser == identity.serialized()),
        "the gateway's own peer endorses"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_peer_answers_as_of_its_own_height() {
    let (network, _chaincode) = two_peers(EITHER).await;
    let (first, second) = (
        at(&network, FIRST, 1, "mychannel").await,
        at(&network, OTHER, 2, "mychannel").await,
    );
    first.transact(&["put", "a", "1"]).await.unwrap();
    hold(&network, OTHER).await;

    let committed = first.transact(&["put", "a", "2"]).await.unwrap();

    let heights = [FIRST, OTHER].map(|peer| network.peer_height(peer, "mychannel"));
    assert_eq!(heights, [Some(DEPLOYED + 2), Some(DEPLOYED + 1)]);
    assert_eq!(first.evaluate(&["get", "a"]).await.unwrap(), "2");
    assert_eq!(second.evaluate(&["get", "a"]).await.unwrap(), "1");
    assert_eq!(delivered(&second, DEPLOYED).await, Ok(DEPLOYED));
    let missing = delivered(&second, DEPLOYED + 1).await;
    assert_eq!(missing, Err(Outcome::NotFound as i32));
    let id = committed.id.clone();
    let waiting = {
        let second = second.clone();
        tokio::spawn(async move { second.status(&id).await.unwrap().block_number })
    };
    assert_eq!(
        first.status(&committed.id).await.unwrap().block_number,
        DEPLOYED + 1
    );
    assert!(!waiting.is_finished());
    // What it reads is out of date, and that is what becomes of a transaction on it.
    let stale = second.transact_at(&["append", "a", "x"]).await;
    release(&network, OTHER).await;
    assert_eq!(
        wait::within("the status", waiting).await.unwrap(),
        committed.block
    );
    let stale = second.status(&stale).await.unwrap();
    assert_eq!(
        ValidationCode::from_byte(u8::try_from(stale.result).unwrap()),
        ValidationCode::MVCC_READ_CONFLICT
    );
    assert_eq!(second.evaluate(&["get", "a"]).await.unwrap(), "2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peers_at_different_heights_do_not_endorse_the_same_result() {
    let (network, _chaincode) = two_peers("AND('Org1MSP.peer','Org2MSP.peer')").await;
    let client = Client::user1(&network).await;
    client.transact(&["put", "a", "1"]).await.unwrap();
    hold(&network, "peer0.org2.example.com").await;
    client.transact(&["put", "a", "2"]).await.unwrap();

    let refused = client.transact(&["append", "a", "x"]).await.unwrap_err();

    assert_eq!(refused.code(), Code::Aborted);
    let details = crate::support::client::details(&refused);
    assert_eq!(details[0].message, "ProposalResponsePayloads do not match");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lagging_peer_keeps_its_distance() {
    let (network, _chaincode) = two_peers(EITHER).await;
    let client = Client::user1(&network).await;
    let second = at(&network, OTHER, 2, "mychannel").await;
    let heights = |network: &Network| {
        let height = |peer| network.peer_height(peer, "mychannel").unwrap();
        (height(FIRST) - DEPLOYED, height(OTHER) - DEPLOYED)
    };
    lag(&network, 2).await;

    for (number, expected) in [(1, 0), (2, 0), (3, 1), (4, 2)].into_iter().enumerate() {
        let value = number.to_string();
        client.transact(&["put", "a", &value]).await.unwrap();
        // The client has heard from its own peer; the other one follows.
        wait::until("the peers have their heights", || async {
            heights(&network) == expected
        })
        .await;
    }

    assert_eq!(second.evaluate(&["get", "a"]).await.unwrap(), "1");
    hold(&network, OTHER).await;
    client.transact(&["put", "a", "4"]).await.unwrap();
    assert_eq!(heights(&network), (5, 2));
    lag(&network, 1).await;
    client.transact(&["put", "a", "5"]).await.unwrap();
    assert_eq!(heights(&network), (6, 5));
    release(&network, OTHER).await;
    assert_eq!(heights(&network), (6, 6));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn channels_and_peers_survive_a_restart_and_more_channels_can_be_added() {
    let dir = tempfile::tempdir().unwrap();
    let chaincode = TestChaincode::start().await;
    let with = |channels: &[&str]| {
        let channels = channels.iter().map(|name| ChannelSpec::new(*name));
        let channels: Vec<_> = channels.collect();
        let builder = Network::builder().dir(dir.path()).ports(Ports::Free);
        builder.peers(2).channels(channels)
    };
    let network = with(&["one", "two"]).start().await.unwrap();
    deploy(&network, &chaincode, "two", EITHER).await;
    let client = at(&network, SECOND, 1, "two").await;
    client.transact(&["put", "a", "1"]).await.unwrap();
    let before = network.state().clone();
    network.shutdown().await;

    let network = with(&["one", "two", "three"]).start().await.unwrap();

    assert_eq!(network.state().peers, before.peers);
    let client = at(&network, SECOND, 1, "two").await;
    assert_eq!(client.evaluate(&["get", "a"]).await.unwrap(), "1");
    assert_eq!(network.height_of("three"), Some(1));
    network.shutdown().await;

    let fewer = with(&["one", "two"]).start().await.unwrap_err();
    assert!(fewer.to_string().contains("`three`"), "{fewer}");
    let members = with(&["one", "two", "three"]).channels([
        ChannelSpec::new("one").organizations([1]),
        ChannelSpec::new("two"),
        ChannelSpec::new("three"),
    ]);
    let members = members.start().await.unwrap_err();
    assert!(matches!(members, DevnetError::OtherNetwork(_)), "{members}");
    let peers = with(&["one", "two", "three"]).peers(3).start().await;
    let peers = peers.unwrap_err().to_string();
    assert!(peers.contains("Org1MSP has only 2 peers"), "{peers}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topology_that_makes_no_sense_is_refused_by_name() {
    let check = async |builder: Builder, expected: &str| {
        let error = builder.start().await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(builder().peers(0), "0 peers").await;
    check(builder().peers(21), "21 peers").await;
    check(builder().peers_of(3, 1), "organisation 3").await;
    check(builder().channels([]), "0 channels").await;
    check(builder().channel("My_Channel"), "`My_Channel`").await;
    let twice = ["one", "one"].map(ChannelSpec::new);
    check(builder().channels(twice), "`one` is asked for twice").await;
    let fourth = [ChannelSpec::new("one").organizations([4])];
    check(builder().channels(fourth), "organisation 4").await;
}
