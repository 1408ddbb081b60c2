//! Bytes that are no message, and messages that are too large, on every method of every port.

use std::net::SocketAddr;

use bytes::Bytes;
use fabric_devnet::Network;
use fabric_msp::layout;
use fabric_protos::RawCodec;
use tokio::{io::AsyncReadExt as _, io::AsyncWriteExt as _, net::TcpStream};
use tonic::{Code, Request, Status, client::Grpc, transport::Channel};

use crate::support::{Client, client, ephemeral, wait};

const PEER_METHODS: [&str; 10] = [
    "/discovery.Discovery/Discover",
    "/gateway.Gateway/Endorse",
    "/gateway.Gateway/Submit",
    "/gateway.Gateway/CommitStatus",
    "/gateway.Gateway/Evaluate",
    "/gateway.Gateway/ChaincodeEvents",
    "/protos.Endorser/ProcessProposal",
    "/protos.Deliver/Deliver",
    "/protos.Deliver/DeliverFiltered",
    "/protos.Deliver/DeliverWithPrivateData",
];

const ORDERER_METHODS: [&str; 2] = [
    "/orderer.AtomicBroadcast/Broadcast",
    "/orderer.AtomicBroadcast/Deliver",
];

/// Every method with a connection to its port.
async fn methods(network: &Network) -> Vec<(&'static str, Channel)> {
    let peer = &network.state().peers[0];
    let peer = client::connect(peer.address, &peer.tls_ca).await;
    let authority = layout::orderer_tls_ca(network.organizations_dir());
    let orderer = client::connect(network.orderer_endpoint(), &authority).await;
    let peer = PEER_METHODS
        .into_iter()
        .map(|method| (method, peer.clone()));
    let orderer = ORDERER_METHODS
        .into_iter()
        .map(|method| (method, orderer.clone()));
    peer.chain(orderer).collect()
}

/// Calls a method with these bytes; gives the first failure of call or stream.
async fn call(channel: &Channel, method: &'static str, bytes: Bytes) -> Result<(), Status> {
    let mut grpc = Grpc::new(channel.clone()).max_encoding_message_size(usize::MAX);
    grpc.ready().await.unwrap();
    let request = Request::new(tokio_stream::once(bytes));
    let path = http::uri::PathAndQuery::from_static(method);
    let mut stream = grpc.streaming(request, path, RawCodec).await?.into_inner();
    while stream.message().await?.is_some() {}
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_are_no_message_get_a_status() {
    let network = ephemeral().await;
    for (method, channel) in methods(&network).await {
        let garbage = Bytes::from_static(&[0xff; 16]);
        let failed = wait::within(method, call(&channel, method, garbage)).await;
        assert_eq!(failed.unwrap_err().code(), Code::Internal, "{method}");
    }
    assert_eq!(Client::user1(&network).await.blocks(0, 0).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_over_the_limit_get_a_status() {
    let network = ephemeral().await;
    let large = Bytes::from(vec![0; (100 << 20) + 1]);
    for (method, channel) in methods(&network).await {
        let failed = wait::within(method, call(&channel, method, large.clone())).await;
        let status = failed.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted, "{method}");
        let text = "grpc: received message larger than max (104857601 vs. ";
        assert!(status.message().starts_with(text), "{method}: {status:?}");
    }
    assert_eq!(Client::user1(&network).await.blocks(0, 0).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn empty_messages_get_a_status() {
    let network = ephemeral().await;
    for (method, channel) in methods(&network).await {
        let result = wait::within(method, call(&channel, method, Bytes::new())).await;
        // Deliver and Broadcast say what is wrong within the stream.
        assert_eq!(
            result.is_ok(),
            method.contains("liver") || method.contains("Broadcast"),
            "{method}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_method_is_unimplemented() {
    let network = ephemeral().await;
    let peer = &network.state().peers[0];
    let channel = client::connect(peer.address, &peer.tls_ca).await;
    let failed = call(&channel, "/gateway.Gateway/Nothing", Bytes::new()).await;
    assert_eq!(failed.unwrap_err().code(), Code::Unimplemented);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_without_tls_are_closed() {
    let network = ephemeral().await;
    let peer = network.peer_endpoint("Org1MSP").unwrap();
    for address in [peer, network.orderer_endpoint()] {
        let answer = talk(address, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    }
    let answer = talk(network.admin_endpoint(), b"garbage\r\n\r\n").await;
    assert!(
        answer.starts_with(b"HTTP/1.1 400"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    assert_eq!(Client::user1(&network).await.blocks(0, 0).await.len(), 1);
}

/// Sends bytes and reads until the other side hangs up.
async fn talk(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // A reset is an end too.
    let _ = wait::within("the end of the connection", stream.read_to_end(&mut answer)).await;
    answer
}
