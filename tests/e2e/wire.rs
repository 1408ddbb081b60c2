//! Bytes that no client of ours would send, on every port: each gets an answer, none harms the others.

use std::time::Duration;

use asset_types::{ReadToken, function};
use bytes::{BufMut as _, Bytes, BytesMut};
use e2e::World;
use fabric_gateway_sdk::Error;
use http_body_util::{BodyExt as _, Full};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::Code;
use tonic::body::Body;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tower::Service as _;

/// Nothing here takes a server longer than a moment; a hang is what the tests look for.
const ANSWER_DEADLINE: Duration = Duration::from_secs(30);

const PEER_METHODS: &[&str] = &[
    "/gateway.Gateway/Evaluate",
    "/gateway.Gateway/Endorse",
    "/gateway.Gateway/Submit",
    "/gateway.Gateway/CommitStatus",
    "/gateway.Gateway/ChaincodeEvents",
    "/protos.Endorser/ProcessProposal",
    "/protos.Deliver/Deliver",
    "/protos.Deliver/DeliverFiltered",
];
const ORDERER_METHODS: &[&str] = &[
    "/orderer.AtomicBroadcast/Broadcast",
    "/orderer.AtomicBroadcast/Deliver",
];
const CHAINCODE_METHODS: &[&str] = &["/protos.Chaincode/Connect"];

#[tokio::test(flavor = "multi_thread")]
async fn malformed_and_oversized_messages_to_peers_get_a_status() {
    let world = World::shared().await;
    for peer in &world.state().peers {
        let channel = tls(&peer.address, &peer.tls_ca).await;
        every_frame_is_refused(&channel, PEER_METHODS).await;
    }
    serves(world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_and_oversized_messages_to_the_orderer_get_a_status() {
    let world = World::shared().await;
    let orderer = fabric_msp::layout::OrganizationLayout::orderer(&world.state().organizations);
    let channel = tls(&world.state().orderer, &orderer.tls_ca_certificate()).await;
    every_frame_is_refused(&channel, ORDERER_METHODS).await;
    serves(world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_and_oversized_messages_to_the_chaincode_get_a_status() {
    let world = World::shared().await;
    let endpoint = Endpoint::from_shared(format!("http://{}", world.chaincode_address()));
    let channel = endpoint
        .expect("an address")
        .connect()
        .await
        .expect("the chaincode listens");
    every_frame_is_refused(&channel, CHAINCODE_METHODS).await;
    serves(world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn method_that_nobody_has_is_unimplemented() {
    let world = World::shared().await;
    let peer = &world.state().peers[0];
    let channel = tls(&peer.address, &peer.tls_ca).await;
    assert_eq!(
        call(&channel, "/gateway.Gateway/Nothing", frame(0, &[])).await,
        Code::Unimplemented
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_tls_end_the_connection() {
    let world = World::shared().await;
    for address in [&world.state().peers[0].address, &world.state().orderer] {
        for bytes in [&b"GET / HTTP/1.1\r\nHost: peer\r\n\r\n"[..], &[0xff; 4096]] {
            let exchange = async {
                let mut stream = TcpStream::connect(address).await.expect("somebody listens");
                // The other side may be gone before everything is written.
                let _ = stream.write_all(bytes).await;
                let mut answer = Vec::new();
                let _ = stream.read_to_end(&mut answer).await;
            };
            let ended = tokio::time::timeout(ANSWER_DEADLINE, exchange).await;
            assert!(
                ended.is_ok(),
                "{address} keeps a connection that speaks no TLS"
            );
        }
    }
    serves(world).await;
}

/// Frames that hold no message: nonsense, a length beyond any limit, an unknown compression, and less
/// than was announced.
async fn every_frame_is_refused(channel: &Channel, methods: &[&str]) {
    let announced = |length: u32, bytes: &[u8]| {
        let mut frame = BytesMut::new();
        frame.put_u8(0);
        frame.put_u32(length);
        frame.put_slice(bytes);
        frame.freeze()
    };
    let frames = [
        ("nonsense", frame(0, &[0xff; 64])),
        (
            "a field that never ends",
            frame(0, &[0x0a, 0xff, 0xff, 0xff, 0xff, 0x07, 0x00]),
        ),
        ("four gigabytes announced", announced(u32::MAX, &[0; 16])),
        (
            "more than a message may have",
            announced(101 * 1024 * 1024, &[0; 16]),
        ),
        ("an unknown compression", frame(1, &[0; 16])),
        ("less than announced", announced(100, &[0; 3])),
    ];
    for method in methods {
        for (what, frame) in &frames {
            let code = call(channel, method, frame.clone()).await;
            assert_ne!(code, Code::Ok, "{what} to {method}");
        }
    }
}

/// One message of the gRPC protocol: whether it is compressed, its length, its bytes.
fn frame(compressed: u8, message: &[u8]) -> Bytes {
    let mut frame = BytesMut::new();
    frame.put_u8(compressed);
    frame.put_u32(u32::try_from(message.len()).expect("a short message"));
    frame.put_slice(message);
    frame.freeze()
}

/// Sends bytes as the body of a call, and gives the status of the answer.
async fn call(channel: &Channel, method: &str, body: Bytes) -> Code {
    let request = http::Request::post(method)
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Body::new(Full::new(body)))
        .expect("a request");
    let mut channel = channel.clone();
    let exchange = async {
        std::future::poll_fn(|context| channel.poll_ready(context))
            .await
            .expect("a connection");
        let response = channel
            .call(request)
            .await
            .unwrap_or_else(|error| panic!("{method}: {error}"));
        let (head, body) = response.into_parts();
        if let Some(status) = tonic::Status::from_header_map(&head.headers) {
            return status.code();
        }
        let collected = body
            .collect()
            .await
            .unwrap_or_else(|status| panic!("{method}: {status}"));
        let status = collected
            .trailers()
            .and_then(tonic::Status::from_header_map);
        status
            .unwrap_or_else(|| panic!("{method} ends without a status"))
            .code()
    };
    let answer = tokio::time::timeout(ANSWER_DEADLINE, exchange).await;
    answer.unwrap_or_else(|_| panic!("{method} hangs"))
}

async fn tls(address: &str, authority: &std::path::Path) -> Channel {
    let authority = std::fs::read(authority).expect("the TLS authority can be read");
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority));
    let endpoint = Endpoint::from_shared(format!("https://{address}")).expect("an address");
    let endpoint = endpoint.tls_config(tls).expect("TLS settings");
    endpoint.connect().await.expect("somebody listens")
}

/// The network still does its work.
async fn serves(world: &World) {
    let request = ReadToken {
        token: "no-such-token".parse().expect("a token id"),
    };
    let client = world.client();
    let answer = client
        .contract()
        .evaluate(function::TOKENS_READ)
        .json_arg(&request)
        .await;
    let served = matches!(&answer, Err(Error::Chaincode { message, .. }) if message.contains("TOKEN_NOT_FOUND"));
    assert!(served, "{answer:?}");
}
