//! Two mirrors of one schema: one writes, one waits.

use asset_mirror::Phase;

use crate::database::{Running, contents, mirror, options, store};
use crate::source::fabric_2_5;

#[tokio::test]
async fn a_second_mirror_stands_by_and_takes_over() {
    let whole = store().await;
    let recording = fabric_2_5().recording;
    mirror(&whole, &recording, options()).await.unwrap();

    let store = store().await;
    let first = Running::start(&store, &recording.clone().cut(20).waiting(), options());
    first.reaches(19).await;
    let second = Running::start(&store, &recording.clone().waiting(), options());
    second.comes_to(Phase::Standby).await;
    assert_eq!(store.checkpoint().await.unwrap().unwrap().block, 19);

    first.stop().await.unwrap();
    second.reaches(recording.last()).await;
    assert_eq!(second.progress.borrow().blocks, recording.last() - 19);
    second.stop().await.unwrap();
    assert_eq!(
        contents(&store.database).await,
        contents(&whole.database).await
    );
}

#[tokio::test]
async fn a_mirror_that_stands_by_stops_when_it_is_asked_to() {
    let store = store().await;
    let _leader = store.lead().await.unwrap().expect("nobody leads");
    let waiting = Running::start(&store, &fabric_2_5().recording, options());
    waiting.comes_to(Phase::Standby).await;
    waiting.stop().await.unwrap();
    assert_eq!(store.checkpoint().await.unwrap(), None);
}

/// The lock only saves work: what keeps two writers from harm is the checkpoint.
#[tokio::test]
async fn a_leader_that_lost_the_lead_unknowingly_does_no_harm() {
    let whole = store().await;
    let recording = fabric_2_5().recording;
    mirror(&whole, &recording, options()).await.unwrap();

    let store = store().await;
    let first = Running::start(&store, &recording.clone().cut(20).waiting(), options());
    first.reaches(19).await;
    let second = Running::start(&store, &recording.clone().waiting(), options());
    second.comes_to(Phase::Standby).await;
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' \
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    store.database.query(kill).await.unwrap();
    second.reaches(recording.last()).await;
    // The first hears of it, waits, and never writes again.
    first.comes_to(Phase::Standby).await;
    second.stop().await.unwrap();
    first.stop().await.unwrap();
    assert_eq!(
        contents(&store.database).await,
        contents(&whole.database).await
    );
}
