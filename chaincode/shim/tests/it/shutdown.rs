//! The end: what runs finishes, what is new is refused, and it never hangs on a connected peer.

use std::time::{Duration, Instant};

use fabric_chaincode_shim::Limits;
use fabric_protos::peer::chaincode_message::Type;
use tokio::net::TcpStream;
use tonic::transport::Channel;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::{
    mock_peer::{BATCHES, MockPeer, completed, error_text, terminal},
    server::{Running, eventually, short},
};

#[tokio::test(flavor = "multi_thread")]
async fn in_flight_transactions_finish_and_new_ones_are_refused() {
    let mut server = Running::start().await;
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    peer.hold();
    let in_flight = peer.begin("in-flight", &["write", "put", "", "a"]).await;
    peer.wait_for_requests(1).await;
    server.shut_down();
    let address = server.address;
    eventually(async || serving_status(address).await == NOT_SERVING).await;
    eventually(async || peer.run("new", &["noop"]).await.r#type() == Type::Error).await;
    let refused = peer.run("newer", &["noop"]).await;
    assert!(error_text(&refused).contains("shutting down"));
    assert!(!server.has_stopped());
    peer.release();
    assert_eq!(completed(&terminal(in_flight).await).status, 200);
    peer.assert_rules_kept();
    server.stopped().await.unwrap();
    assert!(
        peer.ended().await.is_none(),
        "the stream ends without an error"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connected_peer_does_not_keep_the_server_alive() {
    let mut server = Running::start().await;
    let peers = [
        MockPeer::ready(server.address, Some(BATCHES)).await,
        MockPeer::ready(server.address, None).await,
    ];
    let silent = TcpStream::connect(server.address).await.unwrap();
    let address = server.address;
    let began = Instant::now();
    server.shut_down();
    server.stopped().await.unwrap();
    // Two seconds for the silent connection, and not the patience of this test.
    assert!(began.elapsed() < Duration::from_secs(10));
    for peer in peers {
        assert!(peer.ended().await.is_none());
    }
    assert!(
        TcpStream::connect(address).await.is_err(),
        "the port is free"
    );
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_does_not_finish_is_given_up() {
    let limits = Limits {
        execute_timeout: Duration::from_secs(3_600),
        ..short()
    };
    let mut server = Running::with_limits(limits).await;
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    peer.hold();
    let stuck = peer.begin("stuck", &["get", "", "a"]).await;
    peer.wait_for_requests(1).await;
    server.shut_down();
    assert!(error_text(&terminal(stuck).await).contains("shutting down"));
    server.stopped().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_told_per_service() {
    let server = Running::start().await;
    assert_eq!(serving_status(server.address).await, SERVING);
}

pub(crate) const SERVING: i32 = 1;
pub(crate) const NOT_SERVING: i32 = 2;

pub(crate) async fn serving_status(address: std::net::SocketAddr) -> i32 {
    let channel = Channel::from_shared(format!("http://{address}")).unwrap();
    let request = HealthCheckRequest {
        service: "protos.Chaincode".to_owned(),
    };
    let mut client = HealthClient::new(channel.connect().await.unwrap());
    client.check(request).await.unwrap().into_inner().status
}
