//! Bounds: threads that never end, bytes of one transaction and of all.

use fabric_chaincode_shim::Limits;
use fabric_protos::peer::chaincode_message::Type;

use crate::{
    mock_peer::{BATCHES, MockPeer, completed, error_text, terminal},
    server::{Running, eventually, short},
    shutdown::{NOT_SERVING, SERVING, serving_status},
};

const MIB: usize = 1024 * 1024;

fn text(bytes: usize) -> String {
    "x".repeat(bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_past_its_deadline_gives_its_place_to_others() {
    let limits = Limits {
        concurrency_max: 1,
        ..short()
    };
    let server = Running::with_limits(limits).await;
    let release = server.stalls();
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    assert_eq!(peer.answer("stalled", &["stall"]).await.status, 504);
    eventually(async || peer.answer("next", &["noop"]).await.status == 200).await;
    assert!(server.metrics().await.contains("threads_given_up 1\n"));
    release.send(()).unwrap();
    eventually(async || {
        let metrics = server.metrics().await;
        metrics.contains("threads_given_up 0\n")
    })
    .await;
    peer.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_threads_that_never_end_take_the_server_out_of_service() {
    let limits = Limits {
        given_up_max: 1,
        ..short()
    };
    let server = Running::with_limits(limits).await;
    let release = server.stalls();
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    assert_eq!(peer.answer("stalled", &["stall"]).await.status, 504);
    eventually(async || peer.run("next", &["noop"]).await.r#type() == Type::Error).await;
    let refused = error_text(&peer.run("next", &["noop"]).await);
    assert!(refused.contains("1 transactions"), "{refused}");
    assert!(refused.contains("restart"), "{refused}");
    assert_eq!(serving_status(server.address).await, NOT_SERVING);
    assert!(
        server
            .operations("/readyz")
            .await
            .starts_with("HTTP/1.1 503")
    );
    assert!(
        server
            .operations("/healthz")
            .await
            .starts_with("HTTP/1.1 200")
    );
    release.send(()).unwrap();
    eventually(async || serving_status(server.address).await == SERVING).await;
    assert_eq!(peer.answer("after", &["noop"]).await.status, 200);
    peer.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_transaction_moves_no_more_bytes_than_it_may() {
    let limits = Limits {
        transaction_bytes_max: MIB,
        ..Limits::default()
    };
    let server = Running::with_limits(limits).await;
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    peer.ledger(|ledger| ledger.put("", "large", &text(2 * MIB)));
    let two = (2 * MIB).to_string();
    let calls: [&[&str]; 2] = [&["get", "", "large"], &["put-many", "1", &two]];
    for call in calls {
        let answer = peer.answer("tx", call).await;
        assert_eq!(answer.status, 500);
        assert!(answer.message.contains("1048576 bytes"), "{answer:?}");
        assert!(answer.message.contains("TRANSACTION_BYTES_MAX"));
    }
    assert!(peer.ledger(|ledger| ledger.batches.is_empty()));
    let request = peer.run("tx", &["noop", &text(2 * MIB)]).await;
    assert!(error_text(&request).contains("1048576 bytes"));
    assert!(server.metrics().await.contains("transaction_bytes 0\n"));
    assert_eq!(peer.answer("next", &["noop"]).await.status, 200);
    peer.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn all_transactions_together_hold_no_more_bytes_than_they_may() {
    let limits = Limits {
        memory_bytes_max: 2 * MIB,
        ..Limits::default()
    };
    let server = Running::with_limits(limits).await;
    let slow = MockPeer::ready(server.address, Some(BATCHES)).await;
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    slow.hold();
    // The arguments stand in the message twice: as the input, and in the signed proposal.
    let filler = text(3 * MIB / 4);
    let first = slow.begin("first", &["swallow", "a", &filler]).await;
    slow.wait_for_requests(1).await;
    let refused = peer.run("second", &["noop", &text(MIB / 2)]).await;
    assert!(error_text(&refused).contains("as many bytes as it may"));
    // A small one runs, and what it reads does not fit: the contract cannot hide that.
    peer.ledger(|ledger| ledger.put("", "large", &text(MIB)));
    let reader = peer.run("reader", &["swallow", "large"]).await;
    assert!(error_text(&reader).contains("overloaded"));
    slow.release();
    assert_eq!(completed(&terminal(first).await).status, 200);
    eventually(async || {
        peer.run("third", &["noop", &text(MIB / 2)]).await.r#type() == Type::Completed
    })
    .await;
    peer.assert_rules_kept();
    slow.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_a_peer_refused_are_never_reported_as_success() {
    for offer in [Some(BATCHES), None] {
        let server = Running::start().await;
        let peer = MockPeer::ready(server.address, offer).await;
        peer.ledger(|ledger| ledger.refusal = Some("collection unknown".to_owned()));
        let answer = peer.answer("tx", &["put-and-shrug", "30"]).await;
        assert_eq!(answer.status, 500);
        assert!(answer.message.contains("did not take"), "{answer:?}");
        // The first refusal is the last request.
        assert_eq!(peer.requests("tx").len(), 1);
        peer.assert_rules_kept();
    }
}
