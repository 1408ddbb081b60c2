//! Bytes that nobody vouches for: a result or a reason, never a panic.

use bytes::Bytes;
use fabric_ledger::block::{BlockError, MAX_TRANSACTIONS, decode_bytes};
use fabric_ledger::chain::ChainVerifier;
use fabric_ledger::rwset::{MAX_RWSET_ENTRIES, RwsetError, TxRwset};
use fabric_protos::common::{Block, BlockData, BlockHeader};
use fabric_protos::{kvrwset, rwset};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;
use prost::Message;

use crate::entries::ENTRIES;
use crate::recorded::Chain;

/// Replaces, inserts, removes, repeats and cuts.
fn damaged(original: &[u8], changes: &[(Index, Index, u8, u8)]) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for (first, second, kind, value) in changes {
        let from = first.index(bytes.len() + 1);
        let to = second.index(bytes.len() + 1);
        let (from, to) = (from.min(to), from.max(to));
        match kind % 6 {
            0 | 1 if from < bytes.len() => bytes[from] = *value,
            2 => bytes.insert(from, *value),
            3 => drop(bytes.drain(from..to.min(from + 16))),
            4 => {
                let repeated = bytes[from..to.min(from + 64)].to_vec();
                bytes.splice(to..to, repeated);
            }
            5 if value % 8 == 0 => bytes.truncate(from),
            _ => {}
        }
    }
    bytes
}

fn changes() -> impl Strategy<Value = Vec<(Index, Index, u8, u8)>> {
    vec(any::<(Index, Index, u8, u8)>(), 0..8)
}

/// Runs every entry on arbitrary bytes and on damaged examples.
#[test]
fn no_entry_panics_or_contradicts_itself() {
    let input = (any::<Index>(), changes(), vec(any::<u8>(), 0..600));
    for entry in &ENTRIES {
        let seeds = (entry.seeds)();
        assert!(!seeds.is_empty(), "{}", entry.name);
        seeds.iter().for_each(|seed| (entry.run)(seed));
        let mut runner = TestRunner::default();
        let outcome = runner.run(&input, |(seed, changes, arbitrary)| {
            (entry.run)(&arbitrary);
            (entry.run)(&damaged(&seeds[seed.index(seeds.len())], &changes));
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{}: {error}", entry.name));
    }
}

proptest! {
    #[test]
    fn damaged_recorded_blocks_do_not_stop_a_verifier(
        number in 0_u64..39,
        changes in changes(),
    ) {
        let bytes = damaged(&Chain::Fabric31.block_bytes(number), &changes);
        if let Ok(mut block) = Block::decode(&*bytes) {
            let mut verifier = ChainVerifier::new();
            verifier.feed(&Chain::Fabric31.block(0)).unwrap();
            if let Some(header) = &mut block.header {
                header.number = 1;
            }
            let _ = verifier.feed(&block);
        }
    }
}

#[test]
fn a_read_write_set_of_too_many_entries_is_refused() {
    let empty_reads = [0x0a, 0x00].repeat(MAX_RWSET_ENTRIES + 1);
    let set = rwset::TxReadWriteSet {
        data_model: 0,
        ns_rwset: vec![rwset::NsReadWriteSet {
            namespace: "cc".into(),
            rwset: empty_reads.into(),
            collection_hashed_rwset: Vec::new(),
        }],
    };
    let refused = TxRwset::decode(set.encode_to_vec().into());
    assert_eq!(refused, Err(RwsetError::TooManyEntries));
}

#[test]
fn a_large_value_is_no_entry() {
    // Would be two million reads if it were a message.
    let write = kvrwset::KvWrite {
        key: "k".into(),
        is_delete: false,
        value: [0x0a, 0x00].repeat(2 * MAX_RWSET_ENTRIES).into(),
    };
    let keys = kvrwset::KvrwSet {
        writes: vec![write],
        ..Default::default()
    };
    let set = rwset::TxReadWriteSet {
        data_model: 0,
        ns_rwset: vec![rwset::NsReadWriteSet {
            namespace: "cc".into(),
            rwset: keys.encode_to_vec().into(),
            collection_hashed_rwset: Vec::new(),
        }],
    };
    TxRwset::decode(set.encode_to_vec().into()).unwrap();
}

#[test]
fn a_block_of_too_many_transactions_is_refused() {
    let block = Block {
        header: Some(BlockHeader::default()),
        data: Some(BlockData {
            data: vec![Bytes::new(); MAX_TRANSACTIONS + 1],
        }),
        metadata: None,
    };
    let refused = decode_bytes(block.encode_to_vec().into());
    assert_eq!(refused.unwrap_err(), BlockError::TooManyTransactions);
}

#[test]
fn a_block_without_header_or_data_is_refused() {
    let refused = decode_bytes(Bytes::new());
    assert_eq!(refused.unwrap_err(), BlockError::Missing("header"));
    let block = Block {
        header: Some(BlockHeader::default()),
        ..Default::default()
    };
    let refused = decode_bytes(block.encode_to_vec().into());
    assert_eq!(refused.unwrap_err(), BlockError::Missing("data"));
}
