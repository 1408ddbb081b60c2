//! Streams that break: what comes after is neither lost nor repeated, and what cannot be mended is told.

use std::time::Duration;

use bytes::Bytes;
use fabric_gateway_sdk::{Backoff, Block, Code, DeliverStatus, Error, Gateway};
use fabric_protos::{common, peer};
use futures::TryStreamExt as _;
use tonic::Status;

use crate::events::events;
use crate::mock::{Answer, CHAINCODE_EVENTS, DELIVER, End, Mock};
use crate::sample;

/// Quick enough for tests, and enough attempts for all of them.
fn quick() -> Backoff {
    Backoff::new(Duration::from_millis(1), Duration::from_millis(20)).attempts(20)
}

fn ended(status: i32) -> Bytes {
    sample::encode(&peer::DeliverResponse {
        r#type: Some(peer::deliver_response::Type::Status(status)),
    })
}

fn delivered(block: &common::Block) -> Bytes {
    sample::encode(&peer::DeliverResponse {
        r#type: Some(peer::deliver_response::Type::Block(block.clone())),
    })
}

async fn numbers(mock: &Mock, start: u64, end: u64) -> Result<Vec<u64>, Error> {
    let blocks = mock
        .network()
        .blocks()
        .from_block(start)
        .end_block(end)
        .resume(quick())
        .stream();
    blocks
        .map_ok(|block: Block| block.number())
        .try_collect()
        .await
}

#[tokio::test]
async fn broken_streams_go_on_without_gap_or_repetition() {
    let mock = Mock::with_chain(&sample::chain(10)).await;
    let ends = [
        End::With(Status::unavailable("gone")),
        End::Well,
        End::With(Status::internal("broken")),
        End::With(Status::unknown(
            "too many requests for /protos.Deliver, exceeding concurrency limit (2500)",
        )),
        End::With(Status::aborted("restarting")),
    ];
    for (count, end) in [2, 0, 3, 0, 1].into_iter().zip(ends) {
        mock.then(DELIVER, Answer::Serve(count, end));
    }
    assert_eq!(
        numbers(&mock, 0, 9).await.unwrap(),
        (0..10).collect::<Vec<_>>()
    );
    assert_eq!(mock.starts(DELIVER), [0, 2, 2, 5, 5, 6]);
}

#[tokio::test]
async fn status_that_a_restarting_peer_sends_is_waited_out() {
    let mock = Mock::with_chain(&sample::chain(4)).await;
    mock.then(DELIVER, Answer::Serve(2, End::Well));
    mock.then(DELIVER, Answer::Send(vec![ended(503)], End::Well));
    mock.then(DELIVER, Answer::Send(vec![ended(404)], End::Well));
    assert_eq!(numbers(&mock, 0, 3).await.unwrap(), [0, 1, 2, 3]);
}

#[tokio::test]
async fn next_block_is_not_lost_when_the_first_stream_breaks() {
    let mock = Mock::with_chain(&sample::chain(4)).await;
    mock.then(
        DELIVER,
        Answer::Send(Vec::new(), End::With(Status::unavailable("gone"))),
    );
    mock.then(
        DELIVER,
        Answer::Serve(0, End::With(Status::invalid_argument("enough"))),
    );
    mock.network()
        .blocks()
        .resume(quick())
        .stream()
        .try_next()
        .await
        .unwrap_err();
    assert_eq!(mock.starts(DELIVER), [4, 4]);
}

#[tokio::test]
async fn next_peer_goes_on_when_the_connection_breaks() {
    let (first, second) = (
        Mock::with_chain(&sample::chain(2)).await,
        Mock::with_chain(&sample::chain(4)).await,
    );
    let builder = Gateway::builder(sample::user())
        .endpoint(first.endpoint())
        .endpoint(second.endpoint());
    let network = builder.connect_lazy().unwrap().network(sample::CHANNEL);
    let mut blocks = network
        .blocks()
        .from_block(0)
        .end_block(3)
        .resume(quick())
        .stream();
    for expected in 0..2 {
        assert_eq!(blocks.try_next().await.unwrap().unwrap().number(), expected);
    }
    first.stop();
    let rest: Vec<u64> = blocks
        .map_ok(|block| block.number())
        .try_collect()
        .await
        .unwrap();
    assert_eq!((rest, second.starts(DELIVER)), (vec![2, 3], vec![2]));
}

