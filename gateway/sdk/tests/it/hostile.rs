//! A peer that sends garbage: errors, never panics, never something believed.

use bytes::Bytes;
use fabric_gateway_sdk::{Block, Code, Error, Gateway, Step};
use fabric_protos::{common, gateway};
use futures::TryStreamExt as _;
use proptest::prelude::*;

use crate::mock::{
    Answer, CHAINCODE_EVENTS, COMMIT_STATUS, DELIVER, DELIVER_FILTERED, ENDORSE, EVALUATE, End,
    Mock, SUBMIT,
};
use crate::sample;

/// Not protobuf: a length that leads out of the message.
const GARBAGE: &[u8] = b"\x12\xff\xff\xff\xff\x0f garbage";

fn garbage() -> Answer {
    Answer::Send(vec![Bytes::from_static(GARBAGE)], End::Well)
}

/// A deliver response that is well-formed, around a block that is not.
fn garbage_block(field: u8) -> Answer {
    let mut message = vec![field << 3 | 2, u8::try_from(GARBAGE.len()).unwrap()];
    message.extend_from_slice(GARBAGE);
    Answer::Send(vec![message.into()], End::Never)
}

#[tokio::test]
async fn garbage_for_blocks_is_an_error() {
    let headless = Answer::Send(vec![Bytes::from_static(b"\x12\x00")], End::Never);
    let wrong_kind = Answer::Send(vec![Bytes::from_static(b"\x1a\x00")], End::Never);
    let nothing = Answer::Send(vec![Bytes::new()], End::Never);
    for answer in [garbage(), garbage_block(2), headless, wrong_kind, nothing] {
        let mock = Mock::start().await;
        mock.then(DELIVER, answer);
        let error = mock
            .network()
            .blocks()
            .from_block(0)
            .stream()
            .try_next()
            .await
            .unwrap_err();
        assert!(
            matches!(
                error,
                Error::Malformed {
                    step: Step::Blocks,
                    ..
                }
            ),
            "{error}"
        );
        mock.wait_for_open_calls(0).await;
    }
}

#[tokio::test]
async fn garbage_for_filtered_blocks_and_events_is_an_error() {
    let mock = Mock::start().await;
    mock.then(DELIVER_FILTERED, garbage_block(3));
    let error = mock
        .network()
        .filtered_blocks()
        .from_block(0)
        .stream()
        .try_next()
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Malformed {
                step: Step::FilteredBlocks,
                ..
            }
        ),
        "{error}"
    );
    mock.then(DELIVER_FILTERED, garbage());
    let error = mock.network().height().await.unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
    mock.then(CHAINCODE_EVENTS, garbage());
    let error = mock
        .network()
        .chaincode_events("bonds")
        .from_block(0)
        .stream()
        .try_next()
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Malformed {
                step: Step::ChaincodeEvents,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn garbage_for_calls_is_an_error() {
    for (method, step) in [(EVALUATE, Step::Evaluate), (ENDORSE, Step::Endorse)] {
        for answer in [
            garbage(),
            Answer::Send(vec![Bytes::new()], End::Well),
            Answer::Send(Vec::new(), End::Well),
        ] {
            let mock = Mock::start().await;
            mock.then(method, answer);
            let contract = mock.network().contract(sample::CHAINCODE);
            let error = match method {
                EVALUATE => contract.evaluate("read").await.unwrap_err(),
                _ => contract.submit("transfer").await.unwrap_err(),
            };
            assert_eq!(error.step(), Some(step), "{error}");
            assert!(!error.outcome_unknown() && mock.calls(SUBMIT).is_empty());
        }
    }
}

#[tokio::test]
async fn transaction_of_another_proposal_is_not_signed() {
    let mock = Mock::start().await;
    let contract = mock.network().contract(sample::CHAINCODE);
    contract.submit("transfer").await.unwrap();
    let other = sample::endorsed(&mock.requests::<gateway::EndorseRequest>(ENDORSE)[0]);
    mock.then(ENDORSE, Answer::message(&other));
    let error = contract.submit("transfer").await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Malformed {
                step: Step::Endorse,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(mock.calls(SUBMIT).len(), 1);
}

#[tokio::test]
async fn endorsed_transaction_without_an_action_is_not_signed() {
    let mock = Mock::start().await;
    let envelope = common::Envelope {
        payload: GARBAGE.into(),
        signature: Bytes::new(),
    };
    mock.then(
        ENDORSE,
        Answer::message(&gateway::EndorseResponse {
            prepared_transaction: Some(envelope),
        }),
    );
    let error = mock
        .network()
        .contract(sample::CHAINCODE)
        .submit("transfer")
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Malformed {
                step: Step::Endorse,
                ..
            }
        ),
        "{error}"
    );
    assert!(mock.calls(SUBMIT).is_empty());
}

