//! One schema is one channel's.

use asset_store::{Store, StoreError};

use crate::database::{batch, channel, store};

#[tokio::test]
async fn a_channel_claims_its_schema_again_and_again() {
    let store = store().await;
    assert_eq!(store.channel().await.unwrap(), None);
    store.claim(&channel("mychannel")).await.unwrap();
    store.claim(&channel("mychannel")).await.unwrap();
    assert_eq!(store.channel().await.unwrap(), Some(channel("mychannel")));
}

#[tokio::test]
async fn another_channel_is_refused_with_the_remedy() {
    let store = store().await;
    store.claim(&channel("mychannel")).await.unwrap();
    let error = store.claim(&channel("other")).await.unwrap_err();
    assert!(matches!(error, StoreError::OtherChain { .. }), "{error:?}");
    assert!(
        error
            .to_string()
            .contains("choose another database or schema"),
        "{error}"
    );
    let mut renewed = channel("mychannel");
    renewed.genesis_hash.push(0);
    assert!(matches!(
        store.claim(&renewed).await,
        Err(StoreError::OtherChain { .. })
    ));
}

#[tokio::test]
async fn another_chaincodes_records_do_not_mix_with_ours() {
    let store = store().await;
    store.claim(&channel("mychannel")).await.unwrap();
    let mut other = channel("mychannel");
    other.chaincode = "bonds".to_owned();
    let error = store.claim(&other).await.unwrap_err();
    assert!(
        matches!(error, StoreError::OtherChaincode { .. }),
        "{error:?}"
    );
    assert_eq!(store.channel().await.unwrap(), Some(channel("mychannel")));
}

#[tokio::test]
async fn a_checkpoint_that_was_deleted_is_told() {
    let store = store().await;
    let sql = "DELETE FROM mirror.checkpoint";
    store.database.query(sql).await.unwrap();
    let error = store.checkpoint().await.unwrap_err();
    assert!(matches!(error, StoreError::NoCheckpoint), "{error:?}");
}

#[tokio::test]
async fn tables_of_another_version_are_told() {
    let store = store().await;
    store.check_version().await.unwrap();
    let sql = "DELETE FROM mirror._sqlx_migrations WHERE version = 3";
    store.database.query(sql).await.unwrap();
    let error = store.check_version().await.unwrap_err();
    let expected = matches!(
        error,
        StoreError::Version {
            expected: 3,
            found: 2
        }
    );
    assert!(expected, "{error:?}");
    let empty = Store::connect(store.database.url(), "empty").await.unwrap();
    let error = empty.check_version().await.unwrap_err();
    assert!(
        matches!(error, StoreError::Version { found: 0, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn rows_of_an_earlier_version_are_mirrored_anew() {
    let store = store().await;
    store.claim(&channel("mychannel")).await.unwrap();
    store.apply(&batch(0)).await.unwrap();
    // As the tables were before.
    let sql = "ALTER TABLE mirror.block DROP COLUMN seal; \
               ALTER TABLE mirror.checkpoint DROP COLUMN seal; \
               ALTER TABLE mirror.channel DROP COLUMN chaincode; \
               DELETE FROM mirror._sqlx_migrations WHERE version = 3";
    store.database.query(sql).await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(store.channel().await.unwrap(), None);
    assert_eq!(store.checkpoint().await.unwrap(), None);
    assert_eq!(store.transaction_counts().await.unwrap(), (0, 0));
    store.apply(&batch(0)).await.unwrap();
}

#[tokio::test]
async fn schemas_of_one_database_do_not_see_each_other() {
    let first = store().await;
    let second = Store::connect(first.database.url(), "second")
        .await
        .unwrap();
    assert!(!second.is_migrated().await.unwrap());
    second.migrate().await.unwrap();
    second.migrate().await.unwrap();
    first.claim(&channel("mychannel")).await.unwrap();
    assert_eq!(second.channel().await.unwrap(), None);
}

#[tokio::test]
async fn schema_names_are_plain_identifiers() {
    for schema in ["", "A", "1a", "a-b", "a\"b", "a b", "ä", &"a".repeat(49)] {
        let error = Store::connect("postgres://localhost/x", schema)
            .await
            .unwrap_err();
        assert!(matches!(error, StoreError::Schema { .. }), "{schema:?}");
    }
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    let error = Store::connect("mysql://localhost/x", "mirror")
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Address(_)), "{error:?}");
}
