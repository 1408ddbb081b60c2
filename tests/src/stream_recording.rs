//! Recordings of the chaincode stream: what a peer and a chaincode said to each other, transaction by
//! transaction, and what came of it. A network that is Fabric says the same.

use std::collections::BTreeMap;

use bytes::Bytes;
use fabric_ledger::ValidationCode;
use fabric_ledger::rwset::TxRwset;
use fabric_protos::peer::chaincode_message::Type;
use fabric_protos::peer::{
    ChaincodeMessage, QueryResponse, QueryStateClose, QueryStateNext, Response,
};
use fabric_protos::queryresult::KeyModification;
use fabric_testnet::probe::{Frame, Op, Probe, argument};
use prost::Message as _;
use serde::{Deserialize, Serialize};

use crate::probes::ProbedNetwork;
use crate::wire::{Call, chaincode_action};

/// What a transaction does, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What it shows.
    pub label: String,
    /// What the chaincode does.
    pub script: Vec<Op>,
    /// Every message of the transaction, in order.
    pub frames: Vec<Message>,
    /// Status of the response.
    pub status: i32,
    /// The read-write set, with versions as step numbers.
    pub results: serde_json::Value,
    /// The validation code.
    pub code: String,
}

/// A message, without what differs from run to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Whether the chaincode sent it.
    pub to_peer: bool,
    /// Name of the type.
    pub r#type: String,
    /// The payload, in hexadecimal.
    pub payload: String,
}

/// Runs scripts one after the other on Org1's peer, each a transaction and a block of its own.
///
/// # Panics
/// Where the network refuses a transaction.
pub async fn play(
    network: &ProbedNetwork,
    probe: &Probe,
    scripts: Vec<(String, Vec<Op>)>,
) -> Vec<Step> {
    let client = network.client(1, "User1");
    let mut steps = Vec::new();
    let mut blocks = BTreeMap::new();
    let mut ids = Vec::new();
    for (number, (label, script)) in scripts.into_iter().enumerate() {
        let call = Call::new("probe", [Bytes::from(argument(&script))]);
        let proposed = client.propose(&call);
        let answer = client.process(1, &proposed.signed).await;
        let answer = answer.expect("the peer answers");
        ids.push((proposed.id.clone(), format!("{number:0>64}")));
        let action = chaincode_action(&answer.payload).unwrap_or_default();
        let results = TxRwset::decode(action.results).expect("a read-write set");
        let mut results = serde_json::to_value(results).expect("a set can be written");
        rename_versions(&mut results, &blocks);
        let code = match &answer.endorsement {
            None => "not endorsed".to_owned(),
            Some(_) => {
                let envelope = client.assemble(&proposed, std::slice::from_ref(&answer));
                let since = client.newest(1).await;
                let sent = client.broadcast(vec![envelope.clone()]).await;
                assert!(
                    sent.expect("the orderer answers")
                        .iter()
                        .all(|one| one.status == 200)
                );
                let placed = client.find(1, since, &[envelope]).await[0];
                blocks.insert(placed.block, number);
                ValidationCode::from_byte(placed.code).to_string()
            }
        };
        let frames = probe.transcript(&proposed.id).into_iter();
        steps.push(Step {
            label,
            script,
            frames: frames.map(|frame| readable(&frame, &ids)).collect(),
            status: answer.response.unwrap_or_default().status,
            results,
            code,
        });
    }
    steps
}

/// Block numbers depend on how the chaincode was deployed: versions count the steps instead.
fn rename_versions(value: &mut serde_json::Value, blocks: &BTreeMap<u64, usize>) {
    match value {
        serde_json::Value::Array(values) => values
            .iter_mut()
            .for_each(|one| rename_versions(one, blocks)),
        serde_json::Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                match (name.as_str(), field["block_number"].as_u64()) {
                    ("version", Some(block)) => {
                        *field = blocks
                            .get(&block)
                            .map_or("before".into(), |step| format!("step {step}").into());
                    }
                    _ => rename_versions(field, blocks),
                }
            }
        }
        _ => {}
    }
}

fn readable(frame: &Frame, ids: &[(String, String)]) -> Message {
    let ChaincodeMessage { payload, .. } = &frame.message;
    let r#type = frame.message.r#type();
    let payload = match r#type {
        // It holds the answers again, with the ids of other steps.
        Type::Completed => without_ids(&response(payload), ids),
        Type::Response | Type::Error => without_ids(&rows(payload), ids),
        Type::QueryStateNext => QueryStateNext {
            id: "query".to_owned(),
        }
        .encode_to_vec(),
        Type::QueryStateClose => QueryStateClose {
            id: "query".to_owned(),
        }
        .encode_to_vec(),
        _ => payload.to_vec(),
    };
    Message {
        to_peer: frame.to_peer,
        r#type: r#type.as_str_name().to_owned(),
        payload: hex::encode(payload),
    }
}

fn response(payload: &Bytes) -> Vec<u8> {
    let response = Response::decode(payload.clone());
    response
        .map(|response| response.encode_to_vec())
        .unwrap_or_default()
}

/// Results of a query without the query's name and without times.
fn rows(payload: &Bytes) -> Vec<u8> {
    let Ok(mut response) = QueryResponse::decode(payload.clone()) else {
        return payload.to_vec();
    };
    if response.id.is_empty() || response.encode_to_vec() != *payload {
        return payload.to_vec();
    }
    "query".clone_into(&mut response.id);
    for row in &mut response.results {
        if let Ok(change) = KeyModification::decode(row.result_bytes.clone())
            && change.tx_id.len() == 64
        {
            let timeless = KeyModification {
                timestamp: None,
                ..change
            };
            row.result_bytes = timeless.encode_to_vec().into();
        }
    }
    response.encode_to_vec()
}

/// Transaction ids, which are all of one length, by number.
fn without_ids(bytes: &[u8], ids: &[(String, String)]) -> Vec<u8> {
    let mut text = hex::encode(bytes);
    for (id, alias) in ids {
        text = text.replace(&hex::encode(id), &hex::encode(alias));
    }
    hex::decode(text).expect("hexadecimal")
}
