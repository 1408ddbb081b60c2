//! Whom the gateway asks, and what it reports of those that fail.

use std::collections::BTreeSet;

use fabric_devnet::{ChannelSpec, Deployment, Fault, Network, Ports};
use fabric_ledger::ValidationCode;
use fabric_protos::{
    common::{Envelope, Payload},
    msp::SerializedIdentity,
    peer::{ChaincodeActionPayload, Transaction},
};
use prost::Message as _;
use tonic::Code;

use crate::support::{
    Client, TestChaincode,
    client::{assert_fails, details},
    deploy, hold, release,
};

const TOO_FEW: &str =
    "failed to collect enough transaction endorsements, see attached details for more info";

/// Organisations whose peers endorsed a transaction, in order.
fn endorsers(envelope: &Envelope) -> Vec<String> {
    let payload = Payload::decode(envelope.payload.clone()).unwrap();
    let transaction = Transaction::decode(payload.data).unwrap();
    let action = ChaincodeActionPayload::decode(transaction.actions[0].payload.clone()).unwrap();
    let endorsements = action.action.unwrap().endorsements.into_iter();
    let mut msp_ids: Vec<_> = endorsements
        .map(|one| SerializedIdentity::decode(one.endorser).unwrap().mspid)
        .collect();
    msp_ids.sort();
    msp_ids
}

/// Three organisations with two peers each, and the test chaincode under this policy.
async fn three_organizations(policy: &str) -> (Network, TestChaincode) {
    let network = Network::builder()
        .ephemeral()
        .ports(Ports::Free)
        .organizations(3)
        .peers(2)
        .start()
        .await
        .unwrap();
    let chaincode = TestChaincode::start().await;
    deploy(&network, &chaincode, Some(policy)).await;
    (network, chaincode)
}

