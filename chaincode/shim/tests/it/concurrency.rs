//! Many transactions, several peers: side by side, none waiting for another's answer.

use crate::{
    mock_peer::{BATCHES, MockPeer, completed, error_text, terminal},
    server::{Running, eventually, short},
};
use fabric_chaincode_shim::Limits;

#[tokio::test(flavor = "multi_thread")]
async fn transactions_interleave_on_one_stream() {
    const MANY: usize = 100;
    let server = Running::start().await;
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    peer.hold();
    let mut answers = Vec::new();
    for n in 0..MANY {
        answers.push(
            peer.begin(&format!("tx{n}"), &["get", "", &format!("key{n}")])
                .await,
        );
    }
    // Each has asked, none has its reply.
    peer.wait_for_requests(MANY).await;
    peer.release();
    for answer in answers {
        assert_eq!(completed(&terminal(answer).await).status, 200);
    }
    peer.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn peers_do_not_wait_for_each_other() {
    let server = Running::start().await;
    let slow = MockPeer::ready(server.address, Some(BATCHES)).await;
    let fast = MockPeer::ready(server.address, None).await;
    slow.hold();
    // The same transaction is endorsed by both.
    let held = slow.begin("tx", &["write", "put", "", "a"]).await;
    slow.wait_for_requests(1).await;
    assert_eq!(
        fast.answer("tx", &["write", "put", "", "a"]).await.status,
        200
    );
    slow.release();
    assert_eq!(completed(&terminal(held).await).status, 200);
    slow.assert_rules_kept();
    fast.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_id_on_two_channels_is_two_transactions() {
    let server = Running::start().await;
    let mut peer = crate::raw_peer::RawPeer::connect(server.address).await;
    crate::hostile::become_ready(&mut peer).await;
    let here = crate::mock_peer::transaction("tx", &["get", "", "a"]);
    let there = fabric_protos::peer::ChaincodeMessage {
        channel_id: "other".into(),
        ..here.clone()
    };
    peer.send(here).await;
    peer.send(there).await;
    let mut channels = Vec::new();
    for _ in 0..2 {
        channels.push(peer.next().await.unwrap().unwrap().channel_id);
    }
    channels.sort();
    assert_eq!(channels, ["mychannel", "other"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_waits_for_a_thread_and_then_runs() {
    let limits = Limits {
        concurrency_max: 1,
        queue_max: 1,
        ..Limits::default()
    };
    let server = Running::with_limits(limits).await;
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    peer.hold();
    let first = peer.begin("first", &["get", "", "a"]).await;
    peer.wait_for_requests(1).await;
    let second = peer.begin("second", &["get", "", "a"]).await;
    peer.release();
    assert_eq!(completed(&terminal(first).await).status, 200);
    assert_eq!(completed(&terminal(second).await).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn overload_is_an_error_message_and_passes() {
    let limits = Limits {
        concurrency_max: 1,
        queue_max: 0,
        ..Limits::default()
    };
    let server = Running::with_limits(limits).await;
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    peer.hold();
    let first = peer.begin("first", &["get", "", "a"]).await;
    peer.wait_for_requests(1).await;
    let refused = peer.run("second", &["noop"]).await;
    assert!(error_text(&refused).contains("overloaded"));
    peer.release();
    assert_eq!(completed(&terminal(first).await).status, 200);
    eventually(async || {
        peer.run("third", &["noop"]).await.r#type()
            == fabric_protos::peer::chaincode_message::Type::Completed
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_never_gets_a_thread_ends_at_its_deadline() {
    let server = Running::with_limits(Limits {
        concurrency_max: 1,
        ..short()
    })
    .await;
    let release = server.stalls();
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    let stalled = peer.begin("stalled", &["stall"]).await;
    eventually(async || server.script.seen.lock().unwrap().is_some()).await;
    let waiting = peer.begin("waiting", &["noop"]).await;
    assert_eq!(completed(&terminal(stalled).await).status, 504);
    assert_eq!(completed(&terminal(waiting).await).status, 504);
    release.send(()).unwrap();
    eventually(async || peer.answer("next", &["noop"]).await.status == 200).await;
    peer.assert_rules_kept();
}
