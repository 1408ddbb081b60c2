//! One transaction fails: by panic, by time, by its peer's death. The others do not notice.

use fabric_contract_api_rust::peer::PeerError;

use crate::{
    mock_peer::{BATCHES, MockPeer, completed, error_text, terminal, transaction},
    raw_peer::breakable,
    server::{Running, eventually, short},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_500_that_tells_nothing_and_the_next_works() {
    let server = Running::start().await;
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    peer.hold();
    let other = peer.begin("other", &["get", "", "a"]).await;
    peer.wait_for_requests(1).await;
    let answer = peer.answer("tx", &["panic"]).await;
    assert_eq!(answer.status, 500);
    assert!(!answer.message.contains("secret"), "{}", answer.message);
    peer.release();
    assert_eq!(completed(&terminal(other).await).status, 200);
    assert_eq!(peer.answer("next", &["noop"]).await.status, 200);
    peer.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_waits_for_its_peer_ends_at_its_deadline() {
    let server = Running::with_limits(short()).await;
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    peer.hold();
    let answer = peer.answer("tx", &["get", "", "a"]).await;
    assert_eq!(answer.status, 504);
    assert!(answer.message.contains("450 ms"), "{}", answer.message);
    // The late reply finds nobody, and disturbs nobody.
    peer.release();
    assert_eq!(peer.answer("next", &["get", "", "a"]).await.status, 200);
    peer.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_past_its_deadline_cannot_ask_its_peer_any_more() {
    let server = Running::with_limits(short()).await;
    let (release, released) = std::sync::mpsc::channel();
    *server.script.stall.lock().unwrap() = Some(released);
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    assert_eq!(peer.answer("tx", &["stall"]).await.status, 504);
    release.send(()).unwrap();
    eventually(async || !server.script.errors.lock().unwrap().is_empty()).await;
    let (id, error) = server.script.errors.lock().unwrap()[0].clone();
    assert_eq!(id, "tx");
    assert!(matches!(error, PeerError::Gone { .. }), "{error}");
    assert_eq!(peer.requests("tx"), []);
    peer.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vanished_peer_fails_its_transactions_only() {
    let server = Running::start().await;
    let (way, connection) = breakable(server.address).await;
    let doomed = MockPeer::ready(way, Some(BATCHES)).await;
    let healthy = MockPeer::ready(server.address, Some(BATCHES)).await;
    doomed.hold();
    healthy.hold();
    doomed.begin("doomed", &["get", "", "a"]).await;
    let answer = healthy.begin("healthy", &["get", "", "a"]).await;
    doomed.wait_for_requests(1).await;
    healthy.wait_for_requests(1).await;
    connection.abort();
    eventually(async || !server.script.errors.lock().unwrap().is_empty()).await;
    let errors = server.script.errors.lock().unwrap().clone();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].0, "doomed");
    assert!(matches!(errors[0].1, PeerError::Gone { .. }));
    healthy.release();
    assert_eq!(completed(&terminal(answer).await).status, 200);
    let back = MockPeer::ready(server.address, Some(BATCHES)).await;
    assert_eq!(back.answer("again", &["noop"]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_too_large_for_the_peer_is_a_500() {
    let server = Running::start().await;
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    let bytes = (101 * 1024 * 1024).to_string();
    let answer = peer.answer("tx", &["huge", &bytes]).await;
    assert_eq!(answer.status, 500);
    assert!(answer.message.contains("100 MiB"), "{}", answer.message);
    assert_eq!(peer.answer("next", &["noop"]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_too_large_for_the_peer_fails_its_transaction() {
    let server = Running::start().await;
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    let bytes = (101 * 1024 * 1024).to_string();
    let answer = peer.answer("tx", &["put-many", "1", &bytes]).await;
    assert_eq!(answer.status, 500);
    assert_eq!(peer.requests("tx"), []);
    assert_eq!(peer.answer("next", &["noop"]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_id_in_flight_is_not_begun_again() {
    let server = Running::start().await;
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    peer.hold();
    let first = peer.begin("tx", &["get", "", "a"]).await;
    peer.wait_for_requests(1).await;
    let second = peer.begin_with(transaction("tx", &["noop"])).await;
    assert!(error_text(&terminal(second).await).contains("in flight"));
    peer.release();
    assert_eq!(completed(&terminal(first).await).status, 200);
    peer.assert_rules_kept();
}
