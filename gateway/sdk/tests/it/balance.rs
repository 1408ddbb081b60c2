//! Several peers: who serves, who takes over, and that a reader sees what it wrote.

use std::future::IntoFuture as _;

use fabric_gateway_sdk::{Balance, Contract, Gateway};
use fabric_protos::gateway;
use tonic::Code;

use crate::mock::{Answer, ENDORSE, EVALUATE, Mock, SUBMIT};
use crate::sample;

fn gateway(mocks: &[&Mock], balance: Balance) -> Gateway {
    let builder = mocks
        .iter()
        .fold(Gateway::builder(sample::user()), |builder, mock| {
            builder.endpoint(mock.endpoint())
        });
    builder.balance(balance).connect_lazy().unwrap()
}

fn contract(gateway: &Gateway) -> Contract {
    gateway.network(sample::CHANNEL).contract(sample::CHAINCODE)
}

async fn peers() -> (Mock, Mock) {
    let chain = sample::chain(3);
    (
        Mock::with_chain(&chain).await,
        Mock::with_chain(&chain).await,
    )
}

#[tokio::test]
async fn query_goes_to_another_peer_when_the_first_is_out_of_reach() {
    let (gone, here) = peers().await;
    let gateway = gateway(&[&gone, &here], Balance::OneAtATime);
    gone.stop();
    for _ in 0..3 {
        contract(&gateway).evaluate("read").await.unwrap();
    }
    assert_eq!(here.calls(EVALUATE).len(), 3);
    assert!(!gateway.peers()[0].is_in_reach && gateway.peers()[1].is_in_reach);
}

#[tokio::test]
async fn same_proposal_is_endorsed_through_another_peer() {
    let (busy, here) = peers().await;
    busy.then(ENDORSE, Answer::status(Code::Unavailable, "shutting down"));
    here.commit_submitted();
    let receipt = contract(&gateway(&[&busy, &here], Balance::OneAtATime))
        .submit("transfer")
        .await
        .unwrap();
    let ids = [&busy, &here].map(|mock| {
        mock.requests::<gateway::EndorseRequest>(ENDORSE)
            .remove(0)
            .transaction_id
    });
    assert_eq!(ids[0], ids[1]);
    assert_eq!(receipt.transaction_id.as_str(), ids[0]);
    assert_eq!((busy.calls(SUBMIT).len(), here.calls(SUBMIT).len()), (0, 1));
}

#[tokio::test]
async fn refusal_of_a_peer_is_not_taken_to_another() {
    let (first, second) = peers().await;
    first.then(
        EVALUATE,
        Answer::status(Code::Unknown, "chaincode response 500, no"),
    );
    let contract = contract(&gateway(&[&first, &second], Balance::OneAtATime));
    contract.evaluate("read").await.unwrap_err();
    assert!(second.calls(EVALUATE).is_empty());
}

#[tokio::test]
async fn calls_go_where_fewest_are_open() {
    let (first, second) = peers().await;
    let gateway = gateway(&[&first, &second], Balance::LeastBusy);
    let contract = contract(&gateway);
    for mock in [&first, &second] {
        (0..4).for_each(|_| mock.then(EVALUATE, Answer::never()));
    }
    let calls: Vec<_> = (0..8)
        .map(|_| tokio::spawn(contract.evaluate("read").into_future()))
        .collect();
    first.wait_for_open_calls(4).await;
    second.wait_for_open_calls(4).await;
    calls.iter().for_each(tokio::task::JoinHandle::abort);
    first.wait_for_open_calls(0).await;
}

#[tokio::test]
async fn reader_sees_what_it_wrote_whichever_peer_is_less_busy() {
    let (first, second) = peers().await;
    let gateway = gateway(&[&first, &second], Balance::LeastBusy);
    let contract = contract(&gateway);
    let commit = contract.submit("transfer").send().await.unwrap();
    let (ahead, behind) = match first.calls(SUBMIT).len() {
        1 => (&first, &second),
        _ => (&second, &first),
    };
    let id = commit.transaction_id().to_string();
    ahead.append(&[(&id, 0)]);
    commit.status().await.unwrap();
    for _ in 0..6 {
        contract.evaluate("read").await.unwrap();
    }
    assert_eq!(
        (ahead.calls(EVALUATE).len(), behind.calls(EVALUATE).len()),
        (6, 0)
    );
    behind.append(&[(&id, 0)]);
    while behind.calls(EVALUATE).is_empty() {
        contract.evaluate("read").await.unwrap();
    }
}
