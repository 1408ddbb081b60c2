//! Commits that are learnt from one stream of blocks: what it saves, and that it never tells a wrong outcome.

use std::time::Duration;

use fabric_gateway_sdk::{Commit, Contract, Gateway, Retry, ValidationCode};
use fabric_protos::gateway;
use futures::future::join_all;
use futures::stream::{FuturesUnordered, StreamExt as _};
use tonic::{Code, Status};

use crate::mock::{Answer, COMMIT_STATUS, DEADLINE, DELIVER_FILTERED, End, Mock, SUBMIT};
use crate::{alone, sample};

fn gateway(mocks: &[&Mock]) -> Gateway {
    let builder = mocks
        .iter()
        .fold(Gateway::builder(sample::user()), |builder, mock| {
            builder.endpoint(mock.endpoint())
        });
    builder.connect_lazy().unwrap()
}

fn contract(mocks: &[&Mock]) -> Contract {
    gateway(mocks)
        .network(sample::CHANNEL)
        .contract(sample::CHAINCODE)
}

async fn peer() -> Mock {
    Mock::with_chain(&sample::chain(3)).await
}

async fn send(contract: &Contract) -> Commit {
    contract.submit("transfer").send().await.unwrap()
}

#[tokio::test]
async fn blocks_tell_the_commit_and_no_call_asks_for_it() {
    let mock = peer().await;
    mock.commit_submitted();
    let contract = contract(&[&mock]);
    for block_number in 3..6 {
        let receipt = contract.submit("transfer").await.unwrap();
        assert_eq!(receipt.block_number, block_number);
    }
    assert_eq!(
        (
            mock.calls(COMMIT_STATUS).len(),
            mock.calls(DELIVER_FILTERED).len()
        ),
        (0, 1)
    );
}

#[tokio::test]
async fn verdict_is_that_of_the_block() {
    let mock = peer().await;
    let contract = contract(&[&mock]);
    let (first, second) = (send(&contract).await, send(&contract).await);
    let ids = [
        first.transaction_id().as_str(),
        second.transaction_id().as_str(),
    ];
    mock.append(&[("somebody else's", 0), (ids[1], 11), (ids[0], 0)]);
    let (first, second) = (
        first.status().await.unwrap(),
        second.status().await.unwrap(),
    );
    assert_eq!((first.code, first.block_number), (ValidationCode::VALID, 3));
    assert_eq!(second.code, ValidationCode::MVCC_READ_CONFLICT);
    assert!(mock.calls(COMMIT_STATUS).is_empty());
}

/// What ten thousand commits may cost while they wait.
const WAITING_BYTES_MAX: usize = 64 << 20;

#[test]
fn ten_thousand_waits_cost_one_stream_no_call_and_little_memory() {
    let name = "tracker::ten_thousand_waits_cost_one_stream_no_call_and_little_memory";
    println!("{}", alone::run(name, ten_thousand_waits()));
}

async fn ten_thousand_waits() {
    let mock = peer().await;
    mock.forget_messages();
    let contract = contract(&[&mock]);
    // What the first transactions need is not needed again.
    drop(join_all((0..20).map(|_| send(&contract))).await);
    let before = resident_bytes();
    let sends = (0..100).map(|_| async {
        let mut commits = Vec::new();
        for _ in 0..100 {
            commits.push(send(&contract).await);
        }
        commits
    });
    let commits: Vec<Commit> = join_all(sends).await.into_iter().flatten().collect();
    let held = resident_bytes().saturating_sub(before);
    let waits: FuturesUnordered<_> = commits.iter().map(Commit::status).collect();
    let waiting = waits.collect::<Vec<_>>();
    tokio::pin!(waiting);
    assert!(futures::poll!(&mut waiting).is_pending());
    println!("10,000 commits are held with {} KiB", held >> 10);
    mock.wait_for_open_calls(1).await;
    let bytes = resident_bytes().saturating_sub(before);
    println!("10,000 commits wait with {} KiB", bytes >> 10);
    assert!(bytes < WAITING_BYTES_MAX);
    for commits in commits.chunks(500) {
        let ids = commits
            .iter()
            .map(|commit| (commit.transaction_id().as_str(), 0));
        mock.append(&ids.collect::<Vec<_>>());
    }
    let statuses = tokio::time::timeout(DEADLINE, waiting).await.unwrap();
    let valid = statuses
        .iter()
        .filter(|status| status.as_ref().unwrap().is_valid());
    assert_eq!(valid.count(), 10_000);
    assert_eq!(
        (
            mock.calls(COMMIT_STATUS).len(),
            mock.calls(DELIVER_FILTERED).len()
        ),
        (0, 1)
    );
}

fn resident_bytes() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = text.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * 4096
}

#[tokio::test]
async fn broken_stream_goes_on_with_the_block_that_is_due() {
    let mock = peer().await;
    mock.then(
        DELIVER_FILTERED,
        Answer::Serve(1, End::With(Status::unavailable("gone"))),
    );
    let contract = contract(&[&mock]);
    let commit = send(&contract).await;
    mock.append(&[(commit.transaction_id().as_str(), 0)]);
    mock.append(&[("later", 0)]);
    assert_eq!(commit.status().await.unwrap().block_number, 3);
    assert_eq!(mock.starts(DELIVER_FILTERED).last(), Some(&3));
    assert!(mock.calls(COMMIT_STATUS).is_empty());
}

