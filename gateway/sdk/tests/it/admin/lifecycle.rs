//! Questions about packages and definitions: what is asked, and how answers are read.

use std::collections::BTreeMap;

use fabric_gateway_sdk::admin::{
    AdminError, ChaincodeDefinition, ChaincodeReference, ChaincodeService, Collection,
    EndorsementPolicy, PackageId,
};
use fabric_protos::lifecycle as wire;
use fabric_protos::peer::{ApplicationPolicy, application_policy};
use proptest::prelude::{Just, Strategy, any};
use prost::Message as _;

use super::{answer, endorsement, refusal, result};
use crate::mock::{Mock, PROCESS_PROPOSAL, SUBMIT};
use crate::sample;

const POLICY: &str = "OutOf(2, 'Org1MSP.peer', 'Org2MSP.peer', 'Org3MSP.admin')";
const COLLECTIONS: &str = r#"[
    {"name": "secrets", "policy": "OR('Org1MSP.member', 'Org2MSP.member')", "requiredPeerCount": 1,
     "maxPeerCount": 2, "blockToLive": 3, "memberOnlyRead": true,
     "endorsementPolicy": {"signaturePolicy": "AND('Org1MSP.peer', 'Org2MSP.peer')"}},
    {"name": "plain", "policy": "OR('Org1MSP.member')",
     "endorsementPolicy": {"channelConfigPolicy": "Admins"}}
]"#;

fn definition() -> ChaincodeDefinition {
    ChaincodeDefinition::new("bonds", "1.0", 2)
        .endorsement_policy(EndorsementPolicy::Signature(POLICY.parse().unwrap()))
        .collections(Collection::list_from_json(COLLECTIONS).unwrap())
        .init_required(true)
}

/// The definition as a channel gives it back, out of the very arguments that the SDK sends.
async fn committed() -> wire::QueryChaincodeDefinitionResult {
    let mock = Mock::start().await;
    mock.then(PROCESS_PROPOSAL, endorsement("peer0.org1", "writes"));
    mock.channel_admin().commit(&definition()).await.unwrap();
    let (_, _, arguments) = mock.operations().remove(0);
    let sent = wire::CommitChaincodeDefinitionArgs::decode(arguments[0].clone()).unwrap();
    wire::QueryChaincodeDefinitionResult {
        sequence: sent.sequence,
        version: sent.version,
        endorsement_plugin: sent.endorsement_plugin,
        validation_plugin: sent.validation_plugin,
        validation_parameter: sent.validation_parameter,
        collections: sent.collections,
        init_required: sent.init_required,
        approvals: [("Org1MSP".to_owned(), true), ("Org2MSP".to_owned(), false)].into(),
    }
}

#[tokio::test]
async fn definition_comes_back_as_it_was_sent() {
    let mock = Mock::start().await;
    mock.then(PROCESS_PROPOSAL, result(&committed().await));

    let read = mock
        .channel_admin()
        .committed_definition("bonds")
        .await
        .unwrap();

    assert_eq!(read.definition, definition());
    assert_eq!(read.definition.endorsement_policy.to_string(), POLICY);
    assert_eq!(read.definition.collections[0].maximum_peer_count, 2);
    assert_eq!(read.definition.collections[1].maximum_peer_count, 1);
    let approvals = [("Org1MSP".to_owned(), true), ("Org2MSP".to_owned(), false)];
    assert_eq!(read.approvals, BTreeMap::from(approvals));
}

#[tokio::test]
async fn policy_that_peers_fill_in_is_the_default_one() {
    let path = "/Channel/Application/Endorsement".to_owned();
    let policy = application_policy::Type::ChannelConfigPolicyReference(path);
    let mut committed = committed().await;
    committed.validation_parameter = sample::encode(&ApplicationPolicy {
        r#type: Some(policy),
    });
    let mock = Mock::start().await;
    mock.then(PROCESS_PROPOSAL, result(&committed));
    let read = mock.channel_admin().committed_definition("bonds").await;
    assert_eq!(
        read.unwrap().definition.endorsement_policy,
        EndorsementPolicy::default()
    );
}

