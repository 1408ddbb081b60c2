//! How many calls are open on a peer at once, and what becomes of the others.

use std::future::IntoFuture as _;
use std::time::Duration;

use fabric_gateway_sdk::{Code, Error, Gateway, Retry};
use futures::FutureExt as _;
use futures::future::join_all;
use futures::stream::{FuturesUnordered, StreamExt as _};

use crate::mock::{Answer, COMMIT_STATUS, ENDORSE, EVALUATE, Mock, SUBMIT};
use crate::sample;

const OVERLOADED: &str =
    "too many requests for /gateway.Gateway, exceeding concurrency limit (500)";

fn gateway(mock: &Mock, calls_max: usize) -> Gateway {
    Gateway::builder(sample::user())
        .endpoint(mock.endpoint())
        .concurrent_calls_max(calls_max)
        .commit_stream(false)
        .connect_lazy()
        .unwrap()
}

/// Opens more calls than may be open, and tells how many the peer got.
async fn opened(mock: &Mock, gateway: &Gateway, expected: usize) {
    let before = mock.calls(EVALUATE).len();
    (0..20).for_each(|_| mock.then(EVALUATE, Answer::never()));
    let contract = gateway.network(sample::CHANNEL).contract(sample::CHAINCODE);
    let mut calls: FuturesUnordered<_> = (0..20)
        .map(|_| contract.evaluate("read").into_future())
        .collect();
    assert!(calls.next().now_or_never().is_none());
    let reach = async {
        mock.wait_for_open_calls(expected).await;
        mock.wait_for_calls(EVALUATE, before + expected).await;
    };
    tokio::select! {
        () = reach => {}
        _ = calls.next() => panic!("a call ended"),
    }
    assert_eq!(gateway.peers()[0].open_calls, expected);
    assert_eq!(mock.calls(EVALUATE).len(), before + expected);
    mock.forget_answers(EVALUATE);
    drop(calls);
    mock.wait_for_open_calls(0).await;
    assert_eq!(gateway.peers()[0].open_calls, 0);
}

#[tokio::test]
async fn no_more_calls_are_open_than_allowed() {
    let mock = Mock::start().await;
    let gateway = gateway(&mock, 3);
    opened(&mock, &gateway, 3).await;
}

#[tokio::test]
async fn call_that_finds_no_room_was_never_sent_and_says_so() {
    let mock = Mock::start().await;
    mock.then(EVALUATE, Answer::never());
    let contract = gateway(&mock, 1)
        .network(sample::CHANNEL)
        .contract(sample::CHAINCODE);
    let first = tokio::spawn(contract.evaluate("read").into_future());
    mock.wait_for_open_calls(1).await;
    let proposal = contract
        .submit("transfer")
        .endorse_timeout(Duration::from_millis(50));
    let error = proposal.await.unwrap_err();
    assert!(matches!(error, Error::Overloaded { .. }), "{error}");
    assert_eq!(error.code(), Some(Code::ResourceExhausted));
    assert!(error.is_retryable() && !error.outcome_unknown());
    assert!(mock.calls(ENDORSE).is_empty());
    first.abort();
}

#[tokio::test]
async fn overloaded_peer_gets_half_as_many_calls_and_more_again_when_it_can() {
    let mock = Mock::start().await;
    let gateway = gateway(&mock, 8);
    let contract = gateway.network(sample::CHANNEL).contract(sample::CHAINCODE);
    mock.then(EVALUATE, Answer::status(Code::Unknown, OVERLOADED));
    contract.evaluate("read").await.unwrap_err();
    assert_eq!(gateway.peers()[0].open_calls_max, 4);
    opened(&mock, &gateway, 4).await;
    for _ in 0..60 {
        contract.evaluate("read").await.unwrap();
    }
    assert_eq!(gateway.peers()[0].open_calls_max, 8);
    opened(&mock, &gateway, 8).await;
}

#[tokio::test]
async fn slots_above_a_lower_limit_go_when_they_are_given_back() {
    let mock = Mock::start().await;
    let gateway = gateway(&mock, 8);
    let contract = gateway.network(sample::CHANNEL).contract(sample::CHAINCODE);
    (0..7).for_each(|_| mock.then(EVALUATE, Answer::never()));
    let open: Vec<_> = (0..7)
        .map(|_| tokio::spawn(contract.evaluate("read").into_future()))
        .collect();
    mock.wait_for_open_calls(7).await;
    mock.then(EVALUATE, Answer::status(Code::Unknown, OVERLOADED));
    contract.evaluate("read").await.unwrap_err();
    open.iter().for_each(tokio::task::JoinHandle::abort);
    mock.wait_for_open_calls(0).await;
    join_all(open).await;
    opened(&mock, &gateway, 4).await;
}

#[tokio::test]
async fn waits_for_commits_leave_room_for_submits() {
    let mock = Mock::start().await;
    let contract = gateway(&mock, 4)
        .network(sample::CHANNEL)
        .contract(sample::CHAINCODE);
    (0..10).for_each(|_| mock.then(COMMIT_STATUS, Answer::never()));
    let waits: Vec<_> = (0..10)
        .map(|_| tokio::spawn(contract.submit("transfer").into_future()))
        .collect();
    mock.wait_for_calls(SUBMIT, 10).await;
    assert_eq!(mock.calls(COMMIT_STATUS).len(), 2);
    waits.iter().for_each(tokio::task::JoinHandle::abort);
    mock.wait_for_open_calls(0).await;
}

#[tokio::test]
async fn many_transactions_are_all_accounted_for() {
    let mock = Mock::with_chain(&sample::chain(1)).await;
    mock.commit_submitted();
    mock.then(ENDORSE, Answer::status(Code::Aborted, "no endorsers"));
    let gateway = Gateway::builder(sample::user())
        .endpoint(mock.endpoint())
        .concurrent_calls_max(5)
        .connect_lazy()
        .unwrap();
    let contract = gateway.network(sample::CHANNEL).contract(sample::CHAINCODE);
    let calls = (0..200).map(|_| contract.submit("transfer").retry(Retry::none()));
    let outcomes = gateway.submit_all(futures::stream::iter(calls), 50);
    let outcomes: Vec<_> = outcomes.collect().await;
    let (well, failed): (Vec<_>, Vec<_>) =
        outcomes.iter().partition(|(_, outcome)| outcome.is_ok());
    assert_eq!((well.len(), failed.len()), (199, 1));
    let mut positions: Vec<usize> = outcomes.iter().map(|(position, _)| *position).collect();
    positions.sort_unstable();
    assert_eq!(positions, (0..200).collect::<Vec<_>>());
    assert!(mock.calls(COMMIT_STATUS).len() <= 1);
}
