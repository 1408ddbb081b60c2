//! One schema is one channel's.

use asset_store::{Store, StoreError};

use crate::database::{channel, store};

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
