//! What the tests share: a network, a raw client, a small chaincode.

pub(crate) mod admin;
pub(crate) mod chaincode;
pub(crate) mod client;
pub(crate) mod configuration;
pub(crate) mod system;
pub(crate) mod wait;

use std::path::Path;

use fabric_devnet::{Deployment, Fault, Network, Ports};
use fabric_ledger::chain::{ChainVerifier, Evidence};
use fabric_protos::common::Block;

pub(crate) use chaincode::TestChaincode;
pub(crate) use client::Client;

/// A policy that one endorsement of any of the two organisations satisfies.
pub(crate) const EITHER: &str = "OR('Org1MSP.peer','Org2MSP.peer')";

/// Blocks of a channel of two organisations on which one chaincode was deployed: the channel's
/// first, an approval of each organisation, the commit.
pub(crate) const DEPLOYED: u64 = 4;

/// A network with the test chaincode as `basic`.
pub(crate) struct Setup {
    pub(crate) network: Network,
    pub(crate) chaincode: TestChaincode,
}

/// A network in memory.
pub(crate) async fn ephemeral() -> Network {
    Network::builder()
        .ephemeral()
        .ports(Ports::Free)
        .start()
        .await
        .unwrap()
}

/// A network in a folder.
pub(crate) async fn in_folder(dir: &Path) -> Network {
    Network::builder()
        .dir(dir)
        .ports(Ports::Free)
        .start()
        .await
        .unwrap()
}

/// A network in memory with the test chaincode under this policy.
pub(crate) async fn setup(policy: Option<&str>) -> Setup {
    let network = ephemeral().await;
    let chaincode = TestChaincode::start().await;
    deploy(&network, &chaincode, policy).await;
    Setup { network, chaincode }
}

/// Deploys the test chaincode as `basic`.
pub(crate) async fn deploy(network: &Network, chaincode: &TestChaincode, policy: Option<&str>) {
    let mut deployment = Deployment::new("basic", chaincode.address().to_string());
    deployment.policy = policy.map(str::to_owned);
    network.deploy(deployment).await.unwrap();
}

/// Keeps a peer at its height of the usual channel.
pub(crate) async fn hold(network: &Network, peer: &str) {
    let (peer, channel) = (peer.to_owned(), "mychannel".to_owned());
    network.inject(Fault::Hold { peer, channel }).await.unwrap();
}

/// Lets a peer catch up.
pub(crate) async fn release(network: &Network, peer: &str) {
    let (peer, channel) = (peer.to_owned(), "mychannel".to_owned());
    let fault = Fault::Release { peer, channel };
    network.inject(fault).await.unwrap();
}

/// Feeds every block of the network to the chain verifier, which must find nothing.
pub(crate) async fn verify_chain(network: &Network) {
    let height = network.height();
    let blocks = Client::user1(network).await.blocks(0, height - 1).await;
    assert_eq!(u64::try_from(blocks.len()).unwrap(), height);
    verify(&blocks);
}

/// Feeds a peer's blocks to the chain verifier, which must find nothing.
pub(crate) fn verify(blocks: &[Block]) {
    verify_as(Evidence::Validated, blocks);
}

/// Feeds blocks that carry this evidence to the chain verifier, which must find nothing.
pub(crate) fn verify_as(evidence: Evidence, blocks: &[Block]) {
    let mut verifier = ChainVerifier::of(evidence);
    for block in blocks {
        let report = verifier.feed(block).unwrap();
        assert!(report.is_ok(), "{report:?}");
    }
}
