//! What each failure becomes, and what a caller may do about it.

use fabric_gateway_sdk::{Code, Error, Step, ValidationCode};
use tonic::Status;

use crate::mock::{Answer, COMMIT_STATUS, ENDORSE, EVALUATE, End, Mock, SUBMIT};
use crate::sample;

/// What a caller learns.
#[derive(Debug, PartialEq)]
struct Verdict {
    kind: &'static str,
    step: Option<Step>,
    code: Option<Code>,
    is_retryable: bool,
    outcome_unknown: bool,
}

/// Submits, or evaluates, while one method fails.
async fn fail(method: &'static str, status: Status) -> Error {
    let mock = Mock::start().await;
    mock.then(method, Answer::Send(Vec::new(), End::With(status)));
    let contract = mock.network().contract(sample::CHAINCODE);
    if method == EVALUATE {
        return contract.evaluate("read").await.unwrap_err();
    }
    contract
        .submit("transfer")
        .retry(fabric_gateway_sdk::Retry::none())
        .await
        .unwrap_err()
}

async fn check(method: &'static str, code: Code, message: &str, kind: &'static str, then: &str) {
    let error = fail(method, Status::new(code, message)).await;
    let step = match method {
        EVALUATE => Step::Evaluate,
        ENDORSE => Step::Endorse,
        SUBMIT => Step::Submit,
        _ => Step::CommitStatus,
    };
    let found = Verdict {
        kind: match error {
            Error::Chaincode { .. } => "chaincode",
            Error::Overloaded { .. } => "overloaded",
            Error::Call { .. } => "call",
            _ => "other",
        },
        step: error.step(),
        code: error.code(),
        is_retryable: error.is_retryable(),
        outcome_unknown: error.outcome_unknown(),
    };
    let (is_retryable, outcome_unknown) = (then == "retry", then == "unknown");
    let expected = Verdict {
        kind,
        step: Some(step),
        code: Some(code),
        is_retryable,
        outcome_unknown,
    };
    assert_eq!(found, expected, "{method} {code:?} {message}");
    assert!(
        error
            .transaction_id()
            .is_some_and(|id| id.as_str().len() == 64)
    );
}

#[tokio::test]
async fn each_code_says_what_to_do_at_each_step() {
    let busy = "too many requests for /gateway.Gateway, exceeding concurrency limit (500)";
    for method in [EVALUATE, ENDORSE] {
        check(method, Code::Unavailable, "no peers", "call", "retry").await;
        check(method, Code::DeadlineExceeded, "timeout", "call", "retry").await;
        check(
            method,
            Code::Aborted,
            "failed to collect enough endorsements",
            "call",
            "retry",
        )
        .await;
        check(method, Code::Unknown, busy, "overloaded", "retry").await;
        check(
            method,
            Code::FailedPrecondition,
            "no peers can endorse",
            "call",
            "give up",
        )
        .await;
        check(
            method,
            Code::PermissionDenied,
            "not a reader",
            "call",
            "give up",
        )
        .await;
        check(
            method,
            Code::Unknown,
            "chaincode response 404, no such bond",
            "chaincode",
            "give up",
        )
        .await;
    }
    check(SUBMIT, Code::Unavailable, "no orderers", "call", "unknown").await;
    check(SUBMIT, Code::DeadlineExceeded, "timeout", "call", "unknown").await;
    check(SUBMIT, Code::Internal, "broken", "call", "unknown").await;
    check(SUBMIT, Code::Unknown, "who knows", "call", "unknown").await;
    check(SUBMIT, Code::Unknown, busy, "overloaded", "retry").await;
    check(
        SUBMIT,
        Code::Aborted,
        "received unsuccessful response from orderer",
        "call",
        "give up",
    )
    .await;
    check(
        SUBMIT,
        Code::FailedPrecondition,
        "no channel",
        "call",
        "give up",
    )
    .await;
    check(
        COMMIT_STATUS,
        Code::PermissionDenied,
        "not a reader",
        "call",
        "unknown",
    )
    .await;
    check(COMMIT_STATUS, Code::Unavailable, "gone", "call", "unknown").await;
    check(COMMIT_STATUS, Code::Unknown, busy, "overloaded", "unknown").await;
}

