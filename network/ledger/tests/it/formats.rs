//! Bytes that others wrote come back as they were.

use bytes::Bytes;
use fabric_ledger::block::{decode, decode_bytes, header_bytes};
use fabric_ledger::chain::ChainVerifier;
use fabric_ledger::lifecycle::{self, Lookup};
use fabric_ledger::rwset::TxRwset;
use fabric_ledger::state::State;
use fabric_ledger::{ValidationCode, Version, composite_key};
use fabric_protos::common::{BlockHeader, Envelope, Payload};
use fabric_protos::peer;
use prost::Message;

use crate::recorded::Chain;

#[test]
fn recorded_rwsets_reencode_to_the_same_bytes() {
    let mut count = 0;
    for chain in Chain::ALL {
        for block in chain.blocks() {
            for envelope in &block.data.unwrap().data {
                let Some(results) = results(envelope.clone()) else {
                    continue;
                };
                let rwset = TxRwset::decode(results.clone()).unwrap();
                assert_eq!(rwset.encode(), results);
                count += 1;
            }
        }
    }
    assert!(count > 400, "{count} read-write sets");
}

/// The bytes of the read-write set in an envelope that is well formed.
fn results(envelope: Bytes) -> Option<Bytes> {
    let envelope = Envelope::decode(envelope).ok()?;
    let payload = Payload::decode(envelope.payload).ok()?;
    let transaction = peer::Transaction::decode(payload.data).ok()?;
    let action = transaction.actions.into_iter().next()?;
    let payload = peer::ChaincodeActionPayload::decode(action.payload).ok()?;
    let response = payload.action?.proposal_response_payload;
    let response = peer::ProposalResponsePayload::decode(response).ok()?;
    let action = peer::ChaincodeAction::decode(response.extension).ok()?;
    (!action.results.is_empty()).then_some(action.results)
}

#[test]
fn decoded_blocks_serialise() {
    for chain in Chain::ALL {
        for number in 0..chain.length() {
            let block = decode_bytes(chain.block_bytes(number)).unwrap();
            let json = serde_json::to_value(&block).unwrap();
            assert_eq!(json["number"], number);
        }
    }
}

#[test]
fn the_decoded_block_shows_what_the_client_and_the_chaincode_said() {
    let block = decode(&Chain::Fabric31.block(30)).unwrap();
    let transaction = &block.transactions[0];
    let header = transaction.header.as_ref().unwrap();
    assert_eq!(header.channel, "holdout");
    let endorsed = transaction.endorsed().unwrap();
    assert_eq!(endorsed.chaincode.name, "hcc");
    assert_eq!(endorsed.chaincode.arguments[0], "event");
    assert_eq!(endorsed.event.as_ref().unwrap().chaincode, "hcc");
    assert_eq!(endorsed.status, 200);
}

#[test]
fn a_chaincode_definition_is_written_as_fabric_writes_it() {
    for (chain, name) in [(Chain::Fabric31, "hcc"), (Chain::Fabric25, "rcc")] {
        let mut verifier = ChainVerifier::new();
        for block in chain.blocks() {
            verifier.feed(&block).unwrap();
        }
        let state = verifier.state();
        let Lookup::Defined(definition) = lifecycle::definition(state, name).unwrap() else {
            panic!("{name} is not defined");
        };
        assert_eq!(definition.sequence, 2);
        for (key, value) in definition.entries(name) {
            let committed = state.get(lifecycle::NAMESPACE, &key).unwrap().unwrap();
            assert_eq!(committed.value, value, "{key}");
        }
    }
}

#[test]
fn header_numbers_are_asn1_integers() {
    let number = |number: u64| {
        let header = BlockHeader {
            number,
            ..Default::default()
        };
        hex::encode(header_bytes(&header))
    };
    assert_eq!(number(0), "3007020100".to_owned() + "04000400");
    assert_eq!(number(127), "300702017f04000400");
    assert_eq!(number(128), "30080202008004000400");
    assert_eq!(number(u64::MAX), "300f020900ffffffffffffffff04000400");
}

#[test]
fn versions_come_back_from_their_bytes() {
    for (block, transaction) in [(0, 0), (1, 255), (256, 65_536), (u64::MAX, u64::MAX)] {
        let version = Version::new(block, transaction);
        assert_eq!(Version::from_bytes(&version.to_bytes()), Some(version));
    }
    assert_eq!(Version::new(256, 0).to_bytes(), [2, 1, 0, 0]);
    for bad in [&[][..], &[1], &[9, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[0, 0, 0]] {
        assert_eq!(Version::from_bytes(bad), None);
    }
}

#[test]
fn composite_keys_split_into_what_was_joined() {
    let key = composite_key::join("owner", ["alice", "", "ü"]).unwrap();
    assert_eq!(key, "\0owner\0alice\0\0ü\0");
    let parts = composite_key::split(&key).unwrap();
    assert_eq!(parts, ("owner", vec!["alice", "", "ü"]));
    let (start, end) = composite_key::range("owner", ["alice"]).unwrap();
    assert!(start <= key && key < end);
    for bad in ["", "owner", "\0owner", "\0\0"] {
        assert_eq!(composite_key::split(bad), None, "{bad:?}");
    }
    composite_key::join("", ["a"]).unwrap_err();
    composite_key::join("owner", ["a\0b"]).unwrap_err();
    composite_key::join("owner", ["\u{10FFFF}"]).unwrap_err();
}

#[test]
fn codes_have_fabrics_names() {
    let name = "PHANTOM_READ_CONFLICT";
    assert_eq!(ValidationCode::PHANTOM_READ_CONFLICT.to_string(), name);
    let code = ValidationCode::from_name(name);
    assert_eq!(code, Some(ValidationCode::PHANTOM_READ_CONFLICT));
    assert_eq!(ValidationCode::from_byte(99).to_string(), "code 99");
}
