//! What streams hand out when all goes well: where they begin, what they leave out, where they end.

use fabric_gateway_sdk::{
    ChaincodeEvent, Checkpointer as _, Error, EventStream, MemoryCheckpointer, Position, Step,
    TransactionId,
};
use fabric_protos::gateway;
use futures::TryStreamExt as _;

use crate::mock::{Answer, CHAINCODE_EVENTS, DELIVER, DELIVER_FILTERED, End, Mock};
use crate::sample;

pub(crate) fn events(block_number: u64, transaction_ids: &[&str]) -> bytes::Bytes {
    let events = transaction_ids
        .iter()
        .map(|id| sample::event(sample::CHAINCODE, id))
        .collect();
    sample::encode(&gateway::ChaincodeEventsResponse {
        block_number,
        events,
    })
}

async fn take_ids(stream: EventStream<ChaincodeEvent>, count: usize) -> Vec<String> {
    let ids = stream.map_ok(|event| event.transaction_id.to_string());
    futures::StreamExt::take(ids, count)
        .try_collect()
        .await
        .unwrap()
}

#[tokio::test]
async fn blocks_come_in_order_up_to_the_end() {
    let chain = sample::chain(5);
    let mock = Mock::with_chain(&chain).await;
    let blocks: Vec<_> = mock
        .network()
        .blocks()
        .from_block(1)
        .end_block(3)
        .stream()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(
        blocks
            .iter()
            .map(fabric_gateway_sdk::Block::number)
            .collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert_eq!(blocks[0].bytes(), &sample::encode(&chain[1]));
    mock.wait_for_open_calls(0).await;
}

#[tokio::test]
async fn filtered_blocks_carry_ids_and_verdicts() {
    let chain = [sample::block(
        0,
        vec![sample::envelope("a", None), sample::envelope("b", None)],
        &[0, 11],
    )];
    let mock = Mock::with_chain(&chain).await;
    let stream = mock
        .network()
        .filtered_blocks()
        .from_block(0)
        .end_block(0)
        .stream();
    let blocks: Vec<_> = stream.try_collect().await.unwrap();
    let transactions = blocks[0].transactions.iter();
    let seen: Vec<_> = transactions
        .map(|one| (one.transaction_id.as_str(), one.code.number()))
        .collect();
    assert_eq!(
        (blocks[0].channel.as_str(), seen),
        (sample::CHANNEL, vec![("a", 0), ("b", 11)])
    );
}

#[tokio::test]
async fn stream_without_a_beginning_begins_with_the_next_block() {
    let mock = Mock::with_chain(&sample::chain(4)).await;
    mock.then(
        DELIVER,
        Answer::Serve(0, End::With(tonic::Status::permission_denied("no"))),
    );
    mock.network()
        .blocks()
        .stream()
        .try_next()
        .await
        .unwrap_err();
    assert_eq!(
        (mock.calls(DELIVER_FILTERED).len(), mock.starts(DELIVER)),
        (1, vec![4])
    );
}

#[tokio::test]
async fn checkpoint_beats_start_block_whichever_comes_first() {
    let mock = Mock::with_chain(&sample::chain(5)).await;
    let mut checkpoint = MemoryCheckpointer::new();
    checkpoint.checkpoint_block(2).await.unwrap();
    let (network, end) = (mock.network(), 3);
    network
        .blocks()
        .from_block(0)
        .from_checkpoint(&checkpoint)
        .end_block(end)
        .stream()
        .try_next()
        .await
        .unwrap();
    network
        .blocks()
        .from_checkpoint(&checkpoint)
        .from_block(0)
        .end_block(end)
        .stream()
        .try_next()
        .await
        .unwrap();
    assert_eq!(mock.starts(DELIVER), [3, 3]);
}

#[tokio::test]
async fn checkpoint_without_a_position_leaves_the_start_block() {
    let mock = Mock::with_chain(&sample::chain(5)).await;
    let checkpoint = MemoryCheckpointer::new();
    let blocks = mock
        .network()
        .blocks()
        .from_block(1)
        .from_checkpoint(&checkpoint);
    blocks.stream().try_next().await.unwrap();
    assert_eq!(mock.starts(DELIVER), [1]);
}

#[tokio::test]
async fn checkpoint_at_block_zero_is_a_position() {
    let mock = Mock::with_chain(&sample::chain(2)).await;
    let blocks = mock
        .network()
        .blocks()
        .from_block(1)
        .from_position(Position::at_block(0));
    assert_eq!(
        blocks.stream().try_next().await.unwrap().unwrap().number(),
        0
    );
}

#[tokio::test]
async fn end_before_the_beginning_is_an_empty_stream() {
    let mock = Mock::with_chain(&sample::chain(2)).await;
    let first = mock
        .network()
        .blocks()
        .from_block(1)
        .end_block(0)
        .stream()
        .try_next()
        .await
        .unwrap();
    assert!(first.is_none() && mock.calls(DELIVER).is_empty());
}

#[tokio::test]
async fn chaincode_events_go_on_after_the_event_processed_last() {
    let mock = Mock::start().await;
    mock.then(
        CHAINCODE_EVENTS,
        Answer::Send(
            vec![events(4, &["a", "b", "c"]), events(6, &["d"])],
            End::Never,
        ),
    );
    let mut checkpoint = MemoryCheckpointer::new();
    checkpoint
        .checkpoint_transaction(4, &TransactionId::from("b"))
        .await
        .unwrap();
    let stream = mock
        .network()
        .chaincode_events(sample::CHAINCODE)
        .from_checkpoint(&checkpoint)
        .stream();
    assert_eq!(take_ids(stream, 2).await, ["c", "d"]);
}

#[tokio::test]
async fn checkpoint_of_a_transaction_without_an_event_does_not_silence_the_stream() {
    let mock = Mock::start().await;
    mock.then(
        CHAINCODE_EVENTS,
        Answer::Send(vec![events(5, &["a"]), events(6, &["b"])], End::Never),
    );
    let position = Position::after_transaction(4, &TransactionId::from("no event"));
    let stream = mock
        .network()
        .chaincode_events(sample::CHAINCODE)
        .from_position(position)
        .stream();
    assert_eq!(take_ids(stream, 2).await, ["a", "b"]);
}

#[tokio::test]
async fn chaincode_event_says_where_it_comes_from() {
    let mock = Mock::start().await;
    mock.then(
        CHAINCODE_EVENTS,
        Answer::Send(vec![events(4, &["a"])], End::Never),
    );
    let mut stream = mock
        .network()
        .chaincode_events(sample::CHAINCODE)
        .from_block(0)
        .stream();
    let event = stream.try_next().await.unwrap().unwrap();
    assert_eq!(
        (event.block_number, event.transaction_id.as_str()),
        (4, "a")
    );
    assert_eq!(
        (event.chaincode.as_str(), event.name.as_str()),
        (sample::CHAINCODE, "moved")
    );
    assert_eq!(event.payload, "details");
}

#[tokio::test]
async fn bounded_replay_of_events_ends_though_no_event_follows() {
    let envelope = |id, chaincode| sample::envelope(id, chaincode);
    let chain = [
        sample::block(
            0,
            vec![envelope("a", Some("bonds")), envelope("b", Some("bonds"))],
            &[0, 11],
        ),
        sample::block(
            1,
            vec![
                envelope("c", Some("other")),
                envelope("d", None),
                "garbage".into(),
            ],
            &[0, 0, 1],
        ),
        sample::block(2, vec![envelope("e", Some("bonds"))], &[0]),
        sample::block(3, vec![envelope("f", None)], &[0]),
    ];
    let mock = Mock::with_chain(&chain).await;
    let stream = mock
        .network()
        .chaincode_events("bonds")
        .from_block(0)
        .end_block(3)
        .stream();
    let ids: Vec<_> = stream
        .map_ok(|event| event.transaction_id.to_string())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(ids, ["a", "e"]);
    mock.wait_for_open_calls(0).await;
}

#[tokio::test]
async fn stream_is_over_after_an_error() {
    let mock = Mock::with_chain(&sample::chain(3)).await;
    mock.then(
        DELIVER,
        Answer::Serve(1, End::With(tonic::Status::unavailable("gone"))),
    );
    let mut blocks = mock.network().blocks().from_block(0).stream();
    blocks.try_next().await.unwrap().unwrap();
    let error = blocks.try_next().await.unwrap_err();
    assert!(
        matches!(error, Error::Call { .. }) && error.step() == Some(Step::Blocks),
        "{error}"
    );
    assert!(blocks.try_next().await.unwrap().is_none());
    assert_eq!(mock.calls(DELIVER).len(), 1);
}
