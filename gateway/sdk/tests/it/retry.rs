//! What is tried again, with what, and what never is.

use fabric_gateway_sdk::{Code, Error, Gateway, Retry};
use fabric_protos::gateway;

use crate::mock::{Answer, COMMIT_STATUS, ENDORSE, End, Mock, SUBMIT};
use crate::sample;

const MVCC: i32 = 11;

fn ids(mock: &Mock) -> Vec<String> {
    let requests = mock.requests::<gateway::EndorseRequest>(ENDORSE);
    requests
        .into_iter()
        .map(|request| request.transaction_id)
        .collect()
}

#[tokio::test]
async fn conflict_is_tried_again_with_a_new_proposal() {
    let mock = Mock::start().await;
    mock.then(COMMIT_STATUS, Answer::verdict(MVCC));
    mock.then(COMMIT_STATUS, Answer::verdict(12));
    let contract = mock.network().contract(sample::CHAINCODE);
    let receipt = contract
        .submit("transfer")
        .arg("1")
        .retry(Retry::on_conflict(2))
        .await
        .unwrap();
    let ids = ids(&mock);
    assert_eq!(ids.len(), 3);
    assert!(ids[0] != ids[1] && ids[1] != ids[2]);
    assert_eq!(receipt.transaction_id.as_str(), ids[2]);
}

#[tokio::test]
async fn conflict_is_told_when_attempts_are_used_up() {
    let mock = Mock::start().await;
    mock.then(COMMIT_STATUS, Answer::verdict(MVCC));
    mock.then(COMMIT_STATUS, Answer::verdict(MVCC));
    let contract = mock.network().contract(sample::CHAINCODE);
    let error = contract
        .submit("transfer")
        .retry(Retry::on_conflict(1))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NotValid { .. }), "{error}");
    assert_eq!(ids(&mock).len(), 2);
}

#[tokio::test]
async fn conflict_is_not_tried_again_unless_asked_for() {
    let mock = Mock::start().await;
    mock.then(COMMIT_STATUS, Answer::verdict(MVCC));
    mock.network()
        .contract(sample::CHAINCODE)
        .submit("transfer")
        .await
        .unwrap_err();
    assert_eq!(ids(&mock).len(), 1);
}

#[tokio::test]
async fn different_results_of_endorsers_are_tried_again_when_told_to() {
    let mock = Mock::start().await;
    let mismatch = sample::status(
        Code::Aborted,
        "failed to collect enough transaction endorsements, see attached details for more info",
        "ProposalResponsePayloads do not match",
    );
    for _ in 0..2 {
        mock.then(
            ENDORSE,
            Answer::Send(Vec::new(), End::With(mismatch.clone())),
        );
    }
    let contract = mock.network().contract(sample::CHAINCODE);
    let error = contract.submit("transfer").await.unwrap_err();
    assert!(error.is_mismatch(), "{error}");
    let retry = Retry::on_conflict(1).and_on_mismatch(1);
    contract.submit("transfer").retry(retry).await.unwrap();
    assert_eq!((ids(&mock).len(), mock.calls(SUBMIT).len()), (3, 1));
}

#[tokio::test]
async fn policy_failure_is_never_tried_again() {
    let mock = Mock::start().await;
    mock.then(COMMIT_STATUS, Answer::verdict(10));
    let contract = mock.network().contract(sample::CHAINCODE);
    contract
        .submit("transfer")
        .retry(Retry::on_conflict(5))
        .await
        .unwrap_err();
    assert_eq!(ids(&mock).len(), 1);
}

#[tokio::test]
async fn same_envelope_is_resent_while_the_outcome_is_unknown() {
    let mock = Mock::start().await;
    mock.then(SUBMIT, Answer::status(Code::Unavailable, "no orderers"));
    mock.then(SUBMIT, Answer::status(Code::DeadlineExceeded, "timeout"));
    mock.network()
        .contract(sample::CHAINCODE)
        .submit("transfer")
        .await
        .unwrap();
    let sent = mock.requests::<gateway::SubmitRequest>(SUBMIT);
    assert_eq!((ids(&mock).len(), sent.len()), (1, 3));
    let payloads: Vec<_> = sent
        .into_iter()
        .map(|request| request.prepared_transaction.unwrap().payload)
        .collect();
    assert!(payloads[0] == payloads[1] && payloads[1] == payloads[2]);
}

