//! Calls of other chaincode through the peer.

use fabric_protos::peer::{ChaincodeMessage, Response, chaincode_message::Type};
use prost::Message;

use crate::{
    mock_peer::{BATCHES, MockPeer, message},
    server::Running,
};

async fn call_ending_with(callee: Option<ChaincodeMessage>) -> Response {
    let server = Running::start().await;
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    peer.ledger(|ledger| ledger.callee = callee);
    let answer = peer.answer("tx", &["call", "other", "", "f", "x"]).await;
    assert_eq!(peer.requests("tx"), [Type::InvokeChaincode]);
    peer.assert_rules_kept();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn the_callee_is_named_with_its_channel() {
    let server = Running::start().await;
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    peer.answer("tx1", &["call", "other", "", "f"]).await;
    peer.answer("tx2", &["call", "other", "elsewhere", "f"])
        .await;
    assert_eq!(
        peer.ledger(|ledger| ledger.calls.clone()),
        ["other", "other/elsewhere"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_callees_answer_comes_back_whatever_its_status() {
    let answer = call_ending_with(None).await;
    assert_eq!(answer.status, 200);
    assert!(String::from_utf8_lossy(&answer.payload).contains("payload: [102, 120]"));

    let failed = Response {
        status: 404,
        message: "not here".into(),
        ..Response::default()
    };
    let callee = message(Type::Completed, "", failed.encode_to_vec());
    let answer = call_ending_with(Some(callee)).await;
    assert_eq!(answer.status, 200);
    assert!(String::from_utf8_lossy(&answer.payload).contains("status: 404"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callee_that_ends_with_error_gave_no_answer() {
    let callee = message(Type::Error, "", b"shutting down".to_vec());
    let answer = call_ending_with(Some(callee)).await;
    assert_eq!(answer.status, 500);
    assert!(
        answer.message.contains("shutting down"),
        "{}",
        answer.message
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callee_that_ends_with_nonsense_gave_no_answer() {
    for kind in [Type::GetState, Type::Undefined] {
        assert_eq!(
            call_ending_with(Some(message(kind, "", Vec::new())))
                .await
                .status,
            500
        );
    }
}
