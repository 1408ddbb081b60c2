//! Bytes and messages that no peer of Fabric sends: answered or logged, and the server goes on.

use std::net::SocketAddr;

use bytes::Bytes;
use fabric_protos::{
    RawCodec,
    peer::{ChaincodeAdditionalParams, chaincode_message::Type},
};
use prost::Message as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::{Code, transport::Channel};

use crate::{
    mock_peer::{BATCHES, MockPeer, PATIENCE, error_text, message, terminal, transaction},
    raw_peer::RawPeer,
    server::Running,
};

/// Finishes the handshake of a peer that then breaks the rules.
pub(crate) async fn become_ready(peer: &mut RawPeer) {
    become_ready_with(peer, None).await;
}

pub(crate) async fn become_ready_with(
    peer: &mut RawPeer,
    offer: Option<ChaincodeAdditionalParams>,
) {
    peer.next().await.unwrap();
    peer.send(message(Type::Registered, "", Vec::new())).await;
    let offer = offer.map(|offer| offer.encode_to_vec()).unwrap_or_default();
    peer.send(message(Type::Ready, "", offer)).await;
}

pub(crate) async fn assert_still_serves(address: SocketAddr) {
    let peer = MockPeer::ready(address, Some(BATCHES)).await;
    assert_eq!(peer.answer("still", &["noop"]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_cannot_be_read_is_refused_and_the_stream_lives() {
    let server = Running::start().await;
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    let mut bad_input = transaction("a", &["noop"]);
    bad_input.payload = Bytes::from_static(&[0xff; 20]);
    let mut no_proposal = transaction("b", &["noop"]);
    no_proposal.proposal = None;
    let mut bad_proposal = transaction("c", &["noop"]);
    bad_proposal.proposal.as_mut().unwrap().proposal_bytes = Bytes::from_static(b"\x0a\xff");
    for (bad, part) in [
        (bad_input, "input"),
        (no_proposal, "proposal"),
        (bad_proposal, "proposal"),
    ] {
        let answer = terminal(peer.begin_with(bad).await).await;
        assert!(error_text(&answer).contains(part));
    }
    assert_eq!(peer.answer("tx", &["noop"]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_no_use_are_answered_or_dropped() {
    let server = Running::start().await;
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    peer.hold();
    let running = peer.begin("running", &["get", "", "a"]).await;
    peer.wait_for_requests(1).await;
    // Replies to nobody, kinds out of place, and a kind about a transaction in flight: dropped.
    for kind in [Type::Response, Type::Error] {
        peer.send(message(kind, "nobody", vec![1, 2, 3])).await;
    }
    peer.send(message(Type::Ready, "", Vec::new())).await;
    peer.send(message(Type::Register, "running", Vec::new()))
        .await;
    // An unknown kind about an unknown transaction: answered, lest a peer waits.
    let mut unknown = message(Type::Undefined, "unknown", Vec::new());
    unknown.r#type = 99;
    let answer = terminal(peer.begin_with(unknown).await).await;
    assert!(error_text(&answer).contains("99"));
    peer.release();
    assert_eq!(
        crate::mock_peer::completed(&terminal(running).await).status,
        200
    );
    peer.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_that_cannot_be_read_fail_the_transaction_only() {
    let server = Running::start().await;
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    let requests: [&[&str]; 6] = [
        &["get", "", "a", "b"],
        &["range", "a", "z"],
        &["history", "a"],
        &["select", "{}"],
        &["metadata", "", "a"],
        &["call", "other", ""],
    ];
    for nonsense in [vec![0xff; 30], b"\x0a\x02\x0a\xff".to_vec()] {
        peer.ledger(|ledger| ledger.nonsense = Some(nonsense));
        for args in requests {
            assert_eq!(peer.answer("tx", args).await.status, 500, "{args:?}");
        }
    }
    peer.ledger(|ledger| ledger.nonsense = None);
    assert_eq!(peer.answer("tx", &["get", "", "a", "b"]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_over_the_limit_ends_its_stream_with_a_status() {
    let server = Running::start().await;
    let mut peer = RawPeer::connect(server.address).await;
    become_ready(&mut peer).await;
    peer.send(message(
        Type::Transaction,
        "tx",
        vec![0; 100 * 1024 * 1024 + 1],
    ))
    .await;
    let status = peer.next().await.unwrap_err();
    assert!(
        matches!(status.code(), Code::OutOfRange | Code::ResourceExhausted),
        "{status}"
    );
    assert_still_serves(server.address).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_message_end_their_stream_with_a_status() {
    let server = Running::start().await;
    let channel = Channel::from_shared(format!("http://{}", server.address)).unwrap();
    let mut client = tonic::client::Grpc::new(channel.connect().await.unwrap());
    client.ready().await.unwrap();
    let garbage = tokio_stream::iter([Bytes::from_static(&[0xff; 64])]);
    let path = tonic::codegen::http::uri::PathAndQuery::from_static("/protos.Chaincode/Connect");
    let request = tonic::Request::new(garbage);
    let mut answers = client
        .streaming(request, path, RawCodec)
        .await
        .unwrap()
        .into_inner();
    let status = loop {
        match tokio::time::timeout(PATIENCE, answers.message())
            .await
            .unwrap()
        {
            Ok(Some(_register)) => {}
            Ok(None) => panic!("the stream ended without a status"),
            Err(status) => break status,
        }
    };
    assert_eq!(status.code(), Code::Internal);
    assert_still_serves(server.address).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_does_not_speak_grpc_is_closed() {
    let server = Running::start().await;
    let mut socket = tokio::net::TcpStream::connect(server.address)
        .await
        .unwrap();
    socket.write_all(&[0x16; 4_096]).await.unwrap();
    let mut answer = Vec::new();
    // Closed or reset: either way it ends.
    let _ = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut answer))
        .await
        .unwrap();
    assert_still_serves(server.address).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_method_is_unimplemented() {
    let server = Running::start().await;
    let channel = Channel::from_shared(format!("http://{}", server.address)).unwrap();
    let mut client = tonic::client::Grpc::new(channel.connect().await.unwrap());
    client.ready().await.unwrap();
    let path = tonic::codegen::http::uri::PathAndQuery::from_static("/protos.Endorser/Process");
    let request = tonic::Request::new(Bytes::new());
    let status = client.unary(request, path, RawCodec).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
}
