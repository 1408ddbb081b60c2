//! A copy that somebody changed by hand is found out, with the row and what it should be.

use asset_mirror::{
    Difference, Finding, MirrorError, Proof, Stage, Verification, Verifier, verify,
};

use crate::assets::asset_chain_with_memo;
use crate::database::{Running, TestStore, mirror, options, store};
use crate::made_chain::asset_chain;
use crate::source::{Recording, fabric_2_5, fabric_3_1};

async fn asset_store() -> TestStore {
    let store = store().await;
    let chain = asset_chain().recording;
    mirror(&store, &chain, options()).await.unwrap();
    store
}

/// What is found after `sql`, each as its text.
async fn found(sql: &str) -> Vec<Finding> {
    let store = asset_store().await;
    assert_eq!(verify(&store).await.unwrap().findings, []);
    store.database.query(sql).await.unwrap();
    let verification = verify(&store).await.unwrap();
    assert_eq!(
        verification.finding_count == 0,
        verification.findings.is_empty()
    );
    verification.findings
}

#[track_caller]
fn has(findings: &[Finding], table: &str, key: &str, difference: &Difference, proof: Proof) {
    let is_it = |finding: &Finding| {
        finding.table == table
            && finding.key == key
            && finding.difference == *difference
            && finding.proof == proof
    };
    assert!(findings.iter().any(is_it), "{findings:#?}");
}