#[tokio::test]
async fn another_peer_goes_on_when_the_first_is_gone() {
    let (first, second) = (peer().await, peer().await);
    let contract = contract(&[&first, &second]);
    let commit = send(&contract).await;
    first.stop();
    second.append(&[("another's", 0)]);
    second.append(&[(commit.transaction_id().as_str(), 10)]);
    let status = commit.status().await.unwrap();
    assert_eq!(
        (status.block_number, status.code),
        (4, ValidationCode::ENDORSEMENT_POLICY_FAILURE)
    );
}

#[tokio::test]
async fn refused_stream_leaves_the_question_to_the_peer() {
    let mock = peer().await;
    mock.then(
        DELIVER_FILTERED,
        Answer::status(Code::PermissionDenied, "no reader"),
    );
    let receipt = contract(&[&mock]).submit("transfer").await.unwrap();
    assert_eq!(
        (receipt.block_number, mock.calls(COMMIT_STATUS).len()),
        (7, 1)
    );
}

#[tokio::test]
async fn stream_that_stays_silent_leaves_the_question_to_the_peer() {
    let mock = peer().await;
    mock.then(DELIVER_FILTERED, Answer::never());
    let receipt = contract(&[&mock]).submit("transfer").await.unwrap();
    assert_eq!(
        (receipt.block_number, mock.calls(COMMIT_STATUS).len()),
        (7, 1)
    );
}

#[tokio::test]
async fn peer_is_asked_too_when_no_block_comes_for_long() {
    let mock = peer().await;
    let commit = contract(&[&mock])
        .submit("transfer")
        .commit_timeout(Duration::from_secs(4))
        .send()
        .await
        .unwrap();
    assert_eq!(commit.status().await.unwrap().block_number, 7);
    assert_eq!(mock.calls(COMMIT_STATUS).len(), 1);
}

#[tokio::test]
async fn duplicate_is_never_told_for_the_original() {
    let mock = peer().await;
    let commit = send(&contract(&[&mock])).await;
    // A copy of it was in a block before this gateway looked.
    mock.append(&[(commit.transaction_id().as_str(), 9)]);
    let status = commit.status().await.unwrap();
    assert_eq!(
        (status.code, status.block_number),
        (ValidationCode::VALID, 7)
    );
    assert_eq!(mock.calls(COMMIT_STATUS).len(), 1);
}

#[tokio::test]
async fn resent_envelope_is_asked_for_as_it_may_be_in_a_block_already() {
    let mock = peer().await;
    mock.then(SUBMIT, Answer::status(Code::Unavailable, "who knows"));
    let commit = contract(&[&mock]).submit("transfer").send().await.unwrap();
    mock.append(&[(commit.transaction_id().as_str(), 9)]);
    assert_eq!(commit.status().await.unwrap().block_number, 7);
}

#[tokio::test]
async fn garbage_gaps_and_other_channels_answer_nobody() {
    let block = |number, channel: &str| {
        let block = sample::block(number, vec![sample::envelope("another", None)], &[0]);
        let mut filtered = sample::filtered(&block);
        filtered.channel_id = channel.to_owned();
        sample::encode(&fabric_protos::peer::DeliverResponse {
            r#type: Some(fabric_protos::peer::deliver_response::Type::FilteredBlock(
                filtered,
            )),
        })
    };
    let bad = [
        block(3, "otherchannel"),
        block(9, sample::CHANNEL),
        bytes::Bytes::from_static(b"\x12\xff"),
    ];
    let other = peer().await;
    let contract = self::contract(&[&other]);
    let newest = block(2, sample::CHANNEL);
    other.then(
        DELIVER_FILTERED,
        Answer::Send(vec![newest, bad[0].clone()], End::Never),
    );
    for message in &bad[1..] {
        other.then(
            DELIVER_FILTERED,
            Answer::Send(vec![message.clone()], End::Never),
        );
    }
    let commit = send(&contract).await;
    other.append(&[(commit.transaction_id().as_str(), 11)]);
    let status = commit.status().await.unwrap();
    assert_eq!(
        (status.block_number, status.code),
        (3, ValidationCode::MVCC_READ_CONFLICT)
    );
    assert!(other.calls(COMMIT_STATUS).is_empty());
}

#[tokio::test]
async fn waits_that_are_dropped_and_gateways_that_are_gone_leave_nothing_open() {
    let mock = peer().await;
    let gateway = gateway(&[&mock]);
    let contract = gateway.network(sample::CHANNEL).contract(sample::CHAINCODE);
    let commits = join_all((0..20).map(|_| send(&contract))).await;
    for commit in &commits {
        assert!(futures::poll!(Box::pin(commit.status())).is_pending());
    }
    mock.wait_for_open_calls(1).await;
    drop((commits, contract, gateway));
    mock.wait_for_open_calls(0).await;
}

#[tokio::test]
async fn submit_that_fails_waits_for_nothing() {
    let mock = peer().await;
    mock.then(SUBMIT, Answer::status(Code::Aborted, "the orderers refuse"));
    let contract = contract(&[&mock]);
    let retry = Retry::none();
    contract.submit("transfer").retry(retry).await.unwrap_err();
    assert_eq!(mock.requests::<gateway::SubmitRequest>(SUBMIT).len(), 1);
    assert_eq!(mock.open_calls(), 1);
}
