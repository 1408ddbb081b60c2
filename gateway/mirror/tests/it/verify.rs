//! A copy that somebody changed by hand is found out.

use asset_mirror::Finding;

use crate::database::{mirror, options, store};
use crate::made_chain::asset_chain;

#[track_caller]
fn has(findings: &[Finding], expected: fn(&Finding) -> bool) {
    assert!(findings.iter().any(expected), "{findings:?}");
    for finding in findings {
        assert!(!finding.to_string().is_empty());
    }
}

async fn finds(sql: &str, expected: fn(&Finding) -> bool) {
    let store = store().await;
    mirror(&store, &asset_chain().recording, options())
        .await
        .unwrap();
    assert!(asset_mirror::verify(&store).await.unwrap().is_good());
    store.database.query(sql).await.unwrap();
    has(
        &asset_mirror::verify(&store).await.unwrap().findings,
        expected,
    );
}

#[tokio::test]
async fn a_changed_state_entry() {
    finds(
        "UPDATE mirror.state SET value = '{}' WHERE block = 2",
        |finding| matches!(finding, Finding::State { .. }),
    )
    .await;
}

#[tokio::test]
async fn a_changed_balance() {
    finds(
        "UPDATE mirror.balance SET amount = amount + 1 WHERE account = 'bob'",
        |finding| matches!(finding, Finding::Balance { .. }),
    )
    .await;
}

#[tokio::test]
async fn a_note_out_of_nothing() {
    finds(
        "INSERT INTO mirror.note VALUES ('gold', 'bob', 'lane.0', 1, 0, 0); \
         UPDATE mirror.balance SET amount = amount + 1, notes = notes + 1 \
         WHERE account = 'bob' AND token = 'gold'",
        |finding| matches!(finding, Finding::Supply { .. }),
    )
    .await;
}

#[tokio::test]
async fn a_changed_hash() {
    finds(
        "UPDATE mirror.block SET previous_hash = 'x' WHERE number = 3",
        |finding| matches!(finding, Finding::PreviousHash { block: 3 }),
    )
    .await;
}

#[tokio::test]
async fn a_missing_block() {
    finds(
        "SET session_replication_role = replica; DELETE FROM mirror.block WHERE number = 3",
        |finding| {
            matches!(
                finding,
                Finding::Gap {
                    expected: 3,
                    found: Some(4)
                }
            )
        },
    )
    .await;
}

#[tokio::test]
async fn a_checkpoint_that_was_set_back() {
    finds("UPDATE mirror.checkpoint SET block = 3", |finding| {
        matches!(finding, Finding::Checkpoint)
    })
    .await;
}
