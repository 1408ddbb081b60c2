//! The recorded chaincode stream, played again: the same requests get the same answers, and the
//! transactions the same read-write sets and codes.

use std::path::PathBuf;
use std::time::Duration;

use e2e::probes::{ProbedNetwork, Shape};
use e2e::stream_recording::{Step, play};
use fabric_protos::peer::ChaincodeAdditionalParams;
use fabric_protos::peer::chaincode_message::Type;
use fabric_testnet::probe::Frame;
use fabric_testnet::{Chaincode, Compat};
use prost::Message as _;

use crate::case::observe;
use crate::suite;

/// Each transaction is a block of its own.
const BATCH_TIMEOUT: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread")]
async fn recorded_stream_is_answered_as_recorded() {
    for &compat in suite::versions(suite::kind()) {
        replay(compat).await;
    }
}

async fn replay(compat: Compat) {
    let shape = Shape::new(2, BATCH_TIMEOUT, compat);
    let network = ProbedNetwork::start(suite::kind(), shape).await;
    let policy = "OR('Org1MSP.peer','Org2MSP.peer')";
    let definition = |address| Chaincode::new("probe", address).policy(policy);
    let probe = network.deploy(definition).await;
    let recorded = recording(&format!("fabric-{}.json", network.compat));
    assert!(recorded.len() > 20, "{} transactions", recorded.len());
    let scripts = recorded
        .iter()
        .map(|step| (step.label.clone(), step.script.clone()));

    let played = play(&network, &probe, scripts.collect()).await;

    let complaints: Vec<String> = recorded
        .iter()
        .zip(&played)
        .filter_map(|(there, here)| difference(there, here))
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

fn recording(file: &str) -> Vec<Step> {
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/streams");
    let path = fixtures.join(file);
    let text = std::fs::read(&path);
    let text = text.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).expect("a recording")
}

/// The first difference between a step here and there.
fn difference(there: &Step, here: &Step) -> Option<String> {
    let label = &there.label;
    let frames = there.frames.iter().zip(&here.frames);
    for (number, (there, here)) in frames.enumerate() {
        if there != here {
            let bytes = [there, here].map(|message| {
                let bytes = hex::decode(&message.payload).unwrap_or_default();
                format!("{} {}", message.r#type, bytes.escape_ascii())
            });
            return Some(format!(
                "{label}, message {number}:\n- recorded {}\n+ here     {}",
                bytes[0], bytes[1]
            ));
        }
    }
    let results = |step: &Step| {
        let set = serde_json::to_string(&step.results).unwrap_or_default();
        format!(
            "{} messages, {} {} {set}",
            step.frames.len(),
            step.status,
            step.code
        )
    };
    (there != here).then(|| {
        format!(
            "{label}:\n- recorded {}\n+ here     {}",
            results(there),
            results(here)
        )
    })
}

#[test]
fn chaincode_that_registers_is_told_what_the_peer_can_do() {
    observe("handshake", async |case| {
        let probe = case.probe("greeted").await;
        case.evaluate("a call", "greeted", &[]).await;
        let frames = probe.transcript("").into_iter();
        let first: Vec<_> = frames.filter(|frame| frame.stream == 0).collect();
        for Frame {
            to_peer, message, ..
        } in first
        {
            let from = if to_peer { "chaincode" } else { "peer" };
            let payload = match message.r#type() {
                Type::Register => "its id".to_owned(),
                _ => format!(
                    "{:?}",
                    ChaincodeAdditionalParams::decode(message.payload.clone())
                ),
            };
            let what = format!("{from} says {}", message.r#type().as_str_name());
            case.note(&what, payload);
        }
        Ok(())
    });
}
