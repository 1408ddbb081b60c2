//! Private data collections, from the chaincode's request to what a block's reader is shown.

mod access;
mod commit;
mod definition;
mod delivery;
mod expiry;
mod policies;
mod purge;
mod queries;

use std::collections::BTreeMap;

use fabric_devnet::{CollectionConfig, Deployment, Network};
use fabric_protos::{
    kvrwset::KvrwSet,
    peer::{BlockAndPrivateData, DeliverResponse, deliver_response},
};
use prost::Message as _;
use tonic::Status;

use crate::support::{
    Client, EITHER, Setup, TestChaincode,
    client::{Committed, range},
    ephemeral,
};

/// Collections of two organisations, of one, of one and closed to others, for two blocks, and with
/// peers to spare.
const COLLECTIONS: &str = r#"[
  {"name": "shared", "policy": "OR('Org1MSP.member','Org2MSP.member')"},
  {"name": "own", "policy": "OR('Org1MSP.member')"},
  {"name": "closed", "policy": "OR('Org1MSP.member')", "memberOnlyRead": true, "memberOnlyWrite": true},
  {"name": "brief", "policy": "OR('Org1MSP.member','Org2MSP.member')", "blockToLive": 2},
  {"name": "both", "policy": "OR('Org1MSP.member','Org2MSP.member')",
   "endorsementPolicy": {"signaturePolicy": "AND('Org1MSP.peer','Org2MSP.peer')"}},
  {"name": "crowded", "policy": "OR('Org1MSP.member','Org2MSP.member')",
   "requiredPeerCount": 2, "maxPeerCount": 3}
]"#;

const ORG1: &[&str] = &["Org1MSP"];
const ORG2: &[&str] = &["Org2MSP"];

/// A network in memory with the test chaincode and its collections, and a client of each
/// organisation.
async fn started() -> (Setup, Client, Client) {
    let network = ephemeral().await;
    let chaincode = TestChaincode::start().await;
    deploy(&network, &chaincode).await;
    let one = Client::user1(&network).await;
    let two = Client::of(&network, 2).await;
    (Setup { network, chaincode }, one, two)
}

pub(crate) async fn deploy(network: &Network, chaincode: &TestChaincode) {
    let deployment = Deployment::new("basic", chaincode.address().to_string())
        .policy(EITHER)
        .collections(CollectionConfig::parse(COLLECTIONS).unwrap());
    network.deploy(deployment).await.unwrap();
}

/// Endorses with peers of these organisations, submits and waits.
async fn transact(
    client: &Client,
    organizations: &[&str],
    args: &[&str],
) -> Result<Committed, Status> {
    let proposed = client.propose("basic", args);
    let envelope = client.endorse(&proposed, organizations).await?;
    client.submit_and_wait(&proposed.id, &envelope).await
}

/// What the peer that the client is connected to answers, payload or message.
async fn ask(client: &Client, args: &[&str]) -> Result<String, String> {
    let proposed = client.propose("basic", args);
    let answer = client.endorser().process_proposal(proposed.signed).await;
    let response = answer.unwrap().into_inner().response.unwrap();
    match response.status {
        200 => Ok(String::from_utf8(response.payload.to_vec()).unwrap()),
        _ => Err(response.message),
    }
}

/// Checks how a request of the chaincode fails, but for the transaction's id.
#[track_caller]
fn assert_refused(answer: Result<String, String>, request: &str, reason: &str) {
    let text = answer.unwrap_err();
    assert!(
        text.starts_with(&format!("{request} failed: transaction ID: ")),
        "{text}"
    );
    assert!(text.ends_with(&format!(": {reason}")), "{text}");
}

/// Commits `count` blocks that do nothing.
async fn pass(client: &Client, count: usize) {
    for _ in 0..count {
        transact(client, ORG1, &["put", "tick", "tock"])
            .await
            .unwrap();
    }
}

/// A block with private data, as the client's peer delivers it.
async fn delivered(client: &Client, number: u64) -> BlockAndPrivateData {
    let request = tokio_stream::once(client.seek(&range(number, number)));
    let stream = client.deliver().deliver_with_private_data(request).await;
    let DeliverResponse { r#type } = stream
        .unwrap()
        .into_inner()
        .message()
        .await
        .unwrap()
        .unwrap();
    match r#type.unwrap() {
        deliver_response::Type::BlockAndPrivateData(block) => block,
        other => panic!("{other:?}"),
    }
}

/// What a block's private data says: `NAMESPACE/COLLECTION/KEY=VALUE`, by transaction.
async fn shown(client: &Client, number: u64) -> BTreeMap<u64, Vec<String>> {
    let map = delivered(client, number).await.private_data_map;
    let mut shown = BTreeMap::new();
    for (index, transaction) in map {
        let lines: &mut Vec<String> = shown.entry(index).or_default();
        for set in transaction.ns_pvt_rwset {
            for collection in set.collection_pvt_rwset {
                for write in KvrwSet::decode(collection.rwset).unwrap().writes {
                    lines.push(format!(
                        "{}/{}/{}={}",
                        set.namespace,
                        collection.collection_name,
                        write.key,
                        String::from_utf8_lossy(&write.value)
                    ));
                }
            }
        }
    }
    shown
}

/// The private data of a block's only transaction.
async fn shown_once(client: &Client, number: u64) -> Vec<String> {
    shown(client, number).await.remove(&0).unwrap_or_default()
}