async fn endorsed_by(client: &Client, organizations: &[&str]) -> Vec<String> {
    let proposed = client.propose("basic", &["put", "a", "1"]);
    endorsers(&client.endorse(&proposed, organizations).await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gateways_organisation_and_as_many_others_as_it_takes_endorse() {
    let policy = "OutOf(2,'Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')";
    let (network, _chaincode) = three_organizations(policy).await;
    for organization in 1..=3 {
        let client = Client::of(&network, organization).await;
        let own = format!("Org{organization}MSP");
        let endorsers = endorsed_by(&client, &[]).await;
        assert_eq!(endorsers.len(), 2);
        assert!(endorsers.contains(&own), "{endorsers:?}");
        assert_ne!(endorsers[0], endorsers[1]);
    }
    let client = Client::user1(&network).await;
    let committed = client.transact(&["put", "a", "1"]).await.unwrap();
    assert_eq!(committed.code, ValidationCode::VALID);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nested_policies_are_satisfied_without_the_gateways_organisation() {
    let policy = "AND('Org2MSP.peer', OR('Org3MSP.peer', AND('Org1MSP.admin','Org1MSP.peer')))";
    let (network, _chaincode) = three_organizations(policy).await;
    let client = Client::user1(&network).await;
    assert_eq!(endorsed_by(&client, &[]).await, ["Org2MSP", "Org3MSP"]);
    let committed = client.transact(&["put", "a", "1"]).await.unwrap();
    assert_eq!(committed.code, ValidationCode::VALID);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_peers_of_one_organisation_endorse_where_the_policy_says_so() {
    let policy = "OutOf(2,'Org1MSP.peer','Org1MSP.peer')";
    let (network, _chaincode) = three_organizations(policy).await;
    let client = Client::user1(&network).await;
    assert_eq!(endorsed_by(&client, &[]).await, ["Org1MSP", "Org1MSP"]);
    let committed = client.transact(&["put", "a", "1"]).await.unwrap();
    assert_eq!(committed.code, ValidationCode::VALID);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn organisations_that_the_client_names_endorse_whatever_the_policy() {
    let (network, _chaincode) = three_organizations("AND('Org1MSP.peer','Org2MSP.peer')").await;
    let client = Client::user1(&network).await;
    let named = ["Org3MSP", "Org2MSP", "Org3MSP"];
    assert_eq!(endorsed_by(&client, &named).await, ["Org2MSP", "Org3MSP"]);
    let proposed = client.propose("basic", &["put", "a", "1"]);
    let envelope = client.endorse(&proposed, &named).await.unwrap();
    let committed = client
        .submit_and_wait(&proposed.id, &envelope)
        .await
        .unwrap();
    assert_eq!(committed.code, ValidationCode::ENDORSEMENT_POLICY_FAILURE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_highest_peer_of_an_organisation_is_asked() {
    let (network, _chaincode) = three_organizations("OR('Org1MSP.peer','Org2MSP.peer')").await;
    let client = Client::user1(&network).await;
    client.transact(&["put", "a", "old"]).await.unwrap();
    hold(&network, "peer0.org1.example.com").await;
    hold(&network, "peer1.org2.example.com").await;
    let other = Client::of(&network, 2).await;
    other.transact(&["put", "a", "new"]).await.unwrap();

    // The gateway's own peer lags, another of its organisation does not.
    assert_eq!(client.evaluate(&["get", "a"]).await.unwrap(), "new");
    let elsewhere = client.propose("basic", &["get", "a"]);
    let found = client.evaluate_proposal(&elsewhere, &["Org2MSP"]).await;
    assert_eq!(found.unwrap(), "new");

    // An organisation of which all peers lag still comes before others.
    hold(&network, "peer1.org1.example.com").await;
    other.transact(&["put", "a", "newest"]).await.unwrap();
    assert_eq!(client.evaluate(&["get", "a"]).await.unwrap(), "new");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_lags_gives_another_result() {
    let (network, _chaincode) = three_organizations("AND('Org1MSP.peer','Org2MSP.peer')").await;
    let client = Client::user1(&network).await;
    client.transact(&["put", "a", "1"]).await.unwrap();
    for name in ["peer0.org2.example.com", "peer1.org2.example.com"] {
        hold(&network, name).await;
    }
    client.transact(&["put", "a", "2"]).await.unwrap();

    let proposed = client.propose("basic", &["append", "a", "3"]);
    let status = assert_fails(client.endorse(&proposed, &[]).await, Code::Aborted, TOO_FEW);

    let details = details(&status);
    let addresses: BTreeSet<_> = details.iter().map(|detail| &*detail.address).collect();
    assert_eq!((details.len(), addresses.len()), (2, 2), "{details:?}");
    for detail in &details {
        assert_eq!(detail.msp_id, "Org2MSP");
        assert_eq!(detail.message, "ProposalResponsePayloads do not match");
    }
    // The second peer stands in for the first once it has caught up.
    release(&network, "peer1.org2.example.com").await;
    let proposed = client.propose("basic", &["append", "a", "3"]);
    let envelope = client.endorse(&proposed, &[]).await.unwrap();
    assert_eq!(endorsers(&envelope), ["Org1MSP", "Org2MSP"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_layout_is_tried_before_the_gateway_gives_up() {
    let policy = "OutOf(2,'Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')";
    let (network, _chaincode) = three_organizations(policy).await;
    let client = Client::user1(&network).await;
    client.transact(&["put", "a", "1"]).await.unwrap();
    for name in ["peer0.org2.example.com", "peer1.org2.example.com"] {
        hold(&network, name).await;
    }
    client.transact(&["put", "a", "2"]).await.unwrap();
    let proposed = client.propose("basic", &["append", "a", "3"]);
    let envelope = client.endorse(&proposed, &[]).await.unwrap();
    assert_eq!(endorsers(&envelope), ["Org1MSP", "Org3MSP"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn organisations_that_refuse_are_named() {
    let (network, _chaincode) = three_organizations("AND('Org1MSP.peer','Org2MSP.peer')").await;
    let client = Client::user1(&network).await;
    let refuse = |msp_id: &str| {
        network.inject(Fault::Refuse {
            msp_id: msp_id.to_owned(),
        })
    };
    refuse("Org2MSP").await.unwrap();
    let reason = "endorsements of this organisation are refused on purpose";

    // Both peers of the organisation are asked, over the network.
    let proposed = client.propose("basic", &["put", "a", "1"]);
    let status = assert_fails(client.endorse(&proposed, &[]).await, Code::Aborted, TOO_FEW);
    let failed = details(&status);
    assert_eq!(failed.len(), 2);
    for detail in failed {
        assert_eq!(detail.msp_id, "Org2MSP");
        let text = format!("rpc error: code = Unknown desc = {reason}");
        assert_eq!(detail.message, text);
    }

    // The gateway's own peer needs no network; the other one of its organisation does.
    refuse("Org1MSP").await.unwrap();
    let status = assert_fails(
        client.endorse(&proposed, &[]).await,
        Code::Aborted,
        "failed to endorse transaction, see attached details for more info",
    );
    let failed = details(&status);
    let messages: Vec<_> = failed.iter().map(|detail| &*detail.message).collect();
    let remote = format!("rpc error: code = Unknown desc = {reason}");
    assert_eq!(messages, [reason, &remote]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chaincode_that_calls_another_needs_the_policies_of_both() {
    let (network, chaincode) = three_organizations("OR('Org1MSP.peer','Org2MSP.peer')").await;
    let mut other = Deployment::new("other", chaincode.address().to_string());
    other.policy = Some("AND('Org2MSP.peer','Org3MSP.peer')".to_owned());
    network.deploy(other).await.unwrap();
    let client = Client::user1(&network).await;
    let proposed = client.propose("basic", &["call", "other", "put", "a", "1"]);
    let envelope = client.endorse(&proposed, &[]).await.unwrap();
    assert_eq!(endorsers(&envelope), ["Org2MSP", "Org3MSP"]);
    let committed = client
        .submit_and_wait(&proposed.id, &envelope)
        .await
        .unwrap();
    assert_eq!(committed.code, ValidationCode::VALID);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_no_peers_can_satisfy_is_said_so() {
    let (network, _chaincode) = three_organizations("AND('Org1MSP.peer','OrdererMSP.peer')").await;
    let client = Client::user1(&network).await;
    let proposed = client.propose("basic", &["put", "a", "1"]);
    assert_fails(
        client.endorse(&proposed, &[]).await,
        Code::FailedPrecondition,
        "no combination of peers can be derived which satisfy the endorsement policy: no peer combination can satisfy the endorsement policy",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_outside_a_channel_knows_nothing_of_it() {
    let network = Network::builder()
        .ephemeral()
        .ports(Ports::Free)
        .organizations(3)
        .channels([ChannelSpec::new("mychannel").organizations([1, 2])])
        .start()
        .await
        .unwrap();
    let chaincode = TestChaincode::start().await;
    deploy(&network, &chaincode, None).await;
    let outsider = Client::of(&network, 3).await;
    assert_fails(
        outsider.evaluate(&["get", "a"]).await,
        Code::Unavailable,
        "failed to get config for channel [mychannel]: could not get last config for channel mychannel",
    );
    let proposed = outsider.propose("basic", &["put", "a", "1"]);
    assert_fails(
        outsider.endorse(&proposed, &["Org1MSP"]).await,
        Code::Unavailable,
        "failed to find any endorsing peers for org(s): Org1MSP",
    );
    let client = Client::user1(&network).await;
    assert_eq!(endorsed_by(&client, &[]).await, ["Org1MSP", "Org2MSP"]);
}
