//! Bytes that nobody vouches for: a result or a reason, never a panic.

use bytes::Bytes;
use fabric_ledger::block::{BlockError, MAX_TRANSACTIONS, decode_bytes, decode_transaction};
use fabric_ledger::chain::ChainVerifier;
use fabric_ledger::channel::ChannelConfig;
use fabric_ledger::rwset::{
    MAX_RWSET_ENTRIES, PrivateWrites, RwsetError, TxRwset, metadata_entries,
};
use fabric_protos::common::{Block, BlockData, BlockHeader};
use fabric_protos::{kvrwset, rwset};
use proptest::prelude::*;
use prost::Message;

use crate::recorded::Chain;

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let bytes = Bytes::from(bytes);
        let _ = decode_bytes(bytes.clone());
        let _ = decode_transaction(0, bytes.clone());
        let _ = TxRwset::decode(bytes.clone());
        let _ = PrivateWrites::decode(bytes.clone());
        let _ = metadata_entries(bytes.clone());
        let _ = ChannelConfig::from_envelope("channel", &bytes);
    }

    #[test]
    fn mutated_recorded_blocks_never_panic(
        number in 0_u64..39,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = Chain::Fabric31.block_bytes(number).to_vec();
        for (index, byte) in changes {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let bytes = Bytes::from(bytes);
        let _ = decode_bytes(bytes.clone());
        if let Ok(mut block) = Block::decode(bytes) {
            let _ = ChannelConfig::from_block(&block);
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
