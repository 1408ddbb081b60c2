//! A batch is written whole, in its turn, by one writer at a time, or not at all.

use asset_store::{Batch, Event, Position, StoreError};

use crate::database::{batch, block, checkpoint, position, store, transaction};

#[tokio::test]
async fn a_new_store_has_no_checkpoint() {
    let store = store().await;
    assert_eq!(store.checkpoint().await.unwrap(), None);
    assert!(store.is_migrated().await.unwrap());
}

#[tokio::test]
async fn batches_move_the_checkpoint() {
    let store = store().await;
    assert_eq!(store.apply(&batch(0)).await.unwrap(), checkpoint(0));
    let two = Batch {
        blocks: vec![block(1), block(2)],
        transactions: vec![],
        ..batch(1)
    };
    assert_eq!(store.apply(&two).await.unwrap(), checkpoint(2));
    assert_eq!(store.checkpoint().await.unwrap(), Some(checkpoint(2)));
    assert_eq!(store.block(2).await.unwrap(), Some(block(2)));
    assert_eq!(store.block(3).await.unwrap(), None);
}

#[tokio::test]
async fn blocks_out_of_order_are_refused() {
    let store = store().await;
    store.apply(&batch(0)).await.unwrap();
    for blocks in [
        vec![],
        vec![block(0)],
        vec![block(2)],
        vec![block(1), block(3)],
    ] {
        let wrong = Batch {
            blocks,
            transactions: vec![],
            ..batch(1)
        };
        let error = store.apply(&wrong).await.unwrap_err();
        assert!(matches!(error, StoreError::OutOfOrder { .. }), "{error:?}");
    }
    assert_eq!(store.checkpoint().await.unwrap(), Some(checkpoint(0)));
}

#[tokio::test]
async fn a_batch_is_not_written_twice() {
    let store = store().await;
    store.apply(&batch(0)).await.unwrap();
    store.apply(&batch(1)).await.unwrap();
    let error = store.apply(&batch(1)).await.unwrap_err();
    assert!(
        matches!(error, StoreError::CheckpointMoved { .. }),
        "{error:?}"
    );
    assert!(error.is_transient());
    assert_eq!(store.transaction_counts().await.unwrap(), (2, 2));
}

#[tokio::test]
async fn of_many_writers_of_one_block_one_wins() {
    let store = store().await;
    let first = batch(0);
    let writers = (0..4).map(|_| store.apply(&first));
    let outcomes = futures::future::join_all(writers).await;
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    for error in lost {
        assert!(
            matches!(error, Err(StoreError::CheckpointMoved { .. })),
            "{error:?}"
        );
    }
    assert_eq!(store.transaction_counts().await.unwrap(), (1, 1));
}

#[tokio::test]
async fn a_batch_that_fails_in_the_middle_leaves_nothing() {
    let store = store().await;
    store.apply(&batch(0)).await.unwrap();
    let event = Event {
        // No such transaction: the database refuses it after blocks and transactions.
        position: Position { block: 1, index: 7 },
        chaincode: "assets".to_owned(),
        name: "events".to_owned(),
        payload: vec![],
    };
    let wrong = Batch {
        events: vec![event],
        ..batch(1)
    };
    assert!(!store.apply(&wrong).await.unwrap_err().is_transient());
    assert_eq!(store.block(1).await.unwrap(), None);
    assert_eq!(store.checkpoint().await.unwrap(), Some(checkpoint(0)));
    store.apply(&batch(1)).await.unwrap();
}

#[tokio::test]
async fn transactions_of_one_id_are_all_kept() {
    let store = store().await;
    store.apply(&batch(0)).await.unwrap();
    let again = Batch {
        transactions: vec![transaction(1, "tx 0", 9)],
        ..batch(1)
    };
    store.apply(&again).await.unwrap();
    let found = store.transactions("tx 0").await.unwrap();
    assert_eq!(
        found,
        [transaction(0, "tx 0", 0), transaction(1, "tx 0", 9)]
    );
    assert_eq!(store.transaction_counts().await.unwrap(), (2, 1));
}

#[tokio::test]
async fn events_are_read_on_from_a_position() {
    let store = store().await;
    let event = |number| Event {
        position: position(number),
        chaincode: "assets".to_owned(),
        name: "events".to_owned(),
        payload: number.to_string().into_bytes(),
    };
    for number in 0..3 {
        store
            .apply(&Batch {
                events: vec![event(number)],
                ..batch(number)
            })
            .await
            .unwrap();
    }
    assert_eq!(
        store.events_after(None, 2).await.unwrap(),
        [event(0), event(1)]
    );
    assert_eq!(
        store.events_after(Some(position(1)), 2).await.unwrap(),
        [event(2)]
    );
    assert_eq!(store.events_after(Some(position(2)), 2).await.unwrap(), []);
}

#[tokio::test]
async fn a_commit_wakes_listeners_once() {
    let store = store().await;
    let url = store.database.url();
    let mut listener = sqlx::postgres::PgListener::connect(url).await.unwrap();
    listener.listen(&store.listen_channel()).await.unwrap();
    store.apply(&batch(0)).await.unwrap();
    store
        .apply(&Batch {
            blocks: vec![block(1), block(2)],
            transactions: vec![],
            ..batch(1)
        })
        .await
        .unwrap();
    assert_eq!(listener.recv().await.unwrap().payload(), "0");
    assert_eq!(listener.recv().await.unwrap().payload(), "2");
}
