//! What goes over the wire when blocks are asked for.

use fabric_gateway_sdk::{Backoff, Code, Gateway, Timeouts};
use fabric_protos::{common, gateway, orderer};
use futures::{StreamExt as _, TryStreamExt as _};
use prost::Message;

use crate::mock::{Answer, CHAINCODE_EVENTS, DELIVER, DELIVER_FILTERED, Mock};
use crate::sample;

#[tokio::test]
async fn request_for_blocks_is_signed_and_open_ended() {
    let mock = Mock::with_chain(&sample::chain(3)).await;
    mock.network()
        .blocks()
        .from_block(1)
        .stream()
        .next()
        .await
        .unwrap()
        .unwrap();
    let envelope: common::Envelope = mock.requests(DELIVER).remove(0);
    let payload = common::Payload::decode(envelope.payload.clone()).unwrap();
    let header = payload.header.unwrap();
    let channel = common::ChannelHeader::decode(header.channel_header).unwrap();
    assert_eq!(
        (channel.r#type, channel.channel_id.as_str()),
        (5, sample::CHANNEL)
    );
    assert!(channel.timestamp.is_some() && channel.tls_cert_hash.is_empty());
    let creator = common::SignatureHeader::decode(header.signature_header)
        .unwrap()
        .creator;
    sample::assert_signed(&creator, &envelope.payload, &envelope.signature);
    let seek = orderer::SeekInfo::decode(payload.data).unwrap();
    let at = |number| {
        let specified = orderer::SeekSpecified { number };
        Some(orderer::SeekPosition {
            r#type: Some(orderer::seek_position::Type::Specified(specified)),
        })
    };
    assert_eq!(
        (seek.start, seek.stop, seek.behavior),
        (at(1), at(u64::MAX), 0)
    );
}

#[tokio::test]
async fn client_certificate_is_named_by_its_hash() {
    let mock = Mock::with_chain(&sample::chain(1)).await;
    let tls = sample::organization().member("User1").unwrap().tls();
    let endpoint = mock
        .endpoint()
        .client_certificate(&tls.certificate_pem, tls.private_key.expose())
        .unwrap();
    let gateway = Gateway::builder(sample::user())
        .endpoint(endpoint)
        .connect_lazy()
        .unwrap();
    gateway
        .network(sample::CHANNEL)
        .blocks()
        .from_block(0)
        .stream()
        .next()
        .await
        .unwrap()
        .unwrap();
    let envelope: common::Envelope = mock.requests(DELIVER).remove(0);
    let header = common::Payload::decode(envelope.payload)
        .unwrap()
        .header
        .unwrap();
    assert_eq!(
        common::ChannelHeader::decode(header.channel_header)
            .unwrap()
            .tls_cert_hash
            .len(),
        32
    );
}

#[tokio::test]
async fn request_for_chaincode_events_leaves_repetitions_to_this_side() {
    let mock = Mock::start().await;
    let response = gateway::ChaincodeEventsResponse {
        block_number: 4,
        events: vec![sample::event("bonds", "a")],
    };
    mock.then(CHAINCODE_EVENTS, Answer::message(&response));
    let mut events = mock
        .network()
        .chaincode_events("bonds")
        .from_block(4)
        .stream();
    events.try_next().await.unwrap().unwrap();
    let signed: gateway::SignedChaincodeEventsRequest = mock.requests(CHAINCODE_EVENTS).remove(0);
    let request = gateway::ChaincodeEventsRequest::decode(signed.request.clone()).unwrap();
    assert_eq!(
        (request.chaincode_id.as_str(), request.channel_id.as_str()),
        ("bonds", sample::CHANNEL)
    );
    assert_eq!(request.after_transaction_id, "");
    sample::assert_signed(&request.identity, &signed.request, &signed.signature);
}

#[tokio::test]
async fn height_is_one_more_than_the_newest_block() {
    let mock = Mock::with_chain(&sample::chain(5)).await;
    assert_eq!(mock.network().height().await.unwrap(), 5);
    mock.wait_for_open_calls(0).await;
}

#[tokio::test]
async fn height_has_a_limit() {
    let mock = Mock::start().await;
    mock.then(DELIVER_FILTERED, Answer::never());
    let timeouts = Timeouts {
        evaluate: std::time::Duration::from_millis(50),
        ..Timeouts::default()
    };
    let gateway = Gateway::builder(sample::user())
        .endpoint(mock.endpoint())
        .timeouts(timeouts)
        .connect_lazy()
        .unwrap();
    let error = gateway.network(sample::CHANNEL).height().await.unwrap_err();
    assert_eq!(error.code(), Some(Code::DeadlineExceeded));
    mock.wait_for_open_calls(0).await;
}

#[tokio::test]
async fn dropping_a_stream_ends_the_call_on_the_peer() {
    let mock = Mock::with_chain(&sample::chain(2)).await;
    let network = mock.network();
    let mut blocks = network.blocks().from_block(0).stream();
    blocks.try_next().await.unwrap().unwrap();
    let response = gateway::ChaincodeEventsResponse {
        block_number: 1,
        events: vec![sample::event("bonds", "a")],
    };
    mock.then(
        CHAINCODE_EVENTS,
        Answer::Send(vec![sample::encode(&response)], crate::mock::End::Never),
    );
    let mut events = network
        .chaincode_events("bonds")
        .from_block(0)
        .resume(Backoff::forever())
        .stream();
    events.try_next().await.unwrap().unwrap();
    mock.wait_for_open_calls(2).await;
    drop(blocks);
    mock.wait_for_open_calls(1).await;
    drop(events);
    mock.wait_for_open_calls(0).await;
}

#[tokio::test]
async fn dropping_a_stream_that_waits_for_its_first_block_ends_the_call_too() {
    let mock = Mock::with_chain(&sample::chain(1)).await;
    let mut blocks = mock.network().blocks().from_block(1).stream();
    assert!(futures::poll!(blocks.next()).is_pending());
    let waiting = tokio::spawn(async move { blocks.next().await.is_some() });
    mock.wait_for_open_calls(1).await;
    waiting.abort();
    mock.wait_for_open_calls(0).await;
}
