//! One mirror leads; the lead ends with its connection.

use std::time::Duration;

use fabric_testnet::wait_until;

use crate::database::store;

const DEADLINE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn the_lead_is_given_to_one_at_a_time() {
    let store = store().await;
    assert!(!store.has_leader().await.unwrap());
    let first = store.lead().await.unwrap().expect("nobody leads");
    assert!(store.has_leader().await.unwrap());
    assert!(store.lead().await.unwrap().is_none());
    first.resign().await.unwrap();
    let again = || async { store.lead().await.unwrap().is_some() };
    wait_until(DEADLINE, again).await.unwrap();
}

#[tokio::test]
async fn a_leader_whose_connection_dies_hears_of_it_and_another_can_lead() {
    let store = store().await;
    let mut first = store.lead().await.unwrap().expect("nobody leads");
    first.confirm().await.unwrap();
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' \
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    store.database.query(kill).await.unwrap();
    assert!(first.confirm().await.unwrap_err().is_transient());
    let again = || async { store.lead().await.unwrap().is_some() };
    wait_until(DEADLINE, again).await.unwrap();
}

#[tokio::test]
async fn schemas_have_leaders_of_their_own() {
    let store = store().await;
    let other = asset_store::Store::connect(store.database.url(), "other")
        .await
        .unwrap();
    let _first = store.lead().await.unwrap().expect("nobody leads");
    assert!(other.lead().await.unwrap().is_some());
}