#[tokio::test]
async fn repeated_blocks_are_left_out() {
    let chain = sample::chain(4);
    let mock = Mock::start().await;
    let messages = [0, 1, 0, 1, 2]
        .map(|number| delivered(&chain[number]))
        .to_vec();
    mock.then(DELIVER, Answer::Send(messages, End::Never));
    assert_eq!(numbers(&mock, 1, 2).await.unwrap(), [1, 2]);
}

#[tokio::test]
async fn block_left_out_by_the_peer_is_told() {
    let chain = sample::chain(4);
    let mock = Mock::start().await;
    mock.then(
        DELIVER,
        Answer::Send(vec![delivered(&chain[0]), delivered(&chain[2])], End::Never),
    );
    let error = numbers(&mock, 0, 3).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Gap {
                expected: 1,
                received: 2
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn events_of_a_block_are_not_repeated_after_a_break() {
    let mock = Mock::start().await;
    let first = vec![events(3, &["a", "b"]), events(5, &["c"])];
    mock.then(
        CHAINCODE_EVENTS,
        Answer::Send(first, End::With(Status::unavailable("gone"))),
    );
    mock.then(
        CHAINCODE_EVENTS,
        Answer::Send(vec![events(5, &["c"]), events(8, &["d", "e"])], End::Never),
    );
    let stream = mock
        .network()
        .chaincode_events(sample::CHAINCODE)
        .from_block(0)
        .resume(quick())
        .stream();
    let ids = stream.map_ok(|event| event.transaction_id.to_string());
    let ids: Vec<_> = futures::StreamExt::take(ids, 5)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(ids, ["a", "b", "c", "d", "e"]);
}

#[tokio::test]
async fn end_of_a_stream_without_resume_says_where_to_go_on() {
    let mock = Mock::with_chain(&sample::chain(3)).await;
    mock.then(DELIVER, Answer::Serve(2, End::Well));
    let blocks = mock.network().blocks().from_block(0).stream();
    let error = blocks.try_collect::<Vec<_>>().await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Interrupted {
                block_number_next: 2,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn status_of_the_peer_is_told_when_no_repetition_helps() {
    for status in [
        DeliverStatus::FORBIDDEN,
        DeliverStatus::NOT_FOUND,
        DeliverStatus::BAD_REQUEST,
    ] {
        let mock = Mock::start().await;
        mock.then(
            DELIVER,
            Answer::Send(vec![ended(status.number())], End::Well),
        );
        let error = numbers(&mock, 0, 3).await.unwrap_err();
        assert!(
            matches!(error, Error::Delivery { status: told, .. } if told == status),
            "{error}"
        );
        assert_eq!(mock.calls(DELIVER).len(), 1);
    }
}

#[tokio::test]
async fn refusal_is_told_at_once() {
    let mock = Mock::start().await;
    mock.then(
        DELIVER,
        Answer::status(Code::PermissionDenied, "not a reader"),
    );
    assert_eq!(
        numbers(&mock, 0, 3).await.unwrap_err().code(),
        Some(Code::PermissionDenied)
    );
    assert_eq!(mock.calls(DELIVER).len(), 1);
}

#[tokio::test]
async fn error_is_told_when_attempts_in_a_row_are_used_up() {
    let mock = Mock::with_chain(&sample::chain(3)).await;
    mock.then(DELIVER, Answer::Serve(1, End::Well));
    for _ in 0..3 {
        mock.then(DELIVER, Answer::status(Code::Unavailable, "gone"));
    }
    let blocks = mock
        .network()
        .blocks()
        .from_block(0)
        .resume(quick().attempts(3))
        .stream();
    let error = blocks.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(
        (error.code(), mock.calls(DELIVER).len()),
        (Some(Code::Unavailable), 4)
    );
}