#[tokio::test]
async fn name_without_a_definition_is_none() {
    let mock = Mock::start().await;
    mock.then(
        PROCESS_PROPOSAL,
        refusal(404, "namespace bonds is not defined"),
    );
    let channel = mock.channel_admin();
    let found = channel.find_committed_definition("bonds");
    assert_eq!(found.await.unwrap(), None);
}

#[tokio::test]
async fn readiness_names_who_is_missing_and_why() {
    let mock = Mock::start().await;
    let mismatches = wire::check_commit_readiness_result::Mismatches {
        items: vec!["Collections".to_owned()],
    };
    mock.then(
        PROCESS_PROPOSAL,
        result(&wire::CheckCommitReadinessResult {
            approvals: [("Org1MSP".to_owned(), true), ("Org2MSP".to_owned(), false)].into(),
            mismatches: [("Org2MSP".to_owned(), mismatches)].into(),
        }),
    );
    let readiness = mock.channel_admin().commit_readiness(&definition()).await;
    let readiness = readiness.unwrap();
    assert_eq!(readiness.missing().collect::<Vec<_>>(), ["Org2MSP"]);
    assert_eq!(readiness.mismatches["Org2MSP"], ["Collections"]);
}

#[tokio::test]
async fn approval_that_stands_is_not_repeated() {
    let mock = Mock::start().await;
    let committed = committed().await;
    let local = wire::chaincode_source::Local {
        package_id: "bonds:abc".to_owned(),
    };
    let approved = wire::QueryApprovedChaincodeDefinitionResult {
        sequence: committed.sequence,
        version: committed.version,
        endorsement_plugin: committed.endorsement_plugin,
        validation_plugin: committed.validation_plugin,
        validation_parameter: committed.validation_parameter,
        collections: committed.collections,
        init_required: committed.init_required,
        source: Some(wire::ChaincodeSource {
            r#type: Some(wire::chaincode_source::Type::LocalPackage(local)),
        }),
    };
    mock.then(PROCESS_PROPOSAL, result(&approved));
    mock.then(PROCESS_PROPOSAL, result(&approved));
    mock.then(PROCESS_PROPOSAL, endorsement("peer0.org1", "writes"));
    let channel = mock.channel_admin();

    let same = PackageId::from("bonds:abc");
    assert!(
        !channel
            .ensure_approved(&definition(), Some(&same))
            .await
            .unwrap()
    );
    assert!(mock.calls(SUBMIT).is_empty());

    let other = PackageId::from("bonds:def");
    assert!(
        channel
            .ensure_approved(&definition(), Some(&other))
            .await
            .unwrap()
    );
    assert_eq!(mock.calls(SUBMIT).len(), 1);
}

#[tokio::test]
async fn package_is_installed_under_the_id_that_was_calculated() {
    let package = ChaincodeService::new("bonds", "localhost:1")
        .package()
        .unwrap();
    let mock = Mock::start().await;
    let installed = |id: &str| wire::InstallChaincodeResult {
        package_id: id.to_owned(),
        label: "bonds".to_owned(),
    };
    mock.then(PROCESS_PROPOSAL, result(&installed(package.id().as_str())));
    mock.then(PROCESS_PROPOSAL, result(&installed("bonds:another")));
    let already = "failed to invoke backing implementation of 'InstallChaincode': chaincode already successfully installed (package ID 'bonds:x')";
    mock.then(PROCESS_PROPOSAL, refusal(500, already));
    let admin = mock.admin();

    assert_eq!(admin.install(&package).await.unwrap(), package.id());
    let (_, function, arguments) = mock.operations().remove(0);
    let sent = wire::InstallChaincodeArgs::decode(arguments[0].clone()).unwrap();
    assert_eq!(function, "InstallChaincode");
    assert_eq!(&sent.chaincode_install_package, package.bytes());

    let error = admin.install(&package).await.unwrap_err();
    assert!(matches!(error, AdminError::Malformed { .. }), "{error}");
    assert!(!admin.ensure_installed(&package).await.unwrap());
}

