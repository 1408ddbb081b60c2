//! Clients that Fabric refuses, in Fabric's words.

use std::time::{Duration, SystemTime};

use fabric_devnet::{Network, Ports};
use fabric_msp::{Organization, OrganizationSpec, SigningIdentity};
use fabric_protos::common::HeaderType;
use tonic::Code;

use crate::support::{
    Client, EITHER, Setup,
    client::{assert_fails, details, user},
    setup,
};

const FIRST_FAILED: &str = "failed to endorse transaction, see attached details for more info";

async fn started() -> (Setup, Client) {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    (setup, client)
}

/// A user of an organisation of this name that the network does not know.
fn stranger(change: impl FnOnce(&mut OrganizationSpec)) -> SigningIdentity {
    let mut spec = OrganizationSpec::peer(1);
    change(&mut spec);
    let organization = Organization::generate(&spec).unwrap();
    organization.member("User1").unwrap().identity().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_channel_is_refused_everywhere() {
    let (_setup, client) = started().await;
    let client = client.on_channel("nowhere");
    let no_config =
        "failed to get config for channel [nowhere]: could not get last config for channel nowhere";

    assert_fails(
        client.evaluate(&["get", "a"]).await,
        Code::Unavailable,
        no_config,
    );
    assert_fails(
        client.transact(&["put", "a", "1"]).await,
        Code::FailedPrecondition,
        "no combination of peers can be derived which satisfy the endorsement policy: No metadata was found for chaincode basic in channel nowhere",
    );
    let envelope = client.envelope(HeaderType::EndorserTransaction, Default::default());
    assert_fails(
        client.submit("id", &envelope).await,
        Code::FailedPrecondition,
        no_config,
    );
    assert_fails(
        client.status("id").await,
        Code::PermissionDenied,
        "Failed to get policy manager for channel [nowhere]",
    );
    let proposed = client.propose("basic", &["get", "a"]);
    let answer = client
        .endorser()
        .process_proposal(proposed.signed)
        .await
        .unwrap();
    let response = answer.into_inner().response.unwrap();
    assert_eq!(
        (response.status, &*response.message),
        (500, "channel 'nowhere' not found")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_chaincode_is_refused() {
    let (_setup, client) = started().await;
    let proposed = client.propose("nothing", &["get", "a"]);
    assert_fails(
        client.evaluate_proposal(&proposed, &[]).await,
        Code::FailedPrecondition,
        "no peers available to evaluate chaincode nothing in channel mychannel",
    );
    assert_fails(
        client.endorse(&proposed, &[]).await,
        Code::FailedPrecondition,
        "no combination of peers can be derived which satisfy the endorsement policy: No metadata was found for chaincode nothing in channel mychannel",
    );
    let answer = client
        .endorser()
        .process_proposal(proposed.signed)
        .await
        .unwrap();
    let response = answer.into_inner().response.unwrap();
    assert_eq!(
        (response.status, &*response.message),
        (
            500,
            "make sure the chaincode nothing has been successfully defined on channel mychannel and try again: chaincode nothing not found"
        )
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_organisation_cannot_endorse() {
    let (_setup, client) = started().await;
    let proposed = client.propose("basic", &["put", "a", "1"]);
    assert_fails(
        client
            .endorse(&proposed, &["Org1MSP", "Org7MSP", "Org8MSP"])
            .await,
        Code::Unavailable,
        "failed to find any endorsing peers for org(s): Org7MSP, Org8MSP",
    );
}

/// Checks what a client hears whose proposals the endorser refuses.
async fn assert_refused(client: &Client, reason: &str) {
    let reason = format!("error validating proposal: {reason}");
    let evaluated = assert_fails(
        client.evaluate(&["get", "a"]).await,
        Code::FailedPrecondition,
        &format!("evaluate call to endorser returned error: {reason}"),
    );
    assert_eq!(details(&evaluated)[0].message, reason);
    let endorsed = assert_fails(
        client.transact(&["put", "a", "1"]).await,
        Code::Aborted,
        FIRST_FAILED,
    );
    assert_eq!(details(&endorsed)[0].message, reason);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_certificate_is_refused() {
    let (setup, _) = started().await;
    let impostor = Client::with(&setup.network, 1, stranger(|_| {})).await;
    let unknown = "access denied: channel [mychannel] creator org unknown, creator is malformed";
    assert_refused(&impostor, unknown).await;
    assert_eq!(
        impostor.status("id").await.unwrap_err().code(),
        Code::PermissionDenied
    );

    let outsider = stranger(|spec| spec.msp_id = "ElsewhereMSP".to_owned());
    let outsider = Client::with(&setup.network, 1, outsider).await;
    assert_refused(&outsider, unknown).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_certificate_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let past = SystemTime::now() - Duration::from_secs(3600);
    let spec = OrganizationSpec {
        not_after: past,
        not_before: past - Duration::from_secs(3600),
        ..OrganizationSpec::peer(2)
    };
    Organization::generate(&spec)
        .unwrap()
        .write_to(dir.path().join("organizations"))
        .unwrap();
    // The other two are enough to agree on a chaincode.
    let builder = Network::builder().dir(dir.path()).ports(Ports::Free);
    let network = builder.organizations(3).start().await.unwrap();
    let chaincode = crate::support::TestChaincode::start().await;
    crate::support::deploy(&network, &chaincode, Some("OR('Org1MSP.peer')")).await;
    let client = Client::with(&network, 1, user(&network, 2, "User1")).await;

    let expired = "proposal client identity expired";
    let status = assert_fails(
        client.transact(&["put", "a", "1"]).await,
        Code::Aborted,
        FIRST_FAILED,
    );
    assert_eq!(details(&status)[0].message, expired);
    let status = assert_fails(
        client.evaluate(&["get", "a"]).await,
        Code::Unavailable,
        "failed to evaluate transaction, see attached details for more info",
    );
    assert_eq!(details(&status)[0].message, expired);
    let envelope = client.envelope(HeaderType::EndorserTransaction, Default::default());
    assert_fails(
        client.submit("id", &envelope).await,
        Code::Aborted,
        "received unsuccessful response from orderer: status=BAD_REQUEST, info=broadcast client identity expired",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_signature_is_refused() {
    let (_setup, client) = started().await;
    let mut proposed = client.propose("basic", &["get", "a"]);
    proposed.signed.signature = client.identity.sign(b"something else").unwrap();
    let reason =
        "error validating proposal: access denied: channel [mychannel] creator org [Org1MSP]";
    assert_fails(
        client.evaluate_proposal(&proposed, &[]).await,
        Code::FailedPrecondition,
        &format!("evaluate call to endorser returned error: {reason}"),
    );
    let answer = client.endorser().process_proposal(proposed.signed).await;
    assert_fails(answer, Code::Unknown, reason);

    let proposed = client.propose("basic", &["put", "a", "1"]);
    let mut envelope = client.endorse(&proposed, &[]).await.unwrap();
    envelope.signature = client.identity.sign(b"something else").unwrap();
    assert_fails(
        client.submit(&proposed.id, &envelope).await,
        Code::Aborted,
        "received unsuccessful response from orderer: status=FORBIDDEN, info=implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Writers' sub-policies to be satisfied: permission denied",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_signature_on_a_remote_peer_is_a_network_error() {
    let (_setup, client) = started().await;
    let mut proposed = client.propose("basic", &["get", "a"]);
    proposed.signed.signature = client.identity.sign(b"something else").unwrap();
    let status = assert_fails(
        client.evaluate_proposal(&proposed, &["Org2MSP"]).await,
        Code::Unavailable,
        "failed to evaluate transaction, see attached details for more info",
    );
    assert_eq!(
        details(&status)[0].message,
        "rpc error: code = Unknown desc = error validating proposal: access denied: channel [mychannel] creator org [Org1MSP]"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replayed_proposal_is_refused() {
    let (_setup, client) = started().await;
    let proposed = client.propose("basic", &["put", "a", "1"]);
    let envelope = client.endorse(&proposed, &[]).await.unwrap();
    client
        .submit_and_wait(&proposed.id, &envelope)
        .await
        .unwrap();

    let status = assert_fails(
        client.endorse(&proposed, &[]).await,
        Code::Aborted,
        FIRST_FAILED,
    );

    let creator = hex::encode(client.identity.serialized());
    let text = format!(
        "duplicate transaction found [{}]. Creator [{creator}]",
        proposed.id
    );
    assert_eq!(details(&status)[0].message, text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_transaction_id_or_epoch_is_refused() {
    let (_setup, client) = started().await;
    let proposed = client.propose_with("basic", &["get", "a"], |header| {
        header.tx_id = "ab".to_owned();
    });
    let status = client.evaluate_proposal(&proposed, &[]).await.unwrap_err();
    let text = "evaluate call to endorser returned error: error validating proposal: incorrectly computed txid 'ab' -- expected '";
    assert!(status.message().starts_with(text), "{status:?}");

    let proposed = client.propose_with("basic", &["get", "a"], |header| header.epoch = 1);
    assert_fails(
        client.evaluate_proposal(&proposed, &[]).await,
        Code::FailedPrecondition,
        "evaluate call to endorser returned error: error validating proposal: epoch is non-zero",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_may_read_and_not_write() {
    let (setup, _) = started().await;
    let dir = fabric_msp::layout::peer_msp(setup.network.organizations_dir(), 1, 0);
    let peer = SigningIdentity::from_msp_dir(dir, "Org1MSP").unwrap();
    let client = Client::with(&setup.network, 1, peer).await;
    let status = client.evaluate(&["get", "a"]).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    let text = "evaluate call to endorser returned error: Failed evaluating policy on signed data during check policy on channel [mychannel] with policy [/Channel/Application/Writers]: [implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Writers' sub-policies to be satisfied]";
    assert_eq!(status.message(), text);
    assert_eq!(client.blocks(0, 0).await.len(), 1);
}
