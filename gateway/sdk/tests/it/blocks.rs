//! Blocks recorded from real Fabric, and what is read out of them.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use fabric_gateway_sdk::{Block, HeaderType, ValidationCode};

use crate::sample;

fn recorded(version: &str) -> Vec<Block> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures")
        .join(version);
    let entries = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = entries
        .filter(|path| {
            path.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("block_")
        })
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| Block::from_bytes(fs::read(path).unwrap().into()).unwrap())
        .collect()
}

#[test]
fn recorded_chains_are_read_whole() {
    for (version, height) in [("fabric-3.1", 39), ("fabric-2.5", 44)] {
        let blocks = recorded(version);
        assert_eq!(blocks.len(), height, "{version}");
        for (number, block) in blocks.iter().enumerate() {
            assert_eq!(block.number(), number as u64);
            assert_eq!(block.data_hash().len(), 32);
            assert_eq!(block.validation_flags().len(), block.transaction_count());
            for transaction in block.transactions() {
                check(number, &transaction);
            }
        }
    }
}

#[track_caller]
fn check(number: usize, transaction: &fabric_gateway_sdk::BlockTransaction<'_>) {
    // Some recorded envelopes are malformed on purpose; none of them is valid.
    let Ok(summary) = transaction.decode() else {
        return assert!(!transaction.code().is_valid());
    };
    if !transaction.code().is_valid() {
        return;
    }
    let expected = if number == 0 {
        HeaderType::Config
    } else {
        summary.header_type
    };
    assert_eq!(summary.header_type, expected);
    assert!(summary.timestamp.is_some());
    // Nobody signs the first block.
    let Some(creator) = summary.creator else {
        return assert_eq!(number, 0);
    };
    assert!(creator.msp_id.ends_with("MSP"), "{}", creator.msp_id);
    assert!(
        creator
            .certificate_pem
            .starts_with(b"-----BEGIN CERTIFICATE-----")
    );
    if summary.header_type == HeaderType::EndorserTransaction {
        assert_eq!(summary.transaction_id.as_str().len(), 64);
    }
}

#[test]
fn recorded_blocks_have_all_kinds_of_verdicts_and_some_events() {
    let blocks = recorded("fabric-3.1");
    let transactions: Vec<_> = blocks.iter().flat_map(Block::transactions).collect();
    for code in [
        ValidationCode::VALID,
        ValidationCode::MVCC_READ_CONFLICT,
        ValidationCode::PHANTOM_READ_CONFLICT,
        ValidationCode::ENDORSEMENT_POLICY_FAILURE,
        ValidationCode::DUPLICATE_TXID,
    ] {
        assert!(
            transactions
                .iter()
                .any(|transaction| transaction.code() == code),
            "{code}"
        );
    }
    let events = transactions
        .iter()
        .filter_map(|transaction| transaction.decode().ok()?.event);
    assert!(events.count() > 0);
    assert!(
        blocks
            .iter()
            .filter(|block| block.commit_hash().is_some_and(|hash| hash.len() == 32))
            .count()
            > 30
    );
}

#[test]
fn summary_holds_what_the_headers_say() {
    let envelope = sample::envelope("a", Some("bonds"));
    let block = Block::from_bytes(sample::encode(&sample::block(
        9,
        vec![envelope.clone()],
        &[11],
    )))
    .unwrap();
    let transaction = block.transactions().next().unwrap();
    let summary = transaction.decode().unwrap();
    assert_eq!(
        (transaction.position(), transaction.envelope()),
        (0, &envelope)
    );
    assert_eq!(transaction.code(), ValidationCode::MVCC_READ_CONFLICT);
    assert_eq!(
        (summary.transaction_id.as_str(), summary.channel.as_str()),
        ("a", sample::CHANNEL)
    );
    let stamp = SystemTime::UNIX_EPOCH + Duration::new(1_700_000_000, 5);
    assert_eq!(summary.timestamp, Some(stamp));
    let creator = summary.creator.unwrap();
    assert_eq!(
        (creator.msp_id.as_str(), creator.certificate_pem.as_ref()),
        ("Org1MSP", sample::user().certificate_pem().as_bytes())
    );
    let event = summary.event.unwrap();
    assert_eq!(
        (
            event.block_number,
            event.chaincode.as_str(),
            event.payload.as_ref()
        ),
        (9, "bonds", &b"details"[..])
    );
}

#[test]
fn transaction_without_a_verdict_is_not_validated() {
    let block = Block::from_bytes(sample::encode(&sample::block(
        1,
        vec![sample::envelope("a", None)],
        &[],
    )))
    .unwrap();
    assert_eq!(
        block.transactions().next().unwrap().code(),
        ValidationCode::NOT_VALIDATED
    );
}

#[test]
fn parts_of_a_block_share_its_memory() {
    let bytes: Bytes = sample::encode(&sample::block(1, vec![sample::envelope("a", None)], &[0]));
    let block = Block::from_bytes(bytes.clone()).unwrap();
    let envelope = block
        .transactions()
        .next()
        .unwrap()
        .envelope()
        .as_ptr_range();
    let whole = bytes.as_ptr_range();
    assert!(whole.start <= envelope.start && envelope.end <= whole.end);
}