#[tokio::test]
async fn installed_package_names_its_definitions() {
    let mock = Mock::start().await;
    let reference = wire::query_installed_chaincodes_result::Chaincode {
        name: "bonds".to_owned(),
        version: "1.0".to_owned(),
    };
    let references = wire::query_installed_chaincodes_result::References {
        chaincodes: vec![reference],
    };
    let installed = wire::query_installed_chaincodes_result::InstalledChaincode {
        package_id: "bonds:abc".to_owned(),
        label: "bonds".to_owned(),
        references: [("mychannel".to_owned(), references)].into(),
    };
    mock.then(
        PROCESS_PROPOSAL,
        result(&wire::QueryInstalledChaincodesResult {
            installed_chaincodes: vec![installed],
        }),
    );
    let packages = mock.admin().installed_packages().await.unwrap();
    assert_eq!(packages[0].package_id.as_str(), "bonds:abc");
    let expected = ChaincodeReference {
        name: "bonds".to_owned(),
        version: "1.0".to_owned(),
    };
    assert_eq!(packages[0].references["mychannel"], [expected]);
}

#[tokio::test]
async fn package_that_comes_back_changed_is_refused() {
    let mock = Mock::start().await;
    mock.then(
        PROCESS_PROPOSAL,
        result(&wire::GetInstalledChaincodePackageResult {
            chaincode_install_package: "something else".into(),
        }),
    );
    let id = PackageId::of("bonds", "the package");
    let error = mock.admin().package_bytes(&id).await.unwrap_err();
    assert!(matches!(error, AdminError::Malformed { .. }), "{error}");
}

#[tokio::test]
async fn garbage_in_an_answer_is_an_error_of_the_peer() {
    let mock = Mock::start().await;
    mock.then(PROCESS_PROPOSAL, answer(200, "", "\u{7f}".into()));
    let error = mock.channel_admin().committed_definitions().await;
    let error = error.unwrap_err();
    assert!(matches!(error, AdminError::Malformed { .. }), "{error}");
}

#[test]
fn truncated_answers_never_panic() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (mock, whole) = runtime.block_on(async {
        let committed = committed().await;
        (Mock::start().await, sample::encode(&committed))
    });
    let channel = runtime.block_on(async { mock.channel_admin() });
    let damage = (0..whole.len(), any::<bool>(), Just(whole.clone()));
    let damaged = damage.prop_map(|(place, cut, whole)| {
        let mut bytes = whole.to_vec();
        if cut {
            bytes.truncate(place);
        } else {
            bytes[place] ^= 0x55;
        }
        bytes
    });
    let configuration = proptest::test_runner::Config::with_cases(64);
    proptest::test_runner::TestRunner::new(configuration)
        .run(&damaged, |bytes| {
            mock.then(PROCESS_PROPOSAL, answer(200, "", bytes.into()));
            // Well-formed by chance or an error: either is an answer.
            let _ = runtime.block_on(channel.committed_definition("bonds"));
            Ok(())
        })
        .unwrap();
}

#[test]
fn collections_that_are_wrong_are_named() {
    let error = |text: &str| Collection::list_from_json(text).unwrap_err().to_string();
    assert!(error("{}").contains("JSON array"));
    let text = r#"[{"name": "secrets", "policy": "OR('Org1MSP.boss')"}]"#;
    assert!(error(text).contains("secrets"));
    let both = r#"[{"name": "secrets", "policy": "OR('Org1MSP.member')",
        "endorsementPolicy": {"signaturePolicy": "OR('Org1MSP.peer')", "channelConfigPolicy": "Admins"}}]"#;
    assert!(error(both).contains("not both"));
}
