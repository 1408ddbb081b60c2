//! Real channels, recorded from Fabric 3.1 and 2.5: their organisations set up, and every
//! signature on their transactions verifies.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use fabric_msp::{Msp, MspManager};
use fabric_protos::common::{
    Block, ChannelHeader, Config, ConfigEnvelope, ConfigGroup, Envelope, HeaderType, Payload,
    SignatureHeader,
};
use fabric_protos::msp::{FabricMspConfig, MspConfig};
use fabric_protos::peer::{ChaincodeActionPayload, Transaction};
use prost::Message;

fn blocks(recording: &str) -> Vec<Block> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures")
        .join(recording);
    let mut files: Vec<PathBuf> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "pb" || extension == "block")
    });
    files.sort();
    files
        .iter()
        .map(|path| Block::decode(&*fs::read(path).unwrap()).unwrap())
        .collect()
}

fn envelopes(block: &Block) -> impl Iterator<Item = Envelope> {
    let data = block.data.iter().flat_map(|data| &data.data);
    data.filter_map(|bytes| Envelope::decode(bytes.clone()).ok())
}

fn channel_config(genesis: &Block) -> Config {
    let envelope = envelopes(genesis).next().unwrap();
    let payload = Payload::decode(envelope.payload).unwrap();
    ConfigEnvelope::decode(payload.data)
        .unwrap()
        .config
        .unwrap()
}

fn definitions(group: &ConfigGroup) -> Vec<FabricMspConfig> {
    let own = group.values.get("MSP").map(|value| {
        let envelope = MspConfig::decode(value.value.clone()).unwrap();
        FabricMspConfig::decode(envelope.config).unwrap()
    });
    own.into_iter()
        .chain(group.groups.values().flat_map(definitions))
        .collect()
}

/// How many signatures there were.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    creators: usize,
    endorsements: usize,
    /// Endorsements whose signature is wrong on purpose.
    refused: usize,
}

/// Checks every signature that can be read.
fn check_signatures(manager: &MspManager, block: &Block, counts: &mut Counts) {
    for envelope in envelopes(block) {
        let Some((header, data)) = endorser_transaction(&envelope) else {
            continue;
        };
        let creator = manager.identity(&header.creator).unwrap();
        creator
            .verify(&envelope.payload, &envelope.signature)
            .unwrap();
        counts.creators += 1;
        check_endorsements(manager, &data, counts);
    }
}

fn endorser_transaction(envelope: &Envelope) -> Option<(SignatureHeader, Bytes)> {
    let payload = Payload::decode(envelope.payload.clone()).ok()?;
    let header = payload.header?;
    let channel = ChannelHeader::decode(header.channel_header).ok()?;
    let is_transaction = channel.r#type == i32::from(HeaderType::EndorserTransaction);
    let signer = SignatureHeader::decode(header.signature_header).ok()?;
    is_transaction.then_some((signer, payload.data))
}

fn check_endorsements(manager: &MspManager, transaction: &[u8], counts: &mut Counts) {
    let transaction = Transaction::decode(transaction).unwrap_or_default();
    for action in transaction.actions {
        let payload = ChaincodeActionPayload::decode(action.payload).unwrap_or_default();
        let endorsed = payload.action.unwrap_or_default();
        for endorsement in endorsed.endorsements {
            let endorser = manager.identity(&endorsement.endorser).unwrap();
            let message = [
                &endorsed.proposal_response_payload[..],
                &endorsement.endorser,
            ]
            .concat();
            match endorser.verify(&message, &endorsement.signature) {
                Ok(()) => counts.endorsements += 1,
                Err(_) => counts.refused += 1,
            }
        }
    }
}

#[track_caller]
fn check_recording(recording: &str, msp_ids: &[&str], expected: &Counts) {
    let blocks = blocks(recording);
    let definitions = definitions(&channel_config(&blocks[0]).channel_group.unwrap());
    let msps = definitions
        .iter()
        .map(|definition| Msp::from_config(definition).unwrap());
    let msps: Vec<_> = msps.collect();
    for (msp, definition) in msps.iter().zip(&definitions) {
        assert_eq!(msp.to_config(), *definition);
    }
    let mut names: Vec<_> = msps.iter().map(|msp| msp.id().to_owned()).collect();
    names.sort();
    assert_eq!(names, msp_ids);

    let manager = MspManager::new(msps);
    let mut counts = Counts::default();
    for block in &blocks {
        check_signatures(&manager, block, &mut counts);
    }
    assert_eq!(counts, *expected);
}

#[test]
fn signatures_of_fabric_3_1_verify() {
    // The two: a broken signature, and a response changed after endorsement.
    let expected = Counts {
        creators: 95,
        endorsements: 106,
        refused: 2,
    };
    check_recording(
        "fabric-3.1",
        &["OrdererMSP", "Org1MSP", "Org2MSP"],
        &expected,
    );
}

#[test]
fn signatures_of_fabric_2_5_verify() {
    // The recording's description counts six broken signatures.
    let expected = Counts {
        creators: 354,
        endorsements: 677,
        refused: 6,
    };
    check_recording(
        "fabric-2.5",
        &["OrdererMSP", "Org1MSP", "Org2MSP", "Org3MSP"],
        &expected,
    );
}
