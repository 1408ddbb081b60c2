//! REGISTER, REGISTERED, READY: who speaks when, and what a peer offers.

use fabric_protos::peer::{ChaincodeAdditionalParams, chaincode_message::Type};
use prost::Message;
use tonic::Code;

use crate::{
    mock_peer::{BATCHES, MockPeer, message, transaction},
    raw_peer::RawPeer,
    server::{Running, short},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_registers_the_chaincode_by_its_package_id() {
    let server = Running::start().await;
    // The mock peer checks the id.
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    assert_eq!(peer.answer("tx", &["noop"]).await.payload, "done");
    peer.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_of_the_2_5_line_sends_an_empty_ready() {
    let server = Running::start().await;
    let peer = MockPeer::ready(server.address, None).await;
    assert_eq!(peer.answer("tx", &["noop"]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_that_cannot_be_read_offers_nothing() {
    let server = Running::start().await;
    let mut peer = RawPeer::connect(server.address).await;
    peer.next().await.unwrap();
    peer.send(message(Type::Registered, "", Vec::new())).await;
    peer.send(message(Type::Ready, "", vec![0xff; 9])).await;
    peer.send(transaction("tx", &["put-many", "1", "1"])).await;
    assert_eq!(peer.next().await.unwrap().unwrap().r#type(), Type::PutState);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tiny_offer_counts_as_a_hundred() {
    let server = Running::start().await;
    let offer = ChaincodeAdditionalParams {
        max_size_write_batch: 3,
        ..BATCHES
    };
    let peer = MockPeer::ready(server.address, Some(offer)).await;
    peer.answer("tx", &["put-many", "150", "1"]).await;
    assert_eq!(peer.ledger(|ledger| ledger.batches.clone()), [100, 50]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ready_before_registered_ends_the_stream() {
    let server = Running::start().await;
    let mut peer = RawPeer::connect(server.address).await;
    peer.next().await.unwrap();
    peer.send(message(Type::Ready, "", BATCHES.encode_to_vec()))
        .await;
    assert_eq!(
        peer.next().await.unwrap_err().code(),
        Code::FailedPrecondition
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_registration_is_told() {
    let server = Running::start().await;
    let mut peer = RawPeer::connect(server.address).await;
    peer.next().await.unwrap();
    peer.send(message(Type::Error, "", b"duplicate chaincodeID".to_vec()))
        .await;
    let status = peer.next().await.unwrap_err();
    assert!(
        status.message().contains("duplicate chaincodeID"),
        "{status}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_never_answers_register_is_let_go() {
    let server = Running::with_limits(short()).await;
    let mut peer = RawPeer::connect(server.address).await;
    peer.next().await.unwrap();
    let status = peer.next().await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert!(status.message().contains("CHAINCODE_ID"), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keepalives_are_echoed_before_and_after_ready() {
    let server = Running::start().await;
    let mut peer = RawPeer::connect(server.address).await;
    peer.next().await.unwrap();
    let keepalive = message(Type::Keepalive, "", Vec::new());
    peer.send(keepalive.clone()).await;
    assert_eq!(peer.next().await.unwrap().unwrap(), keepalive);
    peer.send(message(Type::Registered, "", Vec::new())).await;
    peer.send(message(Type::Ready, "", Vec::new())).await;
    peer.send(keepalive.clone()).await;
    assert_eq!(peer.next().await.unwrap().unwrap(), keepalive);
}