fn column(column: &'static str, expected: &str, found: &str) -> Difference {
    Difference::Column {
        column,
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}

#[tokio::test]
async fn gold_that_was_moved_in_notes_and_balances_alike() {
    let moved = |account: &str, sign: &str| {
        format!(
            "UPDATE mirror.note SET amount = amount {sign} 1 WHERE ctid = (SELECT ctid \
             FROM mirror.note WHERE token = 'gold' AND account = '{account}' AND amount > 1 LIMIT 1); \
             UPDATE mirror.balance SET amount = amount {sign} 1 \
             WHERE token = 'gold' AND account = '{account}'"
        )
    };
    let findings = found(&format!("{}; {}", moved("bob", "+"), moved("carol", "-"))).await;
    assert_eq!(findings.len(), 2, "{findings:#?}");
    for finding in findings {
        assert_eq!((finding.table, finding.proof), ("note", Proof::Writes));
        let text = finding.to_string();
        assert!(text.contains("amount is"), "{text}");
    }
}

#[tokio::test]
async fn a_value_that_was_changed_in_writes_and_state_alike() {
    let forged = "convert_to('{\"amount\":\"7\"}', 'UTF8')";
    let note = "SELECT block, index, key FROM mirror.state WHERE \
                position('note'::bytea IN key) > 0 ORDER BY block DESC LIMIT 1";
    let findings = found(&format!(
        "UPDATE mirror.write SET value = {forged} WHERE (block, index, key) IN ({note}); \
         UPDATE mirror.state SET value = {forged} WHERE (block, index, key) IN ({note})"
    ))
    .await;
    let of_block = |proof| {
        findings
            .iter()
            .any(|finding| finding.table == "block" && finding.proof == proof)
    };
    assert!(of_block(Proof::CommitHash), "{findings:#?}");
    assert!(of_block(Proof::Seal), "{findings:#?}");
}

#[tokio::test]
async fn tables_that_were_emptied() {
    for table in ["account", "token", "event", "transfer", "note", "balance"] {
        let findings = found(&format!("DELETE FROM mirror.{table}")).await;
        let of_table = findings.iter().any(|finding| match table {
            // The seal knows that there were some, not which.
            "event" => finding.proof == Proof::Seal,
            _ => finding.table == table && finding.difference == Difference::Missing,
        });
        assert!(of_table, "{table}: {findings:#?}");
    }
}

#[tokio::test]
async fn a_checkpoint_that_is_gone_or_set_back() {
    let findings = found("DELETE FROM mirror.checkpoint").await;
    let gone = Difference::Missing;
    has(&findings, "checkpoint", "", &gone, Proof::LastBlock);
    let last = asset_chain().recording.last().to_string();
    let findings = found("UPDATE mirror.checkpoint SET block = 3").await;
    let set_back = column("block", &last, "3");
    has(&findings, "checkpoint", "", &set_back, Proof::LastBlock);
}

#[tokio::test]
async fn a_missing_block_and_the_rows_that_it_leaves() {
    let findings =
        found("SET session_replication_role = replica; DELETE FROM mirror.block WHERE number = 3")
            .await;
    has(
        &findings,
        "block",
        "3",
        &Difference::Missing,
        Proof::Numbering,
    );
    let orphans = Difference::Unexpected;
    has(&findings, "transaction", "3/*", &orphans, Proof::Numbering);
}

#[tokio::test]
async fn columns_that_cannot_be_what_they_are() {
    let findings = found(
        "SET session_replication_role = replica; \
         UPDATE mirror.transaction SET code = -256 WHERE block = 2; \
         UPDATE mirror.transaction SET index = -1 WHERE block = 3; \
         UPDATE mirror.block SET transaction_count = -7 WHERE number = 4; \
         UPDATE mirror.account SET controllers = '{}', kyc_expires_at = 'infinity', kyc_class = -1; \
         UPDATE mirror.token SET cap = 'NaN', decimals = 300, name = ''",
    )
    .await;
    for (table, column) in [
        ("transaction", "code"),
        ("transaction", "index"),
        ("block", "transaction_count"),
        ("account", "controllers"),
        ("account", "kyc_expires_at"),
        ("account", "kyc_class"),
        ("token", "cap"),
        ("token", "decimals"),
        ("token", "name"),
    ] {
        let is_it = |finding: &&Finding| match &finding.difference {
            Difference::Column { column: found, .. } => finding.table == table && *found == column,
            _ => false,
        };
        assert!(
            findings.iter().any(|finding| is_it(&finding)),
            "{table}.{column}"
        );
    }
}

#[tokio::test]
async fn a_note_out_of_nothing() {
    let findings = found(
        "INSERT INTO mirror.note VALUES ('gold', 'bob', 'lane.999', 1, 0, 0); \
         UPDATE mirror.balance SET amount = amount + 1, notes = notes + 1 \
         WHERE account = 'bob' AND token = 'gold'",
    )
    .await;
    let unexpected = Difference::Unexpected;
    has(
        &findings,
        "note",
        "gold/bob/lane.999",
        &unexpected,
        Proof::Writes,
    );
    let of_supply = |finding: &Finding| finding.table == "token" && finding.proof == Proof::Notes;
    assert!(findings.iter().any(of_supply), "{findings:#?}");
}

async fn against(store: &TestStore, recording: &Recording) -> Result<Verification, MirrorError> {
    Verifier::new(store).against(recording).run().await
}

#[tokio::test]
async fn a_copy_that_was_rewritten_as_a_whole_is_found_out_by_the_peer() {
    let store = store().await;
    let forged = asset_chain_with_memo("für Birnen").recording;
    mirror(&store, &forged, options()).await.unwrap();
    assert!(verify(&store).await.unwrap().is_good());
    assert!(against(&store, &forged).await.unwrap().is_good());

    let verification = against(&store, &asset_chain().recording).await.unwrap();
    assert!(verification.is_against_peer && !verification.is_good());
    let is_payload = |finding: &Finding| {
        let is_payload = matches!(
            finding.difference,
            Difference::Column {
                column: "payload",
                ..
            }
        );
        finding.table == "event" && finding.proof == Proof::Peer && is_payload
    };
    let findings = &verification.findings;
    assert!(findings.iter().any(is_payload), "{findings:#?}");
    assert!(
        findings.iter().all(|finding| finding.proof == Proof::Peer),
        "{findings:#?}"
    );
}

#[tokio::test]
async fn chains_of_fabric_are_what_their_peers_have() {
    for fixture in [fabric_2_5(), fabric_3_1()] {
        let (store, recording) = (store().await, fixture.recording);
        mirror(&store, &recording, options()).await.unwrap();
        let verification = against(&store, &recording).await.unwrap();
        assert_eq!(verification.findings, []);
        assert_eq!(verification.blocks, recording.last() + 1);
    }
}

#[tokio::test]
async fn a_mirror_that_a_peer_is_behind_is_not_called_wrong() {
    let store = asset_store().await;
    let error = against(&store, &asset_chain().recording.cut(5)).await;
    assert!(
        matches!(error, Err(MirrorError::PeerBehind { block: 5 })),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_mirror_that_goes_on_writing_is_verified_as_it_was() {
    let store = store().await;
    let recording = fabric_2_5().recording;
    let one_by_one = crate::database::block_by_block();
    let running = Running::start(&store, &recording, one_by_one);
    let mut last = None;
    while !running.is_finished() {
        let verification = verify(&store).await.unwrap();
        assert_eq!(verification.findings, []);
        last = verification.last.map(|block| block.number);
    }
    running.end().await.unwrap();
    assert!(last <= Some(recording.last()));
    assert!(verify(&store).await.unwrap().is_good());
}

#[tokio::test]
async fn an_empty_copy_verifies_and_rows_out_of_nothing_do_not() {
    let store = store().await;
    let verification = verify(&store).await.unwrap();
    assert_eq!((verification.findings, verification.blocks), (vec![], 0));
    for sql in [
        "INSERT INTO mirror.token VALUES ('gold', 'Gold', 'XAU', 0, 5, 'mint')",
        "INSERT INTO mirror.balance VALUES ('gold', 'alice', 5, 1)",
        "INSERT INTO mirror.state (namespace, collection, key, value, block, index) \
         VALUES ('assets', '', 'k', 'v', 0, 0)",
        "SET session_replication_role = replica; \
         INSERT INTO mirror.event VALUES (0, 0, 'assets', 'events', '')",
    ] {
        store.database.query(sql).await.unwrap();
    }
    let findings = verify(&store).await.unwrap().findings;
    for table in ["token", "balance", "state", "event"] {
        let is_it = |finding: &Finding| finding.table == table;
        assert!(findings.iter().any(is_it), "{table}: {findings:#?}");
    }
}

#[tokio::test]
async fn progress_counts_rows_and_blocks() {
    let store = asset_store().await;
    let verifier = Verifier::new(&store);
    let progress = verifier.progress();
    let verification = verifier.run().await.unwrap();
    let seen = progress.borrow().clone();
    assert_eq!(seen.stage, Stage::Sums);
    assert_eq!(seen.blocks, asset_chain().recording.last() + 1);
    assert_eq!(seen.blocks, seen.blocks_total);
    assert_eq!(
        (seen.rows, seen.transactions),
        (verification.rows, verification.transactions)
    );
    assert!(seen.rows > seen.transactions && seen.rows_per_second() > 0);
}
