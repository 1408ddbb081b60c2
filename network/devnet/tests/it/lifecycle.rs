//! `_lifecycle`, step by step as administrators take it.

use bytes::Bytes;
use fabric_devnet::{
    Network,
    package::{ChaincodePackage, Connection},
};
use fabric_ledger::ValidationCode;
use fabric_protos::lifecycle::{
    ApproveChaincodeDefinitionForMyOrgResult, CheckCommitReadinessResult,
    CommitChaincodeDefinitionResult, GetInstalledChaincodePackageArgs,
    GetInstalledChaincodePackageResult, QueryApprovedChaincodeDefinitionArgs,
    QueryApprovedChaincodeDefinitionResult, QueryApprovedChaincodeDefinitionsArgs,
    QueryApprovedChaincodeDefinitionsResult, QueryChaincodeDefinitionArgs,
    QueryChaincodeDefinitionResult, QueryChaincodeDefinitionsArgs, QueryChaincodeDefinitionsResult,
    QueryInstalledChaincodeArgs, QueryInstalledChaincodeResult, QueryInstalledChaincodesArgs,
    QueryInstalledChaincodesResult,
    chaincode_source::{Local, Type},
};

use crate::support::{
    Client, TestChaincode, client::user, ephemeral, in_folder, system::Definition, verify_chain,
};

const APPROVE: &str = "ApproveChaincodeDefinitionForMyOrg";
const COMMIT: &str = "CommitChaincodeDefinition";

const BASIC: Definition = Definition {
    name: "basic",
    version: "1.0",
    sequence: 1,
};

async fn admin(network: &Network, organization: usize) -> Client {
    let identity = user(network, organization, "Admin");
    Client::with(network, organization, identity).await
}

