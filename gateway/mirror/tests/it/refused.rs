//! What cannot be proved is not written, and the error names it.

use asset_mirror::{Mirror, MirrorError, SourceError};
use asset_store::StoreError;
use bytes::Bytes;
use fabric_protos::common::Block;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use tokio_util::sync::CancellationToken;

use crate::database::{block_by_block, contents, mirror, options, store};
use crate::source::{Recording, fabric_2_5, fabric_3_1};

const TRANSACTIONS_FILTER: usize = 2;
const COMMIT_HASH: usize = 4;
/// Has valid and invalid transactions.
const BLOCK: usize = 10;

/// Mirrors a tampered chain, in batches of one block and as one batch: everything before the block
/// is written, nothing of it or after it.
async fn refuses(recording: Recording, number: usize, is_expected: fn(&MirrorError) -> bool) {
    let good = store().await;
    let before = fabric_2_5().recording.cut(number);
    mirror(&good, &before, options()).await.unwrap();
    for options in [block_by_block(), options()] {
        let store = store().await;
        let error = mirror(&store, &recording, options).await.unwrap_err();
        assert!(is_expected(&error), "{error:?}");
        assert!(
            error.to_string().contains(&format!("block {number}")),
            "{error}"
        );
        assert_eq!(
            contents(&store.database).await,
            contents(&good.database).await,
            "{error}"
        );
    }
}

fn tampered(change: impl FnOnce(&mut Block)) -> Recording {
    fabric_2_5().recording.tampered(BLOCK, change)
}

fn flip(bytes: &mut Bytes, position: usize) {
    let mut changed = bytes.to_vec();
    changed[position] ^= 1;
    *bytes = changed.into();
}

#[tokio::test]
async fn a_flipped_byte_in_a_transaction() {
    let recording = tampered(|block| flip(&mut block.data.as_mut().unwrap().data[3], 700));
    refuses(recording, BLOCK, |error| {
        matches!(error, MirrorError::DataHash { .. })
    })
    .await;
}

#[tokio::test]
async fn a_transaction_left_out() {
    let recording = tampered(|block| {
        block.data.as_mut().unwrap().data.pop();
    });
    refuses(recording, BLOCK, |error| {
        matches!(error, MirrorError::DataHash { .. })
    })
    .await;
}

#[tokio::test]
async fn a_flipped_previous_hash() {
    let recording = tampered(|block| flip(&mut block.header.as_mut().unwrap().previous_hash, 0));
    refuses(recording, BLOCK, |error| {
        matches!(error, MirrorError::PreviousHash { .. })
    })
    .await;
}

#[tokio::test]
async fn an_invalid_transaction_declared_valid() {
    let recording = tampered(|block| {
        let filter = &mut block.metadata.as_mut().unwrap().metadata[TRANSACTIONS_FILTER];
        let invalid = filter.iter().position(|code| *code != 0).unwrap();
        let mut codes = filter.to_vec();
        codes[invalid] = 0;
        *filter = codes.into();
    });
    refuses(recording, BLOCK, |error| {
        matches!(error, MirrorError::CommitHash { .. })
    })
    .await;
}

#[tokio::test]
async fn a_flipped_commit_hash() {
    let recording = tampered(|block| {
        flip(
            &mut block.metadata.as_mut().unwrap().metadata[COMMIT_HASH],
            9,
        );
    });
    refuses(recording, BLOCK, |error| {
        matches!(error, MirrorError::CommitHash { .. })
    })
    .await;
}

#[tokio::test]
async fn a_block_without_a_commit_hash() {
    let recording = tampered(|block| {
        block
            .metadata
            .as_mut()
            .unwrap()
            .metadata
            .truncate(COMMIT_HASH);
    });
    refuses(recording, BLOCK, |error| {
        matches!(error, MirrorError::NoCommitHash { .. })
    })
    .await;
}

#[tokio::test]
async fn a_block_that_no_peer_has_validated() {
    let recording = tampered(|block| {
        block.metadata.as_mut().unwrap().metadata[TRANSACTIONS_FILTER] = Bytes::new();
    });
    refuses(recording, BLOCK, |error| {
        matches!(error, MirrorError::NotValidated { .. })
    })
    .await;
}

#[tokio::test]
async fn a_block_left_out() {
    let mut recording = fabric_2_5().recording;
    recording.blocks.remove(BLOCK);
    refuses(recording, BLOCK, |error| {
        matches!(error, MirrorError::OutOfOrder { .. })
    })
    .await;
}

#[tokio::test]
async fn bytes_that_are_no_block() {
    let mut recording = fabric_2_5().recording;
    recording.blocks[BLOCK] = Bytes::from_static(b"\xff\xff\xff\xff");
    refuses(recording, BLOCK, |error| {
        matches!(error, MirrorError::Undecodable { .. })
    })
    .await;
}

#[tokio::test]
async fn another_channels_database() {
    let store = store().await;
    mirror(&store, &fabric_2_5().recording, options())
        .await
        .unwrap();
    let before = contents(&store.database).await;
    let error = mirror(&store, &fabric_3_1().recording, options())
        .await
        .unwrap_err();
    assert!(
        matches!(error, MirrorError::Store(StoreError::OtherChain { .. })),
        "{error:?}"
    );
    assert_eq!(contents(&store.database).await, before);
}

/// As after a network was made anew with the same genesis block, or restored from a backup.
#[tokio::test]
async fn a_chain_that_went_another_way_after_the_same_genesis() {
    let store = store().await;
    mirror(&store, &fabric_2_5().recording.cut(BLOCK), options())
        .await
        .unwrap();
    let forked = tampered(|block| flip(&mut block.header.as_mut().unwrap().previous_hash, 0));
    let error = mirror(&store, &forked, options()).await.unwrap_err();
    assert!(
        matches!(error, MirrorError::PreviousHash { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_peer_without_block_0() {
    let store = store().await;
    let error = mirror(&store, &Recording::of(vec![]), options())
        .await
        .unwrap_err();
    assert!(matches!(error, MirrorError::NoGenesis), "{error:?}");
}

/// A peer that lets nobody read.
struct Forbidden;

impl asset_mirror::BlockSource for Forbidden {
    fn blocks(&self, _first: u64) -> BoxStream<'static, Result<Bytes, SourceError>> {
        stream::iter([Err(SourceError::permanent("FORBIDDEN"))]).boxed()
    }
}

#[tokio::test]
async fn missing_permission_is_not_tried_again() {
    let store = store().await;
    let mirror = Mirror::new(Forbidden, store.store.clone(), options());
    let error = mirror.run(&CancellationToken::new()).await.unwrap_err();
    assert!(matches!(error, MirrorError::Source(_)), "{error:?}");
}
