//! Positions that outlive the reader.

use std::fs;

use fabric_gateway_sdk::{
    CheckpointError, Checkpointer, FileCheckpointer, MemoryCheckpointer, Position, TransactionId,
};

/// What every checkpointer does.
async fn suite(mut checkpoint: impl Checkpointer) {
    assert_eq!(checkpoint.position(), None);
    checkpoint.checkpoint_block(4).await.unwrap();
    assert_eq!(
        checkpoint.position(),
        Some(Position {
            block_number: 5,
            transaction_id: None
        })
    );
    checkpoint
        .checkpoint_transaction(5, &TransactionId::from("ab"))
        .await
        .unwrap();
    assert_eq!(
        checkpoint.position(),
        Some(Position {
            block_number: 5,
            transaction_id: Some("ab".to_owned())
        })
    );
    checkpoint.checkpoint_block(u64::MAX).await.unwrap();
    assert_eq!(checkpoint.position(), Some(Position::at_block(u64::MAX)));
}

#[tokio::test]
async fn memory_keeps_a_position() {
    suite(MemoryCheckpointer::new()).await;
}

#[tokio::test]
async fn file_keeps_a_position() {
    let folder = tempfile::tempdir().unwrap();
    suite(FileCheckpointer::open(folder.path().join("blocks.json")).unwrap()).await;
}

#[tokio::test]
async fn position_in_a_file_outlives_the_reader() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blocks.json");
    let position = Position::after_transaction(u64::MAX - 1, &TransactionId::from("ab"));
    FileCheckpointer::open(&path)
        .unwrap()
        .store(position.clone())
        .await
        .unwrap();
    assert_eq!(
        FileCheckpointer::open(&path).unwrap().position(),
        Some(position)
    );
    let names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "the position and the lock: {names:?}");
}

#[tokio::test]
async fn half_written_replacement_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blocks.json");
    FileCheckpointer::open(&path)
        .unwrap()
        .checkpoint_block(4)
        .await
        .unwrap();
    fs::write(folder.path().join("blocks.json.new"), "{\"blockNum").unwrap();
    let mut checkpoint = FileCheckpointer::open(&path).unwrap();
    assert_eq!(checkpoint.position(), Some(Position::at_block(5)));
    checkpoint.checkpoint_block(5).await.unwrap();
    drop(checkpoint);
    assert_eq!(
        FileCheckpointer::open(&path).unwrap().position(),
        Some(Position::at_block(6))
    );
}

#[test]
fn file_that_is_no_checkpoint_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blocks.json");
    for text in [
        "",
        "{}",
        "{\"blockNumber\":-1}",
        "{\"blockNumber\":\"5\"}",
        "\u{0}",
    ] {
        fs::write(&path, text).unwrap();
        let error = FileCheckpointer::open(&path).unwrap_err();
        assert!(
            matches!(error, CheckpointError::Malformed { .. }),
            "{text}: {error}"
        );
    }
}

#[tokio::test]
async fn position_stands_when_the_file_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoints/blocks.json");
    fs::create_dir(folder.path().join("checkpoints")).unwrap();
    let mut checkpoint = FileCheckpointer::open(&path).unwrap();
    checkpoint.checkpoint_block(4).await.unwrap();
    fs::remove_dir_all(folder.path().join("checkpoints")).unwrap();
    let error = checkpoint.checkpoint_block(5).await.unwrap_err();
    assert!(
        matches!(error, CheckpointError::Unwritable { .. }),
        "{error}"
    );
    assert_eq!(checkpoint.position(), Some(Position::at_block(5)));
}

#[tokio::test]
async fn second_reader_of_a_file_is_refused_until_the_first_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blocks.json");
    let first = FileCheckpointer::open(&path).unwrap();
    let error = FileCheckpointer::open(&path).unwrap_err();
    assert!(matches!(error, CheckpointError::Locked { .. }), "{error}");
    drop(first);
    FileCheckpointer::open(&path).unwrap();
}

#[tokio::test]
async fn position_stands_when_the_disk_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blocks.json");
    let mut checkpoint = FileCheckpointer::open(&path).unwrap();
    checkpoint.checkpoint_block(4).await.unwrap();
    // Whatever is written there, the device says that it is full.
    std::os::unix::fs::symlink("/dev/full", folder.path().join("blocks.json.new")).unwrap();
    let error = checkpoint.checkpoint_block(5).await.unwrap_err();
    let CheckpointError::Unwritable { source, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(source.kind(), std::io::ErrorKind::StorageFull);
    assert_eq!(checkpoint.position(), Some(Position::at_block(5)));
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text, "{\"blockNumber\":5}");
    checkpoint.checkpoint_block(5).await.unwrap();
    drop(checkpoint);
    let position = FileCheckpointer::open(&path).unwrap().position();
    assert_eq!(position, Some(Position::at_block(6)));
}
