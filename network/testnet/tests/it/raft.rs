//! Several ordering nodes and several peers per organisation: real Fabric only. On the embedded network,
//! which has one process, the handles say so.

use fabric_gateway_sdk::admin::{ConsensusRelation, ParticipationStatus};
use fabric_testnet::fabric::{Options, RealFabric};
use fabric_testnet::{Chaincode, Error, NetworkKind, TestNetwork};

#[tokio::test(flavor = "multi_thread")]
async fn three_ordering_nodes_go_on_without_their_leader() {
    if NetworkKind::from_environment().unwrap() == NetworkKind::Embedded {
        let mut network = TestNetwork::start().await.unwrap();
        let refused = network.kill_orderer(0);
        assert!(matches!(refused, Err(Error::Unsupported { .. })));
        network.stop().await;
        return;
    }
    let options = Options {
        orderers: 3,
        organizations: 3,
        peers: 2,
        ..Options::default()
    };
    let mut network = RealFabric::start(options).await.unwrap();
    let channel = network.state().channel.clone();
    for place in 0..3 {
        let node = network.orderer_admin(place).unwrap();
        assert_eq!(node.channels().await.unwrap(), [&*channel]);
        let seen = node.channel(&channel).await.unwrap();
        assert_eq!(seen.relation, ConsensusRelation::Consenter);
        assert_eq!(seen.status, ParticipationStatus::Active);
    }
    let first = Chaincode::new("first", "127.0.0.1:9999");
    assert_eq!(network.deploy(&first).await.unwrap().sequence, 1);

    let leader = network.leading_orderer().await.unwrap();
    network.kill_orderer(leader).unwrap();
    let second = Chaincode::new("second", "127.0.0.1:9998");
    assert_eq!(network.deploy(&second).await.unwrap().sequence, 1);
    network.restart_orderer(leader).await.unwrap();

    network.kill();
    network.resume().await.unwrap();
    let moved = Chaincode::new("second", "127.0.0.1:9997");
    assert_eq!(network.deploy(&moved).await.unwrap().sequence, 1);
    let node = network.orderer_admin(0).unwrap();
    node.remove(&channel).await.unwrap();
    let error = node.channel(&channel).await.unwrap_err();
    assert!(error.is_unknown_channel(), "{error}");
}