#[tokio::test]
async fn refusal_by_the_chaincode_keeps_its_own_status_and_message() {
    let said = r#"chaincode response 409, {"code":"INSUFFICIENT","data":{"need":"5, or more"}}"#;
    let outer = "failed to endorse transaction, see attached details for more info";
    let error = fail(ENDORSE, sample::status(Code::Aborted, outer, said)).await;
    let Error::Chaincode {
        status,
        message,
        failure,
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(*status, 409);
    assert_eq!(
        message,
        r#"{"code":"INSUFFICIENT","data":{"need":"5, or more"}}"#
    );
    assert_eq!(
        (failure.code, failure.message.as_str()),
        (Code::Aborted, outer)
    );
    assert_eq!(error.details()[0].address, "peer0.org1.example.com:7051");
    assert_eq!(
        (
            error.details()[0].msp_id.as_str(),
            error.details()[0].message.as_str()
        ),
        ("Org1MSP", said)
    );
}

#[tokio::test]
async fn refusal_of_a_query_is_found_without_details_too() {
    let said = "evaluate call to endorser returned error: chaincode response 500, the bond 1 does not exist";
    let error = fail(EVALUATE, Status::new(Code::Unknown, said)).await;
    assert_eq!(
        error.to_string(),
        "chaincode refused with status 500: the bond 1 does not exist"
    );
}

#[tokio::test]
async fn text_of_an_error_names_step_code_and_nodes() {
    let error = fail(
        ENDORSE,
        sample::status(Code::Unavailable, "see details", "connection refused"),
    )
    .await;
    let expected = "endorse failed with Unavailable: see details; \
                    peer0.org1.example.com:7051 (Org1MSP): connection refused";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn details_that_cannot_be_read_do_not_hide_the_failure() {
    let error = fail(
        ENDORSE,
        Status::with_details(Code::Aborted, "no", vec![0xff; 64].into()),
    )
    .await;
    assert_eq!(
        (error.code(), error.details()),
        (Some(Code::Aborted), &[][..])
    );
}

#[tokio::test]
async fn invalid_transaction_is_an_error_with_its_verdict() {
    for (number, is_retryable) in [(10, false), (11, true), (12, true), (9, false), (77, false)] {
        let mock = Mock::start().await;
        mock.then(COMMIT_STATUS, Answer::verdict(number));
        let error = mock
            .network()
            .contract(sample::CHAINCODE)
            .submit("transfer")
            .await
            .unwrap_err();
        let Error::NotValid {
            code,
            block_number: 7,
            ..
        } = error
        else {
            panic!("{error}")
        };
        assert_eq!(code, ValidationCode::from_number(number));
        assert_eq!(
            (error.is_retryable(), error.outcome_unknown()),
            (is_retryable, false)
        );
    }
}

#[tokio::test]
async fn verdicts_have_the_names_of_fabric() {
    assert_eq!(
        ValidationCode::MVCC_READ_CONFLICT.to_string(),
        "MVCC_READ_CONFLICT"
    );
    assert_eq!(
        ValidationCode::from_number(77).to_string(),
        "UNKNOWN_VALIDATION_CODE_77"
    );
}

#[tokio::test]
async fn sent_transaction_gives_a_bad_verdict_as_a_value() {
    let mock = Mock::start().await;
    mock.then(COMMIT_STATUS, Answer::verdict(11));
    let commit = mock
        .network()
        .contract(sample::CHAINCODE)
        .submit("transfer")
        .send()
        .await
        .unwrap();
    let status = commit.status().await.unwrap();
    assert!(!status.is_valid() && status.code.is_conflict());
}

#[tokio::test]
async fn argument_that_is_no_json_is_told_before_anything_is_sent() {
    let mock = Mock::start().await;
    let unwritable = std::collections::BTreeMap::from([((1, 2), 3)]);
    let contract = mock.network().contract(sample::CHAINCODE);
    let error = contract
        .submit("transfer")
        .json_arg(&unwritable)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Argument(_)), "{error}");
    assert!(mock.calls(ENDORSE).is_empty());
}

#[tokio::test]
async fn result_of_another_shape_is_told_with_the_transaction() {
    let mock = Mock::start().await;
    let error = mock
        .network()
        .contract(sample::CHAINCODE)
        .evaluate("read")
        .json::<u64>()
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Result { .. }) && error.transaction_id().is_some(),
        "{error}"
    );
}
