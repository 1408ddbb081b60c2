//! A peer that never answers costs no more than the step's limit.

use std::time::Duration;

use fabric_gateway_sdk::{Code, Error, Gateway, Retry, Step, Timeouts};

use crate::mock::{Answer, COMMIT_STATUS, ENDORSE, EVALUATE, Mock, SUBMIT};
use crate::sample;

const SHORT: Duration = Duration::from_millis(50);

#[track_caller]
fn assert_deadline(error: &Error, step: Step, outcome_unknown: bool) {
    assert_eq!(
        (error.step(), error.code()),
        (Some(step), Some(Code::DeadlineExceeded)),
        "{error}"
    );
    assert_eq!(
        (error.outcome_unknown(), error.is_retryable()),
        (outcome_unknown, !outcome_unknown)
    );
}

#[tokio::test]
async fn limit_of_each_step_counts_as_deadline_exceeded() {
    let mock = Mock::start().await;
    for method in [EVALUATE, ENDORSE, SUBMIT, COMMIT_STATUS] {
        mock.then(method, Answer::never());
    }
    let contract = mock.network().contract(sample::CHAINCODE);
    assert_deadline(
        &contract.evaluate("read").timeout(SHORT).await.unwrap_err(),
        Step::Evaluate,
        false,
    );
    let transfer = || contract.submit("transfer").retry(Retry::none());
    assert_deadline(
        &transfer().endorse_timeout(SHORT).await.unwrap_err(),
        Step::Endorse,
        false,
    );
    assert_deadline(
        &transfer().submit_timeout(SHORT).await.unwrap_err(),
        Step::Submit,
        true,
    );
    assert_deadline(
        &transfer().commit_timeout(SHORT).await.unwrap_err(),
        Step::CommitStatus,
        true,
    );
    mock.wait_for_open_calls(0).await;
}

#[tokio::test]
async fn status_can_be_asked_for_again_after_its_limit() {
    let mock = Mock::start().await;
    mock.then(COMMIT_STATUS, Answer::never());
    let contract = mock.network().contract(sample::CHAINCODE);
    let commit = contract
        .submit("transfer")
        .commit_timeout(SHORT)
        .send()
        .await
        .unwrap();
    assert_deadline(
        &commit.status().await.unwrap_err(),
        Step::CommitStatus,
        true,
    );
    // A busy machine may let a limit pass that was enough; the answer is there all the same.
    assert_eq!(
        mock.network()
            .commit_status(commit.transaction_id().clone())
            .await
            .unwrap()
            .block_number,
        7
    );
}

#[tokio::test]
async fn peer_learns_the_limits_of_the_samples_unless_told_otherwise() {
    let mock = Mock::start().await;
    let contract = mock.network().contract(sample::CHAINCODE);
    contract.evaluate("read").await.unwrap();
    contract.submit("transfer").await.unwrap();
    let limit = |method| mock.calls(method)[0].limit.clone().unwrap();
    assert_eq!([limit(EVALUATE), limit(ENDORSE)], ["5000000u", "15000000u"]);
    assert_eq!(
        [limit(SUBMIT), limit(COMMIT_STATUS)],
        ["5000000u", "60000000u"]
    );
}

#[tokio::test]
async fn limits_of_the_gateway_hold_for_all_calls() {
    let mock = Mock::start().await;
    mock.then(EVALUATE, Answer::never());
    let timeouts = Timeouts {
        evaluate: SHORT,
        ..Timeouts::default()
    };
    let gateway = Gateway::builder(sample::user())
        .endpoint(mock.endpoint())
        .timeouts(timeouts)
        .connect_lazy()
        .unwrap();
    let contract = gateway.network(sample::CHANNEL).contract(sample::CHAINCODE);
    assert_deadline(
        &contract.evaluate("read").await.unwrap_err(),
        Step::Evaluate,
        false,
    );
}
