//! Futures that are dropped at every point where they wait: no call, no slot and no task is left.

use std::future::IntoFuture as _;
use std::pin::pin;
use std::task::Poll;

use fabric_gateway_sdk::{Backoff, Gateway, Network};
use futures::StreamExt as _;
use futures::future::BoxFuture;

use crate::mock::{DEADLINE, Mock};
use crate::sample;

/// Polls a future so many times, each time it is woken, and drops it. True if it ended before.
async fn cancelled_after(polls: usize, future: BoxFuture<'static, ()>) -> bool {
    let mut left = polls;
    let mut future = future;
    let waited = std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(true),
            Poll::Pending if left == 0 => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    });
    tokio::time::timeout(DEADLINE, waited).await.unwrap()
}

fn gateway(mock: &Mock) -> Gateway {
    Gateway::builder(sample::user())
        .endpoint(mock.endpoint())
        .connect_lazy()
        .unwrap()
}

fn tasks() -> usize {
    tokio::runtime::Handle::current()
        .metrics()
        .num_alive_tasks()
}

/// Drops what `start` makes after every number of polls that it can take.
async fn check(start: impl Fn(&Network) -> BoxFuture<'static, ()>) {
    let mock = Mock::with_chain(&sample::chain(3)).await;
    mock.commit_submitted();
    let gateway = gateway(&mock);
    let network = gateway.network(sample::CHANNEL);
    network
        .contract(sample::CHAINCODE)
        .submit("warm")
        .await
        .unwrap();
    for _ in 0..4 {
        network
            .contract(sample::CHAINCODE)
            .evaluate("warm")
            .await
            .unwrap();
    }
    mock.wait_for_open_calls(1).await;
    let before = tasks();
    for polls in 0.. {
        let is_over = cancelled_after(polls, start(&network)).await;
        // The stream of commits is all that stays.
        mock.wait_for_open_calls(1).await;
        assert_eq!(gateway.peers()[0].open_calls, 0, "after {polls} polls");
        let mut settled = pin!(tokio::time::timeout(DEADLINE, async {
            while tasks() > before {
                tokio::task::yield_now().await;
            }
        }));
        assert!(
            settled.as_mut().await.is_ok(),
            "{} tasks after {polls} polls, {before} before",
            tasks()
        );
        if is_over {
            assert!(polls > 1, "it waited somewhere");
            return;
        }
    }
}

#[tokio::test]
async fn query_that_is_dropped_leaves_nothing() {
    check(|network| {
        let query = network
            .contract(sample::CHAINCODE)
            .evaluate("read")
            .into_future();
        Box::pin(async move { drop(query.await.unwrap()) })
    })
    .await;
}

#[tokio::test]
async fn transaction_that_is_dropped_leaves_nothing() {
    check(|network| {
        let call = network
            .contract(sample::CHAINCODE)
            .submit("transfer")
            .into_future();
        Box::pin(async move { drop(call.await.unwrap()) })
    })
    .await;
}

#[tokio::test]
async fn question_for_a_commit_that_is_dropped_leaves_nothing() {
    check(|network| {
        let network = network.clone();
        Box::pin(async move { drop(network.commit_status("tx 1").await.unwrap()) })
    })
    .await;
}

#[tokio::test]
async fn streams_that_are_dropped_leave_nothing() {
    check(|network| {
        let blocks = network
            .blocks()
            .from_block(0)
            .end_block(2)
            .resume(Backoff::forever());
        Box::pin(async move { assert_eq!(blocks.stream().count().await, 3) })
    })
    .await;
}

#[tokio::test]
async fn question_for_the_height_that_is_dropped_leaves_nothing() {
    check(|network| {
        let network = network.clone();
        Box::pin(async move { assert_eq!(network.height().await.unwrap(), 4) })
    })
    .await;
}
