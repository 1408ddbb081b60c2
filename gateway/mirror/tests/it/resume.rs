//! Going on where it ended, however it ended.

use asset_mirror::Phase;

use crate::database::{Running, block_by_block, contents, mirror, options, store};
use crate::source::fabric_2_5;

#[tokio::test]
async fn a_mirror_goes_on_at_its_checkpoint() {
    let whole = store().await;
    let recording = fabric_2_5().recording;
    mirror(&whole, &recording, options()).await.unwrap();
    let parts = store().await;
    for count in [1, 2, 13, 33, 44, 44] {
        mirror(&parts, &recording.clone().cut(count), options())
            .await
            .unwrap();
        assert_eq!(
            parts.checkpoint().await.unwrap().unwrap().block,
            count as u64 - 1
        );
    }
    assert_eq!(
        contents(&parts.database).await,
        contents(&whole.database).await
    );
}

#[tokio::test]
async fn a_stream_that_breaks_is_taken_up_again() {
    let whole = store().await;
    let recording = fabric_2_5().recording;
    mirror(&whole, &recording, options()).await.unwrap();
    let broken = store().await;
    let breaking = recording.breaking(5, 4);
    mirror(&broken, &breaking, block_by_block()).await.unwrap();
    assert_eq!(
        contents(&broken.database).await,
        contents(&whole.database).await
    );
}

#[tokio::test]
async fn a_mirror_stops_when_it_is_asked_to() {
    let store = store().await;
    let recording = fabric_2_5().recording.waiting();
    let running = Running::start(&store, &recording, options());
    running.reaches(recording.last()).await;
    let progress = running.progress.clone();
    running.stop().await.unwrap();
    assert_eq!(progress.borrow().phase, Phase::Stopped);
    assert_eq!(progress.borrow().blocks, 44);
    assert_eq!(progress.borrow().transactions, 356);
    assert!(!store.has_leader().await.unwrap());
}