#[tokio::test]
async fn later_refusal_does_not_make_an_unknown_outcome_known() {
    let mock = Mock::start().await;
    mock.then(SUBMIT, Answer::status(Code::DeadlineExceeded, "timeout"));
    mock.then(SUBMIT, Answer::status(Code::Aborted, "refused"));
    mock.then(
        SUBMIT,
        Answer::status(Code::Unknown, "too many requests for /gateway.Gateway"),
    );
    let contract = mock.network().contract(sample::CHAINCODE);
    let retry = Retry::on_conflict(3).and_on_trouble(3);
    let error = contract.submit("transfer").retry(retry).await.unwrap_err();
    assert_eq!(
        (error.code(), error.outcome_unknown()),
        (Some(Code::DeadlineExceeded), true)
    );
    assert_eq!((ids(&mock).len(), mock.calls(SUBMIT).len()), (1, 3));
}

#[tokio::test]
async fn unknown_commit_never_leads_to_a_new_proposal() {
    let mock = Mock::start().await;
    for _ in 0..3 {
        mock.then(COMMIT_STATUS, Answer::status(Code::Unavailable, "gone"));
    }
    let contract = mock.network().contract(sample::CHAINCODE);
    let retry = Retry::on_conflict(3).and_on_trouble(3);
    let error = contract.submit("transfer").retry(retry).await.unwrap_err();
    assert!(error.outcome_unknown());
    assert_eq!(ids(&mock).len(), 1);
}

#[tokio::test]
async fn status_is_asked_for_again_when_the_peer_is_out_of_reach() {
    let mock = Mock::start().await;
    mock.then(COMMIT_STATUS, Answer::status(Code::Unavailable, "gone"));
    mock.network()
        .contract(sample::CHAINCODE)
        .submit("transfer")
        .await
        .unwrap();
    assert_eq!((ids(&mock).len(), mock.calls(COMMIT_STATUS).len()), (1, 2));
}

#[tokio::test]
async fn nothing_is_resent_when_told_not_to() {
    let mock = Mock::start().await;
    mock.then(SUBMIT, Answer::status(Code::Unavailable, "no orderers"));
    let contract = mock.network().contract(sample::CHAINCODE);
    contract
        .submit("transfer")
        .retry(Retry::none())
        .await
        .unwrap_err();
    assert_eq!(mock.calls(SUBMIT).len(), 1);
}

#[tokio::test]
async fn overloaded_peer_is_asked_again_when_told_to() {
    let mock = Mock::start().await;
    let busy = Answer::status(Code::Unknown, "too many requests for /gateway.Gateway");
    mock.then(ENDORSE, busy.clone());
    mock.then(SUBMIT, busy);
    let contract = mock.network().contract(sample::CHAINCODE);
    contract
        .submit("transfer")
        .retry(Retry::default().and_on_trouble(1))
        .await
        .unwrap();
    assert_eq!(
        (mock.calls(ENDORSE).len(), mock.calls(SUBMIT).len()),
        (2, 2)
    );
}

#[tokio::test]
async fn refusal_by_the_chaincode_is_never_tried_again() {
    let mock = Mock::start().await;
    mock.then(
        ENDORSE,
        Answer::status(Code::Unknown, "chaincode response 500, no"),
    );
    let contract = mock.network().contract(sample::CHAINCODE);
    contract
        .submit("transfer")
        .retry(Retry::on_conflict(3).and_on_trouble(3))
        .await
        .unwrap_err();
    assert_eq!(mock.calls(ENDORSE).len(), 1);
}

#[tokio::test]
async fn next_peer_serves_when_the_first_is_out_of_reach() {
    let (gone, here) = (Mock::start().await, Mock::start().await);
    let builder = Gateway::builder(sample::user())
        .endpoint(gone.endpoint())
        .endpoint(here.endpoint());
    let contract = builder
        .connect_lazy()
        .unwrap()
        .network(sample::CHANNEL)
        .contract(sample::CHAINCODE);
    gone.stop();
    contract
        .submit("transfer")
        .retry(Retry::default().and_on_trouble(3))
        .await
        .unwrap();
    assert_eq!(here.calls(SUBMIT).len(), 1);
}
