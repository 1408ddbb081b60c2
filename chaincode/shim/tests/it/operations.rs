//! The operations port: what it counts.

use crate::{
    mock_peer::{BATCHES, MockPeer},
    server::Running,
};

#[tokio::test(flavor = "multi_thread")]
async fn transactions_and_their_requests_are_counted() {
    let server = Running::start().await;
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    assert_eq!(
        peer.answer("a", &["put-many", "900", "4"]).await.status,
        200
    );
    assert_eq!(peer.answer("b", &["get", "", "x"]).await.status, 200);
    assert_eq!(peer.answer("c", &["fail", "409", "no"]).await.status, 409);
    assert_eq!(peer.answer("d", &["panic"]).await.status, 500);
    let metrics = server.metrics().await;
    for line in [
        "chaincode_transactions_total{outcome=\"ok\"} 2",
        "chaincode_transactions_total{outcome=\"failed\"} 1",
        "chaincode_transactions_total{outcome=\"panicked\"} 1",
        "chaincode_requests_total{type=\"WRITE_BATCH_STATE\"} 1",
        "chaincode_requests_total{type=\"GET_STATE\"} 1",
        "chaincode_requests_per_transaction_bucket{le=\"0\"} 2",
        "chaincode_requests_per_transaction_bucket{le=\"1\"} 4",
        "chaincode_requests_per_transaction_sum 2",
        "chaincode_transaction_duration_seconds_count 4",
        "chaincode_transactions_in_flight 0",
        "chaincode_threads_given_up 0",
        "chaincode_streams 1",
    ] {
        assert!(
            metrics.lines().any(|found| found == line),
            "{line}: {metrics}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_port_answers_what_is_asked_and_nothing_else() {
    let server = Running::start().await;
    for (path, status) in [
        ("/healthz", 200),
        ("/readyz", 200),
        ("/metrics", 200),
        ("/", 404),
    ] {
        let answer = server.operations(path).await;
        let head = format!("HTTP/1.1 {status}");
        assert!(answer.starts_with(&head), "{path}: {answer}");
    }
}
