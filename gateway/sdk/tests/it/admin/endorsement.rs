//! Transactions of administrators: who endorses them, what is submitted.

use fabric_gateway_sdk::admin::{AdminError, ChaincodeDefinition, PackageId};
use fabric_gateway_sdk::{Error, ValidationCode};
use fabric_protos::{common, gateway, lifecycle, peer};
use prost::Message as _;

use super::{endorsement, header, refusal};
use crate::mock::{Answer, Mock, PROCESS_PROPOSAL, SUBMIT};
use crate::sample;

fn definition() -> ChaincodeDefinition {
    ChaincodeDefinition::new("bonds", "1.0", 1)
}

/// The endorsed action and the header of what was submitted.
fn submitted(mock: &Mock) -> (peer::ChaincodeActionPayload, common::Header) {
    let requests: Vec<gateway::SubmitRequest> = mock.requests(SUBMIT);
    let envelope = requests[0].prepared_transaction.clone().unwrap();
    let payload = common::Payload::decode(envelope.payload.clone()).unwrap();
    let signed_by =
        common::SignatureHeader::decode(payload.header.as_ref().unwrap().signature_header.clone())
            .unwrap();
    sample::assert_signed(&signed_by.creator, &envelope.payload, &envelope.signature);
    let transaction = peer::Transaction::decode(payload.data).unwrap();
    let [action] = transaction.actions.try_into().unwrap();
    let header = payload.header.unwrap();
    assert_eq!(action.header, header.signature_header);
    let action = peer::ChaincodeActionPayload::decode(action.payload).unwrap();
    (action, header)
}

#[tokio::test]
async fn approval_is_endorsed_by_the_own_peer_and_submitted() {
    let mock = Mock::start().await;
    mock.then(PROCESS_PROPOSAL, endorsement("peer0.org1", "writes"));
    let package_id = PackageId::from("bonds:abc");

    let status = mock
        .channel_admin()
        .approve(&definition(), Some(&package_id))
        .await
        .unwrap();

    assert_eq!((status.block_number, status.is_valid()), (7, true));
    let [(chaincode, function, arguments)] = mock.operations().try_into().unwrap();
    assert_eq!(
        (&*chaincode, &*function),
        ("_lifecycle", "ApproveChaincodeDefinitionForMyOrg")
    );
    let approval =
        lifecycle::ApproveChaincodeDefinitionForMyOrgArgs::decode(arguments[0].clone()).unwrap();
    assert_eq!((&*approval.name, approval.sequence), ("bonds", 1));
    assert_eq!(
        (&*approval.endorsement_plugin, &*approval.validation_plugin),
        ("escc", "vscc")
    );
    assert!(approval.validation_parameter.is_empty() && approval.collections.is_none());
    let local = lifecycle::chaincode_source::Local {
        package_id: package_id.to_string(),
    };
    assert_eq!(
        approval.source.unwrap().r#type,
        Some(lifecycle::chaincode_source::Type::LocalPackage(local))
    );
    let (action, submitted_header) = submitted(&mock);
    let signed: Vec<peer::SignedProposal> = mock.requests(PROCESS_PROPOSAL);
    assert_eq!(submitted_header, header(&signed[0]));
    let endorsements = action.action.unwrap().endorsements;
    assert_eq!(endorsements.len(), 1);
}

#[tokio::test]
async fn commit_carries_an_endorsement_of_each_peer_once() {
    let (first, second, third) = (
        Mock::start().await,
        Mock::start().await,
        Mock::start().await,
    );
    first.then(PROCESS_PROPOSAL, endorsement("peer0.org1", "writes"));
    second.then(PROCESS_PROPOSAL, endorsement("peer0.org2", "writes"));
    third.then(PROCESS_PROPOSAL, endorsement("peer0.org2", "writes"));
    let others = [second.admin(), third.admin()];

    let channel = first.channel_admin().with_endorsers(&others);
    channel.commit(&definition()).await.unwrap();

    let proposals = [&first, &second, &third].map(|mock| {
        let signed: Vec<peer::SignedProposal> = mock.requests(PROCESS_PROPOSAL);
        signed
    });
    assert_eq!(proposals[0], proposals[1]);
    assert_eq!(proposals[0], proposals[2]);
    let (action, _) = submitted(&first);
    let endorsers = action.action.unwrap().endorsements;
    let endorsers: Vec<_> = endorsers.iter().map(|one| &*one.endorser).collect();
    assert_eq!(endorsers, [&b"peer0.org1"[..], b"peer0.org2"]);
    assert!(second.calls(SUBMIT).is_empty());
}

#[tokio::test]
async fn peers_that_disagree_make_no_transaction() {
    let (first, second) = (Mock::start().await, Mock::start().await);
    first.then(PROCESS_PROPOSAL, endorsement("peer0.org1", "two approvals"));
    second.then(PROCESS_PROPOSAL, endorsement("peer0.org2", "one approval"));

    let other = second.admin();
    let channel = first.channel_admin().with_endorsers([&other]);
    let error = channel.commit(&definition()).await.unwrap_err();

    assert!(error.is_retryable());
    let AdminError::Disagreement { other, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(other, second.url());
    assert!(first.calls(SUBMIT).is_empty());
}

#[tokio::test]
async fn one_refusal_makes_no_transaction() {
    let (first, second) = (Mock::start().await, Mock::start().await);
    first.then(PROCESS_PROPOSAL, endorsement("peer0.org1", "writes"));
    second.then(
        PROCESS_PROPOSAL,
        refusal(
            500,
            "chaincode definition not agreed to by this org (Org2MSP)",
        ),
    );

    let other = second.admin();
    let channel = first.channel_admin().with_endorsers([&other]);
    let error = channel.commit(&definition()).await.unwrap_err().to_string();

    assert!(
        error.contains(&second.url()) && error.contains("Org2MSP"),
        "{error}"
    );
    assert!(first.calls(SUBMIT).is_empty());
}

#[tokio::test]
async fn endorsement_that_is_missing_makes_no_transaction() {
    let mock = Mock::start().await;
    mock.then(PROCESS_PROPOSAL, refusal(200, ""));
    let error = mock
        .channel_admin()
        .commit(&definition())
        .await
        .unwrap_err();
    assert!(matches!(error, AdminError::Malformed { .. }), "{error}");
    assert!(mock.calls(SUBMIT).is_empty());
}

#[tokio::test]
async fn invalid_transaction_is_an_error() {
    let mock = Mock::start().await;
    mock.then(PROCESS_PROPOSAL, endorsement("peer0.org1", "writes"));
    mock.then(crate::mock::COMMIT_STATUS, Answer::verdict(10));
    let error = mock
        .channel_admin()
        .commit(&definition())
        .await
        .unwrap_err();
    let AdminError::Call(Error::NotValid { code, .. }) = error else {
        panic!("{error}")
    };
    assert_eq!(code, ValidationCode::from_number(10));
}