#[tokio::test]
async fn message_beyond_the_limit_is_an_error_even_with_resume() {
    let mock = Mock::start().await;
    let oversized = vec![0; (100 << 20) + 1];
    mock.then(DELIVER, Answer::Send(vec![oversized.into()], End::Never));
    let blocks = mock
        .network()
        .blocks()
        .from_block(0)
        .resume(fabric_gateway_sdk::Backoff::forever());
    let error = blocks.stream().try_next().await.unwrap_err();
    assert_eq!(error.code(), Some(Code::OutOfRange), "{error}");
}

#[tokio::test]
async fn block_larger_than_the_usual_limit_of_grpc_arrives() {
    let envelope = Bytes::from(vec![7; 9 << 20]);
    let mock = Mock::with_chain(&[sample::block(0, vec![envelope.clone()], &[0])]).await;
    let block = mock
        .network()
        .blocks()
        .from_block(0)
        .stream()
        .try_next()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(block.transactions().next().unwrap().envelope(), &envelope);
}

#[tokio::test]
async fn blocks_larger_than_the_buffer_of_a_stream_arrive_beside_other_calls() {
    let envelope = Bytes::from(vec![7; 9 << 20]);
    let chain = [0, 1].map(|number| sample::block(number, vec![envelope.clone()], &[0]));
    let mock = Mock::with_chain(&chain).await;
    let gateway = Gateway::builder(sample::user())
        .endpoint(mock.endpoint().stream_buffer_bytes(0))
        .connections_per_peer(1)
        .connect_lazy()
        .unwrap();
    let network = gateway.network(sample::CHANNEL);
    let streams = (0..8).map(|_| network.blocks().from_block(0).end_block(1).stream());
    let mut streams: Vec<_> = streams.collect();
    for stream in &mut streams {
        stream.try_next().await.unwrap().unwrap();
    }
    // Eight readers rest, each with a block that waits; calls on the same connection go on.
    let contract = network.contract(sample::CHAINCODE);
    contract.evaluate("read").await.unwrap();
    for stream in streams {
        assert_eq!(stream.try_collect::<Vec<_>>().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn block_of_nearly_a_hundred_mebibytes_arrives() {
    let envelope = Bytes::from(vec![7; 96 << 20]);
    let mock = Mock::with_chain(&[sample::block(0, vec![envelope], &[0])]).await;
    let mut blocks = mock.network().blocks().from_block(0).stream();
    let block = blocks.try_next().await.unwrap().unwrap();
    assert_eq!(
        block.transactions().next().unwrap().envelope().len(),
        96 << 20
    );
}

#[tokio::test]
async fn truncated_answers_are_never_taken_for_whole_ones() {
    let mock = Mock::start().await;
    let contract = mock.network().contract(sample::CHAINCODE);
    contract.submit("transfer").await.unwrap();
    let endorsed = sample::endorsed(&mock.requests::<gateway::EndorseRequest>(ENDORSE)[0]);
    let verdict = gateway::CommitStatusResponse {
        result: 11,
        block_number: 300,
    };
    let answers = [
        (ENDORSE, sample::encode(&endorsed), 37),
        (COMMIT_STATUS, sample::encode(&verdict), 1),
    ];
    for (method, whole, step) in answers {
        for length in (0..whole.len()).step_by(step) {
            let part = whole.slice(..length);
            mock.then(method, Answer::Send(vec![part], End::Well));
            let error = contract.submit("transfer").await.unwrap_err();
            assert!(
                matches!(error, Error::Malformed { .. }),
                "{method} {length}: {error}"
            );
        }
    }
}

#[tokio::test]
async fn second_answer_to_one_call_is_not_heard() {
    let mock = Mock::start().await;
    let verdict = |code| {
        sample::encode(&gateway::CommitStatusResponse {
            result: code,
            block_number: 7,
        })
    };
    let twice = vec![verdict(11), verdict(0)];
    mock.then(COMMIT_STATUS, Answer::Send(twice, End::Well));
    let contract = mock.network().contract(sample::CHAINCODE);
    let error = contract.submit("transfer").await.unwrap_err();
    assert!(
        matches!(error, Error::NotValid { .. }) || error.outcome_unknown(),
        "{error}"
    );
}

proptest! {
    #[test]
    fn bytes_that_are_no_block_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        if let Ok(block) = Block::from_bytes(bytes.into()) {
            let _ = block.commit_hash();
            block.transactions().for_each(|transaction| drop(transaction.decode()));
        }
    }

    #[test]
    fn damaged_blocks_never_panic(position in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let envelope = sample::envelope("a", Some("bonds"));
        let mut bytes = sample::encode(&sample::block(1, vec![envelope], &[0])).to_vec();
        let position = position.index(bytes.len());
        bytes[position] ^= byte;
        bytes.truncate(1 + cut.index(bytes.len()));
        if let Ok(block) = Block::from_bytes(bytes.into()) {
            block.transactions().for_each(|transaction| drop(transaction.decode()));
        }
    }
}
