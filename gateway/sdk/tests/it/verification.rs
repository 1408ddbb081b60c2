//! Chains recorded from real Fabric, decoded and proved through the SDK.

use std::path::Path;

use bytes::Bytes;
use fabric_gateway_sdk::Block;
use fabric_gateway_sdk::ledger::{ChainVerifier, Content};

fn chain(name: &str) -> Vec<Block> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures")
        .join(name);
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "pb"))
        .collect();
    paths.sort();
    let blocks = paths
        .into_iter()
        .map(|path| std::fs::read(path).unwrap().into());
    blocks
        .map(|bytes: Bytes| Block::from_bytes(bytes).unwrap())
        .collect()
}

#[test]
fn recorded_chain_is_proved_block_by_block() {
    let blocks = chain("fabric-3.1");
    assert_eq!(blocks.len(), 39);
    let mut verifier = ChainVerifier::new();
    for block in &blocks {
        let report = verifier.verify(block).unwrap();
        assert!(
            report.is_ok(),
            "block {}: {:?}",
            block.number(),
            report.problems()
        );
        assert_eq!(
            block.commit_hash().unwrap_or_default(),
            verifier.commit_hash()
        );
    }
}

#[test]
fn flipped_bit_in_a_block_is_a_problem() {
    let blocks = chain("fabric-3.1");
    let mut verifier = ChainVerifier::new();
    for block in &blocks[..10] {
        verifier.verify(block).unwrap();
    }
    let bytes = blocks[10].bytes();
    for position in (0..bytes.len()).step_by(97) {
        let mut bytes = bytes.to_vec();
        bytes[position] ^= 1;
        let Ok(block) = Block::from_bytes(bytes.into()) else {
            continue;
        };
        let proved = verifier
            .clone()
            .verify(&block)
            .is_ok_and(|report| report.is_ok());
        assert!(!proved, "byte {position}");
    }
}

#[test]
fn block_left_out_is_told() {
    let blocks = chain("fabric-3.1");
    let mut verifier = ChainVerifier::new();
    verifier.verify(&blocks[0]).unwrap();
    verifier.verify(&blocks[2]).unwrap_err();
}

#[test]
fn everything_in_a_block_is_decoded() {
    let (mut calls, mut configurations, mut private, mut events) = (0, 0, 0, 0);
    let mut endorsers = 0;
    for block in chain("fabric-3.1") {
        let decoded = block.decode().unwrap();
        assert!(decoded.data_hash_matches());
        assert_eq!(decoded.transactions.len(), block.transaction_count());
        for transaction in &decoded.transactions {
            match &transaction.content {
                Content::Endorsed(endorsed) => {
                    calls += 1;
                    events += usize::from(endorsed.event.is_some());
                    let sets = endorsed.rwset.namespaces.iter();
                    private += sets.map(|set| set.collections.len()).sum::<usize>();
                    endorsers += endorsed.endorsements.len();
                }
                Content::Config(_) => configurations += 1,
                Content::Malformed(_) => {}
            }
        }
    }
    assert!(endorsers > calls && calls > 50 && configurations > 0 && private > 0 && events > 0);
}