fn package(label: &str, chaincode: &TestChaincode) -> (String, Bytes) {
    let connection = Connection::plain(chaincode.address().to_string());
    let (package, bytes) = ChaincodePackage::write(label, &connection).unwrap();
    (package.id, bytes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chaincode_is_installed_approved_committed_and_called() {
    let network = ephemeral().await;
    let chaincode = TestChaincode::start().await;
    let (id, bytes) = package("basic_1.0", &chaincode);
    let (one, two) = (admin(&network, 1).await, admin(&network, 2).await);

    assert_eq!(one.install(bytes.clone()).await, Ok(id.clone()));
    assert_eq!(two.install(bytes.clone()).await, Ok(id.clone()));
    let approval = BASIC.approval(&id);
    let approved = one.submit_lifecycle(APPROVE, &approval, &[&one]).await;
    assert_eq!(approved.code, ValidationCode::VALID);
    let ready: CheckCommitReadinessResult = one
        .lifecycle("CheckCommitReadiness", &BASIC.readiness())
        .await
        .unwrap();
    assert_eq!(
        ready.approvals.into_iter().collect::<Vec<_>>(),
        [("Org1MSP".to_owned(), true), ("Org2MSP".to_owned(), false)]
    );
    assert_eq!(ready.mismatches["Org2MSP"].items, ["ChaincodeParameters"]);
    let approved = two.submit_lifecycle(APPROVE, &approval, &[&two]).await;
    assert_eq!(approved.code, ValidationCode::VALID);
    let committed = one
        .submit_lifecycle(COMMIT, &BASIC.commit(), &[&one, &two])
        .await;
    assert_eq!(committed.code, ValidationCode::VALID);

    let client = Client::user1(&network).await;
    client.transact(&["put", "a", "1"]).await.unwrap();
    assert_eq!(client.evaluate(&["get", "a"]).await.unwrap(), "1");
    check_queries(&one, &id, &bytes).await;
    verify_chain(&network).await;
}

async fn check_queries(one: &Client, id: &str, bytes: &Bytes) {
    let name = "basic".to_owned();
    let found: QueryChaincodeDefinitionResult = one
        .lifecycle(
            "QueryChaincodeDefinition",
            &QueryChaincodeDefinitionArgs { name },
        )
        .await
        .unwrap();
    assert_eq!((found.sequence, &*found.version), (1, "1.0"));
    assert_eq!(
        (&*found.endorsement_plugin, &*found.validation_plugin),
        ("escc", "vscc")
    );
    assert!(found.approvals["Org1MSP"] && found.approvals["Org2MSP"]);
    let all: QueryChaincodeDefinitionsResult = one
        .lifecycle(
            "QueryChaincodeDefinitions",
            &QueryChaincodeDefinitionsArgs {},
        )
        .await
        .unwrap();
    assert_eq!(all.chaincode_definitions[0].name, "basic");

    let name = "basic".to_owned();
    for sequence in [0, 1] {
        let arguments = QueryApprovedChaincodeDefinitionArgs {
            name: name.clone(),
            sequence,
        };
        let approved: QueryApprovedChaincodeDefinitionResult = one
            .lifecycle("QueryApprovedChaincodeDefinition", &arguments)
            .await
            .unwrap();
        assert_eq!((approved.sequence, &*approved.version), (1, "1.0"));
        let source = approved.source.unwrap().r#type;
        let package_id = id.to_owned();
        assert_eq!(source, Some(Type::LocalPackage(Local { package_id })));
    }
    let arguments = QueryApprovedChaincodeDefinitionArgs { name, sequence: 2 };
    let missing: Result<QueryApprovedChaincodeDefinitionResult, _> = one
        .lifecycle("QueryApprovedChaincodeDefinition", &arguments)
        .await;
    assert_eq!(
        missing.unwrap_err().1,
        "failed to invoke backing implementation of 'QueryApprovedChaincodeDefinition': could not fetch approved chaincode definition (name: 'basic', sequence: '2') on channel 'mychannel'"
    );
    let all: QueryApprovedChaincodeDefinitionsResult = one
        .lifecycle(
            "QueryApprovedChaincodeDefinitions",
            &QueryApprovedChaincodeDefinitionsArgs {},
        )
        .await
        .unwrap();
    let all = all.approved_chaincode_definitions;
    assert_eq!((all.len(), &*all[0].name, all[0].sequence), (1, "basic", 1));

    let alone = one.on_channel("");
    let installed: QueryInstalledChaincodesResult = alone
        .lifecycle("QueryInstalledChaincodes", &QueryInstalledChaincodesArgs {})
        .await
        .unwrap();
    let entry = &installed.installed_chaincodes[0];
    assert_eq!((&*entry.package_id, &*entry.label), (id, "basic_1.0"));
    let reference = &entry.references["mychannel"].chaincodes[0];
    assert_eq!((&*reference.name, &*reference.version), ("basic", "1.0"));
    let package_id = id.to_owned();
    let found: QueryInstalledChaincodeResult = alone
        .lifecycle(
            "QueryInstalledChaincode",
            &QueryInstalledChaincodeArgs {
                package_id: package_id.clone(),
            },
        )
        .await
        .unwrap();
    assert_eq!(found.references["mychannel"].chaincodes[0].name, "basic");
    let found: GetInstalledChaincodePackageResult = alone
        .lifecycle(
            "GetInstalledChaincodePackage",
            &GetInstalledChaincodePackageArgs { package_id },
        )
        .await
        .unwrap();
    assert_eq!(&found.chaincode_install_package, bytes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_refusal_is_fabrics() {
    let network = ephemeral().await;
    let chaincode = TestChaincode::start().await;
    let (id, bytes) = package("basic_1.0", &chaincode);
    let one = admin(&network, 1).await;
    let member = Client::user1(&network).await;

    let refused = member.install(bytes.clone()).await.unwrap_err();
    assert_eq!(refused, (500, "Failed to authorize invocation due to failed ACL check: Failed verifying that proposal's creator satisfies local MSP principal during channelless check policy with policy [Admins]: [The identity is not an admin under this MSP [Org1MSP]: The identity does not contain OU [ADMIN], MSP: [Org1MSP]]".to_owned()));
    one.install(bytes.clone()).await.unwrap();
    let again = one.install(bytes).await.unwrap_err().1;
    assert_eq!(
        again,
        format!(
            "failed to invoke backing implementation of 'InstallChaincode': chaincode already successfully installed (package ID '{id}')"
        )
    );
    let garbage = one.install(Bytes::from("garbage")).await.unwrap_err().1;
    assert_eq!(
        garbage,
        "failed to invoke backing implementation of 'InstallChaincode': could not parse as a chaincode install package: error reading as gzip stream: unexpected EOF"
    );

    let approve = async |definition: &Definition| {
        let approval = definition.approval(&id);
        let outcome: Result<ApproveChaincodeDefinitionForMyOrgResult, _> =
            one.lifecycle(APPROVE, &approval).await;
        outcome.unwrap_err()
    };
    let ahead = Definition {
        sequence: 2,
        ..BASIC
    };
    assert_eq!(approve(&ahead).await, (500, "failed to invoke backing implementation of 'ApproveChaincodeDefinitionForMyOrg': requested sequence 2 is larger than the next available sequence number 1".to_owned()));
    let named = Definition {
        name: "qscc",
        ..BASIC
    };
    assert_eq!(
        approve(&named).await.1,
        "failed to invoke backing implementation of 'ApproveChaincodeDefinitionForMyOrg': error validating chaincode definition: chaincode name 'qscc' is the name of a system chaincode"
    );

    let commit = async |definition: &Definition| {
        let outcome: Result<CommitChaincodeDefinitionResult, _> =
            one.lifecycle(COMMIT, &definition.commit()).await;
        outcome.unwrap_err().1
    };
    assert_eq!(
        commit(&BASIC).await,
        "failed to invoke backing implementation of 'CommitChaincodeDefinition': chaincode definition not agreed to by this org (Org1MSP)"
    );
    assert_eq!(
        commit(&ahead).await,
        "failed to invoke backing implementation of 'CommitChaincodeDefinition': requested sequence is 2, but new definition must be sequence 1"
    );
    let name = "basic".to_owned();
    let undefined: Result<QueryChaincodeDefinitionResult, _> = one
        .lifecycle(
            "QueryChaincodeDefinition",
            &QueryChaincodeDefinitionArgs { name },
        )
        .await;
    assert_eq!(
        undefined.unwrap_err(),
        (404, "namespace basic is not defined".to_owned())
    );

    let response = one.call_text("_lifecycle", &["Unknown", ""]).await;
    assert_eq!(
        response.message,
        "Failed to authorize invocation due to failed ACL check: Unmapped policy for _lifecycle/Unknown"
    );
    let response = one.call_text("_lifecycle", &[]).await;
    assert_eq!(
        response.message,
        "lifecycle scc must be invoked with arguments"
    );
    let response = one.call_text("_lifecycle", &["InstallChaincode"]).await;
    assert_eq!(
        response.message,
        "lifecycle scc operations require exactly two arguments but received 1"
    );
    let response = one
        .call_text("_lifecycle", &["InstallChaincode", "\u{7}\u{7}"])
        .await;
    assert_eq!(
        response.message,
        "failed to invoke backing implementation of 'InstallChaincode': could not decode input arg for *lifecycle.Invocation.InstallChaincode: proto: cannot parse invalid wire-format data"
    );
    let alone = one
        .on_channel("")
        .lifecycle::<CheckCommitReadinessResult>("CheckCommitReadiness", &BASIC.readiness())
        .await;
    assert_eq!(
        alone.unwrap_err().1,
        "Failed to authorize invocation due to failed ACL check: Failed getting local MSP principal during channelless check policy with policy [/Channel/Application/Writers]: [MSP Principal role [/Channel/Application/Writers] not recognized]"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_runs_only_what_its_organisation_approved_and_installed() {
    let network = ephemeral().await;
    let chaincode = TestChaincode::start().await;
    let (id, bytes) = package("basic_1.0", &chaincode);
    let (one, two) = (admin(&network, 1).await, admin(&network, 2).await);
    for admin in [&one, &two] {
        let approval = BASIC.approval(&id);
        admin.submit_lifecycle(APPROVE, &approval, &[admin]).await;
    }
    one.submit_lifecycle(COMMIT, &BASIC.commit(), &[&one, &two])
        .await;
    let client = Client::user1(&network).await;
    let refusal = async || client.call_text("basic", &["get", "a"]).await.message;

    assert_eq!(
        refusal().await,
        "make sure the chaincode basic has been successfully defined on channel mychannel and try again: chaincode definition for 'basic' exists, but chaincode is not installed"
    );
    one.install(bytes).await.unwrap();
    assert_eq!(refusal().await, "");

    // Org1 agrees to what Org2 alone has said before.
    let second = Definition {
        version: "2.0",
        sequence: 2,
        ..BASIC
    };
    let approved = two
        .submit_lifecycle(APPROVE, &second.approval(&id), &[&two])
        .await;
    assert_eq!(approved.code, ValidationCode::VALID);
    let one_says: Result<CommitChaincodeDefinitionResult, _> =
        one.lifecycle(COMMIT, &second.commit()).await;
    assert!(
        one_says
            .unwrap_err()
            .1
            .ends_with("not agreed to by this org (Org1MSP)")
    );
    let committed = one
        .submit_lifecycle(COMMIT, &second.commit(), &[&two])
        .await;
    assert_eq!(committed.code, ValidationCode::ENDORSEMENT_POLICY_FAILURE);
    assert_eq!(refusal().await, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn approvals_of_another_organisation_are_refused_and_void() {
    let network = ephemeral().await;
    let (one, two) = (admin(&network, 1).await, admin(&network, 2).await);
    // The administrator of Org1 has no say at the peer of Org2.
    let elsewhere = Client::with(&network, 2, user(&network, 1, "Admin")).await;
    let approval = BASIC.approval("basic_1.0:00");
    let refused: Result<ApproveChaincodeDefinitionForMyOrgResult, _> =
        elsewhere.lifecycle(APPROVE, &approval).await;
    assert_eq!(
        refused.unwrap_err().1,
        "Failed to authorize invocation due to failed ACL check: Failed deserializing proposal creator during channelless check policy with policy [Admins]: [expected MSP ID Org2MSP, received Org1MSP]"
    );
    // What the peer of Org1 endorses cannot be Org2's.
    let proposed = one.propose_lifecycle(APPROVE, &approval);
    let response = one.ask(&proposed).await;
    let other = two.ask(&two.propose_lifecycle(APPROVE, &approval)).await;
    let forged = fabric_protos::peer::ProposalResponse {
        payload: other.payload,
        ..response
    };
    let envelope = one.assemble(&proposed, &[forged]);
    let committed = one.submit_and_wait(&proposed.id, &envelope).await.unwrap();
    assert_ne!(committed.code, ValidationCode::VALID);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn packages_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let chaincode = TestChaincode::start().await;
    let network = in_folder(dir.path()).await;
    crate::support::deploy(&network, &chaincode, None).await;
    network.shutdown().await;

    let network = in_folder(dir.path()).await;
    let client = Client::user1(&network).await;
    client.transact(&["put", "a", "1"]).await.unwrap();
    let file = dir.path().join("peers/peer0.org1.example.com/packages");
    let installed: Vec<_> = std::fs::read_dir(&file).unwrap().collect();
    assert_eq!(installed.len(), 1);
    network.shutdown().await;

    // A file that is no longer what it was installed as is left out.
    std::fs::write(installed[0].as_ref().unwrap().path(), b"damaged").unwrap();
    let network = in_folder(dir.path()).await;
    let client = Client::user1(&network).await;
    let response = client.call_text("basic", &["get", "a"]).await;
    assert!(
        response.message.ends_with("chaincode is not installed"),
        "{response:?}"
    );
}
