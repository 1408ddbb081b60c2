//! Networks that a seed determines.

use bytes::Bytes;
use fabric_devnet::{ChannelSpec, Network, Ports};
use fabric_msp::layout;
use fabric_protos::common::{Block, Envelope};

use crate::support::{Client, EITHER, TestChaincode, deploy};

async fn seeded(seed: &str) -> Network {
    let builder = Network::builder().ephemeral().ports(Ports::Free).seed(seed);
    let channels = ["mychannel", "other"].map(ChannelSpec::new);
    builder.peers(2).channels(channels).start().await.unwrap()
}

async fn first_block(network: &Network, channel: &str) -> Block {
    let client = Client::user1(network).await.on_channel(channel);
    client.blocks(0, 0).await.remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_seed_makes_the_same_first_blocks() {
    let (one, two, other) = (seeded("a").await, seeded("a").await, seeded("b").await);
    assert_ne!(one.state().peers[0].address, two.state().peers[0].address);
    for channel in ["mychannel", "other"] {
        let block = first_block(&one, channel).await;
        assert_eq!(block, first_block(&two, channel).await);
        assert_ne!(block, first_block(&other, channel).await);
    }
    assert_ne!(
        first_block(&one, "mychannel").await,
        first_block(&one, "other").await
    );
    let user = |network: &Network| {
        let dir = layout::user_msp(network.organizations_dir(), 1, "User1");
        std::fs::read(dir.join("keystore/priv_sk")).unwrap()
    };
    assert_eq!(user(&one), user(&two));
}

/// Deploys and commits the same transactions; gives the hash of every block.
async fn run(
    network: &Network,
    chaincode: &TestChaincode,
    transactions: &mut Vec<(String, Envelope)>,
) -> Vec<Bytes> {
    deploy(network, chaincode, Some(EITHER)).await;
    let client = Client::user1(network).await;
    if transactions.is_empty() {
        for value in ["1", "2", "3"] {
            let proposed = client.propose("basic", &["put", "a", value]);
            let envelope = client.endorse(&proposed, &[]).await.unwrap();
            transactions.push((proposed.id, envelope));
        }
    }
    for (id, envelope) in transactions {
        client.submit_and_wait(id, envelope).await.unwrap();
    }
    let blocks = client.blocks(0, network.height() - 1).await;
    crate::support::verify(&blocks);
    let decoded = blocks
        .iter()
        .map(|block| fabric_ledger::block::decode(block).unwrap());
    decoded
        .map(|block| block.header_hash.to_vec().into())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_transactions_make_the_same_blocks() {
    let chaincode = TestChaincode::start().await;
    let mut transactions = Vec::new();

    let first = run(&seeded("a").await, &chaincode, &mut transactions).await;
    let second = run(&seeded("a").await, &chaincode, &mut transactions).await;

    assert!(first.len() >= 5);
    assert_eq!(first, second);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seeded_peer_endorses_the_same_proposal_with_the_same_bytes() {
    let chaincode = TestChaincode::start().await;
    let network = seeded("a").await;
    deploy(&network, &chaincode, Some(EITHER)).await;
    let client = Client::user1(&network).await;
    let proposed = client.propose("basic", &["put", "a", "1"]);
    let first = client.endorse(&proposed, &[]).await.unwrap();
    let second = client.endorse(&proposed, &[]).await.unwrap();
    assert_eq!(first.payload, second.payload);
}
