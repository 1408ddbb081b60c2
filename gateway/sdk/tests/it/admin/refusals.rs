//! What peers' refusals mean: the words are Fabric's.

use fabric_gateway_sdk::Code;
use fabric_gateway_sdk::admin::{AdminError, Refusal};

use super::refusal;
use crate::mock::{Answer, Mock, PROCESS_PROPOSAL};

/// Words that peers of 2.5 and 3.1 send.
const WORDS: &[(i32, &str, Refusal)] = &[
    (
        500,
        "failed to invoke backing implementation of 'InstallChaincode': chaincode already successfully installed (package ID 'a:b')",
        Refusal::AlreadyInstalled,
    ),
    (
        404,
        "chaincode install package 'a:b' not found",
        Refusal::NotInstalled,
    ),
    (
        500,
        "failed to invoke backing implementation of 'QueryInstalledChaincode': could not find chaincode with package id 'a:b'",
        Refusal::NotInstalled,
    ),
    (
        500,
        "failed to invoke backing implementation of 'ApproveChaincodeDefinitionForMyOrg': attempted to redefine uncommitted sequence (1) for namespace bonds with unchanged content",
        Refusal::AlreadyApproved,
    ),
    (
        500,
        "failed to invoke backing implementation of 'ApproveChaincodeDefinitionForMyOrg': attempted to redefine the current committed sequence (1) for namespace bonds",
        Refusal::AlreadyApproved,
    ),
    (
        500,
        "failed to invoke backing implementation of 'ApproveChaincodeDefinitionForMyOrg': attempted to redefine the current committed sequence (1) for namespace bonds with different parameters: expected Version '1.0' does not match passed Version '2.0'",
        Refusal::CommittedDiffers,
    ),
    (
        500,
        "failed to invoke backing implementation of 'CommitChaincodeDefinition': chaincode definition not agreed to by this org (Org1MSP)",
        Refusal::NotApproved,
    ),
    (
        500,
        "failed to invoke backing implementation of 'QueryApprovedChaincodeDefinition': could not fetch approved chaincode definition (name: 'bonds', sequence: '2') on channel 'mychannel'",
        Refusal::NotApproved,
    ),
    (
        500,
        "failed to invoke backing implementation of 'CommitChaincodeDefinition': requested sequence is 3, but new definition must be sequence 2",
        Refusal::WrongSequence,
    ),
    (
        500,
        "failed to invoke backing implementation of 'ApproveChaincodeDefinitionForMyOrg': currently defined sequence 3 is larger than requested sequence 2",
        Refusal::WrongSequence,
    ),
    (
        500,
        "failed to invoke backing implementation of 'ApproveChaincodeDefinitionForMyOrg': requested sequence 4 is larger than the next available sequence number 2",
        Refusal::WrongSequence,
    ),
    (404, "namespace bonds is not defined", Refusal::NotDefined),
    (
        500,
        "Failed to authorize invocation due to failed ACL check: failed evaluating policy on signed data during check policy",
        Refusal::Forbidden,
    ),
    (
        500,
        "Failed to authorize invocation due to failed ACL check: Unmapped policy for _lifecycle/QueryApprovedChaincodeDefinitions",
        Refusal::Unsupported,
    ),
    (
        500,
        "failed to invoke backing implementation of 'Absent': receiver *lifecycle.Invocation.Absent does not exist",
        Refusal::Unsupported,
    ),
    (
        500,
        "failed to invoke backing implementation of 'QueryApprovedChaincodeDefinition': could not deserialize namespace metadata for next sequence 1: could not query metadata for namespace namespaces/bonds#1: GET_STATE failed: private data matching public hash version is not available",
        Refusal::PrivateDataMissing,
    ),
    (
        500,
        "access denied for [GetChannels]: no",
        Refusal::Forbidden,
    ),
    (
        500,
        "channel 'mychannel' not found",
        Refusal::UnknownChannel,
    ),
    (500, "Invalid chain ID, mychannel", Refusal::UnknownChannel),
    (
        500,
        "cannot create ledger from genesis block: ledger [mychannel] already exists with state [ACTIVE]",
        Refusal::AlreadyJoined,
    ),
    (
        500,
        "Failed to get block number 9, error no such block number [9] in index",
        Refusal::NotFound,
    ),
    (500, "something else", Refusal::Other),
];

#[tokio::test]
async fn refusals_are_told_apart_by_fabrics_words() {
    let mock = Mock::start().await;
    let admin = mock.admin();
    for (status, words, expected) in WORDS {
        mock.then(PROCESS_PROPOSAL, refusal(*status, words));
        let error = admin.channels().await.unwrap_err();
        assert_eq!(error.refusal(), Some(*expected), "{words}");
        assert!(error.to_string().ends_with(words), "{error}");
        let passes = *expected == Refusal::PrivateDataMissing;
        assert_eq!(error.is_retryable(), passes, "{words}");
    }
}

#[tokio::test]
async fn peer_that_is_away_is_no_refusal() {
    let mock = Mock::start().await;
    mock.then(PROCESS_PROPOSAL, Answer::status(Code::Unavailable, "away"));
    let error = mock.admin().channels().await.unwrap_err();
    assert!(matches!(error, AdminError::Call(_)), "{error}");
    assert!(error.is_retryable() && error.refusal().is_none());
}
