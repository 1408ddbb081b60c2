//! A stream that breaks in the middle of anything: nothing hangs, nothing of it is left.

use fabric_contract_api_rust::peer::PeerError;
use fabric_protos::peer::{
    ChaincodeMessage, QueryResponse, QueryResultBytes, Response, chaincode_message::Type,
};
use prost::Message;

use crate::{
    hostile::{assert_still_serves, become_ready_with},
    mock_peer::{BATCHES, message, transaction},
    raw_peer::RawPeer,
    server::{Running, eventually},
};

/// A reply that says there is more to come.
fn first_page() -> Vec<u8> {
    let row = fabric_protos::queryresult::Kv {
        key: "a".into(),
        value: "1".into(),
        ..Default::default()
    };
    QueryResponse {
        results: vec![QueryResultBytes {
            result_bytes: row.encode_to_vec().into(),
        }],
        has_more: true,
        id: "query".into(),
        ..QueryResponse::default()
    }
    .encode_to_vec()
}

/// Answers so many requests of a transaction, and breaks the connection at the next one.
async fn cut(args: &[&str], replies: &[Vec<u8>]) {
    let server = Running::start().await;
    let mut peer = RawPeer::connect(server.address).await;
    become_ready_with(&mut peer, Some(BATCHES)).await;
    peer.send(transaction("tx", args)).await;
    for reply in replies {
        let request = peer.next().await.unwrap().unwrap();
        assert_eq!(request.txid, "tx");
        peer.send(message(Type::Response, "tx", reply.clone()))
            .await;
    }
    peer.next().await.unwrap().unwrap();
    drop(peer);
    eventually(async || !server.script.errors.lock().unwrap().is_empty()).await;
    let errors = server.script.errors.lock().unwrap().clone();
    assert!(
        matches!(errors[..], [(_, PeerError::Gone { .. })]),
        "{args:?}"
    );
    eventually(async || server.metrics().await.contains("in_flight 0\n")).await;
    let metrics = server.metrics().await;
    assert!(metrics.contains("{outcome=\"abandoned\"} 1\n"), "{metrics}");
    assert!(metrics.contains("transaction_bytes 0\n"), "{metrics}");
    assert_still_serves(server.address).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_middle_of_a_read() {
    cut(&["get", "", "a"], &[]).await;
    cut(&["get", "secrets", "a", "b"], &[b"1".to_vec()]).await;
    cut(&["history", "a"], &[]).await;
    cut(&["hash", "secrets", "a"], &[]).await;
    cut(&["metadata", "", "a"], &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_middle_of_a_query() {
    cut(&["range", "a", "z"], &[]).await;
    cut(&["range", "a", "z"], &[first_page(), first_page()]).await;
    cut(&["first-page", "a", "z"], &[first_page()]).await;
    cut(&["select", "{}"], &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_middle_of_a_flush() {
    cut(&["put-many", "2300", "4"], &[]).await;
    cut(&["put-many", "2300", "4"], &[Vec::new(), Vec::new()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_middle_of_a_call() {
    cut(&["call", "other", ""], &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_middle_of_the_handshake() {
    let server = Running::start().await;
    for said in [&[][..], &[Type::Registered]] {
        let mut peer = RawPeer::connect(server.address).await;
        peer.next().await.unwrap();
        for kind in said {
            peer.send(message(*kind, "", Vec::new())).await;
        }
        drop(peer);
    }
    eventually(async || server.metrics().await.contains("chaincode_streams 0\n")).await;
    assert_still_serves(server.address).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_said_twice_are_heard_once() {
    let server = Running::start().await;
    let mut peer = RawPeer::connect(server.address).await;
    become_ready_with(&mut peer, Some(BATCHES)).await;
    for kind in [Type::Registered, Type::Ready, Type::Registered] {
        peer.send(message(kind, "", Vec::new())).await;
    }
    peer.send(transaction("tx", &["get", "", "a"])).await;
    peer.next().await.unwrap().unwrap();
    for _ in 0..3 {
        peer.send(message(Type::Response, "tx", b"1".to_vec()))
            .await;
    }
    assert_completed(peer.next().await.unwrap().unwrap(), "tx");
    // Replies to a transaction that is over are nobody's.
    peer.send(message(Type::Response, "tx", b"1".to_vec()))
        .await;
    peer.send(transaction("tx", &["noop"])).await;
    assert_completed(peer.next().await.unwrap().unwrap(), "tx");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_reaches_its_own_transaction_only() {
    let server = Running::start().await;
    let mut peer = RawPeer::connect(server.address).await;
    become_ready_with(&mut peer, None).await;
    peer.send(transaction("tx", &["get", "", "a"])).await;
    peer.next().await.unwrap().unwrap();
    peer.send(message(Type::Response, "another", b"wrong".to_vec()))
        .await;
    let elsewhere = ChaincodeMessage {
        channel_id: "elsewhere".into(),
        ..message(Type::Response, "tx", b"wrong".to_vec())
    };
    peer.send(elsewhere).await;
    peer.send(message(Type::Response, "tx", b"right".to_vec()))
        .await;
    let answer = peer.next().await.unwrap().unwrap();
    let response = assert_completed(answer, "tx");
    let right = format!("{:?}", [Some(b"right")]);
    assert_eq!(response.payload, right);
}

#[track_caller]
fn assert_completed(answer: ChaincodeMessage, id: &str) -> Response {
    assert_eq!(
        (answer.r#type(), answer.txid.as_str()),
        (Type::Completed, id)
    );
    let response = Response::decode(answer.payload).unwrap();
    assert_eq!(response.status, 200, "{response:?}");
    response
}
