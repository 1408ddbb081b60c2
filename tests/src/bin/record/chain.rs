//! Makes the transactions of the workload on a real network of three organisations, and keeps every
//! block, with the codes and commit hashes of its peers.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use e2e::probes::{ProbedNetwork, Shape};
use e2e::wire::{Call, Client};
use fabric_ledger::ValidationCode;
use fabric_protos::common::{Block, BlockMetadataIndex, Envelope, Metadata};
use fabric_testnet::probe::{Probe, argument};
use fabric_testnet::{Chaincode, Compat, NetworkKind};
use prost::Message as _;
use serde_json::{Value, json};

use crate::workload::{Planned, rounds};

const ORGANIZATIONS: u16 = 3;
/// Long enough for a round to come into one block.
const BATCH_TIMEOUT: Duration = Duration::from_millis(500);
const COLLECTIONS: &str = include_str!("collections.json");
/// Chaincodes with their policies; none is the channel's.
const CHAINCODES: [(&str, Option<&str>); 4] = [
    (
        "nested",
        Some(
            "OutOf(2,'Org1MSP.peer',OutOf(1,'Org2MSP.peer','Org3MSP.peer'),AND('Org2MSP.peer','Org3MSP.peer'))",
        ),
    ),
    (
        "deep",
        Some(
            "OR(AND('Org1MSP.peer',OR('Org2MSP.peer',AND('Org3MSP.peer','Org1MSP.member'))),OutOf(2,'Org3MSP.peer',OutOf(1,'Org2MSP.client','Org2MSP.peer'),'Org1MSP.admin'))",
        ),
    ),
    ("majority", None),
    (
        "private",
        Some("OR('Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')"),
    ),
];

/// Records a chain into a folder.
pub(crate) async fn record(folder: &Path) {
    let shape = Shape::new(ORGANIZATIONS, BATCH_TIMEOUT, Compat::default());
    let network = ProbedNetwork::start(NetworkKind::Fabric, shape).await;
    let mut probes: Vec<Probe> = Vec::new();
    for (name, policy) in CHAINCODES {
        let definition = |address| {
            let chaincode = Chaincode::new(name, address);
            let chaincode = policy.map_or(chaincode.clone(), |policy| chaincode.policy(policy));
            if name == "private" {
                chaincode.collections(COLLECTIONS)
            } else {
                chaincode
            }
        };
        probes.push(network.deploy(definition).await);
    }
    let mut labels = Vec::new();
    for round in rounds() {
        labels.extend(run(&network, &round).await);
    }
    keep(&network, folder, &labels).await;
}

/// Simulates a round, has it ordered, and gives a label for each of its transactions.
async fn run(network: &ProbedNetwork, round: &[Planned]) -> Vec<Value> {
    let observer = network.client(1, "User1");
    let since = observer.newest(1).await;
    let mut envelopes = Vec::new();
    let mut ids = Vec::new();
    for planned in round {
        let (id, envelope) = simulate(network, planned).await;
        envelopes.push(envelope);
        ids.push(id);
    }
    let answers = observer.broadcast(envelopes.clone()).await;
    assert!(
        answers
            .expect("the orderer answers")
            .iter()
            .all(|answer| answer.status == 200)
    );
    let placed = observer.find(1, since, &envelopes).await;
    for organization in 2..=usize::from(ORGANIZATIONS) {
        assert_eq!(observer.find(organization, since, &envelopes).await, placed);
    }
    let placed = round.iter().zip(ids).zip(placed);
    placed
        .map(|((planned, id), place)| {
            json!({
                "block": place.block, "tx": place.index, "txid": id,
                "code": ValidationCode::from_byte(place.code).to_string(),
                "chaincode": planned.chaincode, "label": planned.label, "script": planned.script,
            })
        })
        .collect()
}

async fn simulate(network: &ProbedNetwork, planned: &Planned) -> (String, Envelope) {
    let client: Client = network.client(planned.creator, "User1");
    let call = Call::new(planned.chaincode, [Bytes::from(argument(&planned.script))]);
    let proposed = client.propose(&call);
    let mut responses = Vec::new();
    for &organization in &planned.endorsers {
        let response = client.process(organization, &proposed.signed).await;
        responses.push(response.expect("the peer answers"));
    }
    (proposed.id.clone(), client.assemble(&proposed, &responses))
}

/// Writes blocks, codes, commit hashes and labels; the peers of all organisations must agree.
async fn keep(network: &ProbedNetwork, folder: &Path, labels: &[Value]) {
    let client = network.client(1, "User1");
    let last = client.newest(1).await;
    let blocks = client.blocks(1, 0, last).await;
    for organization in 2..=usize::from(ORGANIZATIONS) {
        assert_eq!(
            client.blocks(organization, 0, last).await,
            blocks,
            "all peers keep the same"
        );
    }
    std::fs::create_dir_all(folder).expect("the folder can be made");
    let (mut codes, mut hashes) = (BTreeMap::new(), BTreeMap::new());
    for block in &blocks {
        let number = block.header.as_ref().map_or(0, |header| header.number);
        let filter = metadata(block, BlockMetadataIndex::TransactionsFilter);
        let names = filter
            .iter()
            .map(|&code| ValidationCode::from_byte(code).to_string());
        codes.insert(number, names.collect::<Vec<_>>());
        let hash = metadata(block, BlockMetadataIndex::CommitHash);
        let hash = Metadata::decode(hash).expect("metadata").value;
        hashes.insert(number, (!hash.is_empty()).then(|| hex::encode(hash)));
        let path = folder.join(format!("block_{number:03}.block"));
        std::fs::write(path, block.encode_to_vec()).expect("a block can be written");
    }
    let write = |name: &str, value: Value| {
        let text = serde_json::to_string_pretty(&value).expect("it can be written as JSON");
        std::fs::write(folder.join(name), text + "\n").expect("a file can be written");
    };
    write("codes.json", json!(codes));
    write("commit_hashes.json", json!(hashes));
    write("transactions.json", json!(labels));
    println!(
        "{} blocks, {} transactions in {}",
        blocks.len(),
        labels.len(),
        folder.display()
    );
}

fn metadata(block: &Block, index: BlockMetadataIndex) -> Bytes {
    let all = block.metadata.as_ref();
    let entry = all.and_then(|all| all.metadata.get(index as usize));
    entry.cloned().unwrap_or_default()
}
