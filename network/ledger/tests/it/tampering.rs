//! A changed byte is found, and the report names the block, and the transaction where it can.

use bytes::Bytes;
use fabric_ledger::chain::{ChainVerifier, Evidence, Problem};
use fabric_protos::common::Block;
use prost::Message;

use crate::recorded::Chain;

/// Verifies the 3.1 chain with one block changed, and returns the first block's problems.
fn problems_with(number: u64, change: impl Fn(&mut Block)) -> Vec<Problem> {
    let mut verifier = ChainVerifier::new();
    for mut block in Chain::Fabric31.blocks().take(40) {
        if block.header.as_ref().unwrap().number == number {
            change(&mut block);
        }
        let report = verifier.feed(&block).unwrap();
        if !report.is_ok() {
            return report.problems();
        }
    }
    Vec::new()
}

fn flip(bytes: &mut Bytes, offset: usize) {
    let mut changed = bytes.to_vec();
    changed[offset] ^= 1;
    *bytes = changed.into();
}

#[track_caller]
fn check_named(problems: &[Problem], expected: &[&str]) {
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    for expected in expected {
        let named = texts.iter().any(|text| text.contains(expected));
        assert!(named, "'{expected}' is not in {texts:?}");
    }
}

#[test]
fn a_flipped_byte_in_a_transaction_names_block_and_transaction() {
    for offset in [200, 900, 1500, 2000] {
        let problems = problems_with(9, |block| {
            flip(&mut block.data.as_mut().unwrap().data[2], offset);
        });
        check_named(
            &problems,
            &["block 9: the data hash", "block 9, transaction 2 "],
        );
    }
}

#[test]
fn a_flipped_validation_code_names_block_and_transaction() {
    let problems = problems_with(9, |block| {
        flip(&mut block.metadata.as_mut().unwrap().metadata[2], 3);
    });
    check_named(
        &problems,
        &[
            "block 9: the peer's commit hash",
            "block 9, transaction 3 ",
            "the rules say MVCC_READ_CONFLICT",
        ],
    );
}

#[test]
fn a_flipped_byte_of_the_commit_hash_names_the_block() {
    let problems = problems_with(20, |block| {
        flip(&mut block.metadata.as_mut().unwrap().metadata[4], 7);
    });
    check_named(&problems, &["block 20: the peer's commit hash"]);
}

#[test]
fn a_flipped_byte_of_a_header_names_the_block() {
    let problems = problems_with(20, |block| {
        let header = block.header.as_mut().unwrap();
        flip(&mut header.previous_hash, 0);
    });
    check_named(
        &problems,
        &[
            "block 20: the previous hash",
            "block 20: the ordering service's signatures",
        ],
    );
}

#[test]
fn a_flipped_byte_of_the_orderers_signature_names_the_block() {
    let problems = problems_with(5, |block| {
        let signatures = &mut block.metadata.as_mut().unwrap().metadata[0];
        flip(signatures, signatures.len() - 1);
    });
    check_named(&problems, &["block 5: the ordering service's signatures"]);
}

#[test]
fn any_flipped_byte_of_a_block_is_found() {
    let mut verifier = ChainVerifier::new();
    for number in 0..9 {
        verifier.feed(&Chain::Fabric31.block(number)).unwrap();
    }
    let bytes = Chain::Fabric31.block_bytes(9);
    let whole = Chain::Fabric31.block(9);
    for offset in (0..bytes.len()).step_by(97) {
        let mut changed = bytes.clone();
        flip(&mut changed, offset);
        let Ok(block) = Block::decode(changed) else {
            continue;
        };
        if same_in_what_counts(&block, &whole) {
            continue;
        }
        let mut verifier = verifier.clone();
        let found = verifier.feed(&block).map_or(true, |report| !report.is_ok());
        assert!(found, "the change at byte {offset} of block 9 is not found");
    }
}

/// All but the orderer's notes to itself, which nobody signs and no hash covers.
fn same_in_what_counts(one: &Block, other: &Block) -> bool {
    let metadata = |block: &Block, index: usize| {
        let items = block.metadata.as_ref().map(|metadata| &metadata.metadata);
        items.and_then(|items| items.get(index)).cloned()
    };
    one.header == other.header
        && one.data == other.data
        && [0, 2, 4].map(|index| metadata(one, index))
            == [0, 2, 4].map(|index| metadata(other, index))
}

/// What becomes of every single bit of a block's evidence: none can change unnoticed.
fn check_every_bit(number: u64, entry: usize, step: usize) {
    let mut verifier = ChainVerifier::new();
    let mut blocks = Chain::Fabric31.blocks();
    let block = loop {
        let block = blocks.next().unwrap();
        if block.header.as_ref().unwrap().number == number {
            break block;
        }
        assert!(verifier.feed(&block).unwrap().is_ok());
    };
    let length = block.metadata.as_ref().unwrap().metadata[entry].len();
    for bit in (0..length * 8).step_by(step) {
        let mut changed = block.clone();
        let bytes = &mut changed.metadata.as_mut().unwrap().metadata[entry];
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        *bytes = flipped.into();
        let report = verifier.clone().feed(&changed).unwrap();
        assert!(!report.is_ok(), "entry {entry}, bit {bit}");
    }
}

#[test]
fn no_bit_of_signatures_codes_and_commit_hash_can_change_in_the_middle_of_a_chain() {
    check_every_bit(20, 0, 7);
    check_every_bit(20, 2, 1);
    check_every_bit(20, 4, 1);
}

#[test]
fn no_bit_of_signatures_codes_and_commit_hash_can_change_in_the_last_block() {
    check_every_bit(38, 0, 7);
    check_every_bit(38, 2, 1);
    check_every_bit(38, 4, 1);
}

#[test]
fn evidence_that_is_missing_is_named() {
    for (entry, words) in [
        (0, "block 20: the ordering service's signatures are missing"),
        (2, "block 20: the peer's validation codes are missing"),
        (4, "block 20: the peer's commit hash is missing"),
    ] {
        let problems = problems_with(20, |block| {
            block.metadata.as_mut().unwrap().metadata[entry] = Bytes::new();
        });
        check_named(&problems, &[words]);
    }
}

#[test]
fn blocks_of_an_orderer_need_its_signatures_alone() {
    let mut verifier = ChainVerifier::of(Evidence::Ordered);
    for mut block in Chain::Fabric31.blocks() {
        for entry in [2, 4] {
            block.metadata.as_mut().unwrap().metadata[entry] = Bytes::new();
        }
        let report = verifier.feed(&block).unwrap();
        assert!(report.is_ok(), "{:?}", report.problems());
    }
    let mut verifier = ChainVerifier::of(Evidence::Ordered);
    let unsigned = Chain::Fabric31.blocks().any(|mut block| {
        block.metadata = None;
        !verifier.feed(&block).unwrap().is_ok()
    });
    assert!(unsigned);
}
