//! What invalid transactions claim can be anything: it is kept as far as it can be, and breaks
//! nothing.

use asset_store::{Batch, StoreError, Transaction};

use crate::database::{batch, block, store, transaction};

#[tokio::test]
async fn texts_with_u0000_are_kept_readable() {
    let store = store().await;
    let hostile = Transaction {
        chaincode: Some("'; DROP TABLE block; --\0".to_owned()),
        client_time_seconds: Some(i64::MIN),
        malformation: Some("\0".to_owned()),
        kind: i32::MIN,
        ..transaction(0, "tx\0id", 255)
    };
    store
        .apply(&Batch {
            transactions: vec![hostile],
            ..batch(0)
        })
        .await
        .unwrap();
    let [found] = store
        .transactions("tx\0id")
        .await
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(found.transaction_id, "tx\u{fffd}id");
    assert_eq!(found.client_time_seconds, Some(i64::MIN));
}

#[tokio::test]
async fn an_id_of_a_megabyte_is_kept_out_of_the_index() {
    let store = store().await;
    let long = "x".repeat(1 << 20);
    let transactions = vec![transaction(0, &long, 4)];
    store
        .apply(&Batch {
            transactions,
            ..batch(0)
        })
        .await
        .unwrap();
    assert_eq!(store.transaction_counts().await.unwrap(), (1, 0));
}

#[tokio::test]
async fn numbers_beyond_a_column_are_refused() {
    let store = store().await;
    let mut huge = block(0);
    huge.size_bytes = u64::MAX;
    let error = store
        .apply(&Batch {
            blocks: vec![huge],
            ..batch(0)
        })
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Number { .. }), "{error:?}");
    assert_eq!(store.checkpoint().await.unwrap(), None);
}
