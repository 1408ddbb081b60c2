//! Who may do what after a change: members of organisations that are gone, access control lists.

use fabric_devnet::Deployment;
use fabric_ledger::ValidationCode;
use fabric_msp::{Organization, OrganizationSpec};
use fabric_protos::{
    common::Status,
    msp::MspConfig,
    peer::{AcLs, ApiResource, deliver_response::Type},
};
use prost::Message as _;
use tokio_stream::wrappers::ReceiverStream;

use crate::support::{
    Client, EITHER,
    client::range,
    configuration::{admin, at, change, set},
    setup, verify_chain, wait,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_gone_reads_no_further_block() {
    let setup = setup(Some(EITHER)).await;
    let network = &setup.network;
    let gone = Client::of(network, 2).await;
    let height = network.height();
    let (requests, stream) = tokio::sync::mpsc::channel(1);
    requests
        .send(gone.seek(&range(height - 1, u64::MAX)))
        .await
        .unwrap();
    let blocks = gone.deliver().deliver(ReceiverStream::new(stream)).await;
    let mut blocks = blocks.unwrap().into_inner();
    let first = blocks.message().await.unwrap().unwrap().r#type.unwrap();
    assert!(matches!(first, Type::Block(_)));

    let admins = [admin(network, 1), admin(network, 2)];
    change(network, &admins, |config| {
        at(config, "Application").groups.remove("Org2MSP");
    })
    .await;

    let next = wait::within("the end of the stream", blocks.message()).await;
    let next = next.unwrap().unwrap().r#type.unwrap();
    assert_eq!(next, Type::Status(Status::Forbidden.into()));
    verify_chain(network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_access_control_list_names_the_policies_of_resources() {
    let setup = setup(Some(EITHER)).await;
    let network = &setup.network;
    let user = Client::user1(network).await;
    let administrator = Client::with(network, 1, admin(network, 1)).await;
    let resources = [
        ("qscc/GetChainInfo", "/Channel/Application/Org1MSP/Admins"),
        ("peer/Propose", "Nobody"),
        ("event/FilteredBlock", "Admins"),
    ];
    change(network, &[admin(network, 1), admin(network, 2)], |config| {
        let resources = resources.map(|(name, policy)| {
            let policy_ref = policy.to_owned();
            (name.to_owned(), ApiResource { policy_ref })
        });
        let acls = resources.into();
        set(at(config, "Application"), "ACLs", &AcLs { acls });
    })
    .await;

    let chain_info = ["GetChainInfo", "mychannel"];
    assert_eq!(
        administrator.call_text("qscc", &chain_info).await.status,
        200
    );
    let refused = user.call_text("qscc", &chain_info).await;
    assert_eq!(
        (refused.status, &*refused.message),
        (
            500,
            "access denied for [GetChainInfo][mychannel]: [failed evaluating policy on signed data during check policy [/Channel/Application/Org1MSP/Admins]: [signature set did not satisfy policy]]"
        )
    );
    let proposed = user.propose("basic", &["get", "a"]);
    let refused = user.endorser().process_proposal(proposed.signed).await;
    let refused = refused.unwrap_err();
    assert!(
        refused.message().contains(
            "failed evaluating policy on signed data during check policy [/Channel/Application/Nobody]: [policy /Channel/Application/Nobody not found]"
        ),
        "{refused:?}"
    );
    let whole = user.blocks(0, 0).await;
    assert_eq!(whole.len(), 1);
    let requests = tokio_stream::iter([user.seek(&range(0, 0))]);
    let filtered = user.deliver().deliver_filtered(requests).await.unwrap();
    let answer = filtered.into_inner().message().await.unwrap().unwrap();
    assert_eq!(answer.r#type, Some(Type::Status(Status::Forbidden.into())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chaincode_calls_another_for_whom_the_list_lets() {
    let setup = setup(Some(EITHER)).await;
    let network = &setup.network;
    let other = Deployment::new("other", setup.chaincode.address().to_string()).policy(EITHER);
    network.deploy(other).await.unwrap();
    let user = Client::user1(network).await;
    let administrator = Client::with(network, 1, admin(network, 1)).await;
    let put = ["call", "other", "put", "a", "1"];
    user.transact(&put).await.unwrap();

    change(network, &[admin(network, 1), admin(network, 2)], |config| {
        let policy_ref = "Org1MSP/Admins".to_owned();
        let resource = "peer/ChaincodeToChaincode".to_owned();
        let acls = [(resource, ApiResource { policy_ref })].into();
        set(at(config, "Application"), "ACLs", &AcLs { acls });
    })
    .await;

    administrator.transact(&put).await.unwrap();
    user.transact(&["put", "a", "2"]).await.unwrap();
    let proposed = user.propose("basic", &put);
    let refused = user.ask(&proposed).await.response.unwrap();
    assert!(
        refused.message.contains(
            "failed evaluating policy on signed data during check policy [/Channel/Application/Org1MSP/Admins]: [signature set did not satisfy policy]"
        ),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_of_other_authorities_take_the_place_of_the_former() {
    let setup = setup(Some(EITHER)).await;
    let network = &setup.network;
    let former = Client::of(network, 2).await;
    let organization = Organization::generate(&OrganizationSpec::peer(2)).unwrap();
    let member = organization.member("User1").unwrap().identity().clone();
    let member = Client::with(network, 2, member).await;
    let proposal = |client: &Client| client.propose("basic", &["put", "a", "1"]);
    assert!(member.endorse(&proposal(&member), &[]).await.is_err());
    former.endorse(&proposal(&former), &[]).await.unwrap();

    change(network, &[admin(network, 2)], |config| {
        let msp = MspConfig {
            r#type: 0,
            config: organization.msp_config().encode_to_vec().into(),
        };
        set(at(config, "Application/Org2MSP"), "MSP", &msp);
    })
    .await;

    assert!(former.endorse(&proposal(&former), &[]).await.is_err());
    // The peer of Org1 endorses for the new member; that of Org2 is of the former authorities.
    let first = Client::with(network, 1, member.identity.clone()).await;
    let committed = first.transact(&["put", "a", "1"]).await.unwrap();
    assert_eq!(committed.code, ValidationCode::VALID);
    verify_chain(network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stays_deploys_without_who_is_gone() {
    let setup = setup(Some(EITHER)).await;
    let network = &setup.network;
    let admins = [admin(network, 1), admin(network, 2)];
    change(network, &admins, |config| {
        at(config, "Application").groups.remove("Org2MSP");
    })
    .await;
    let other = Deployment::new("other", setup.chaincode.address().to_string());
    network.deploy(other).await.unwrap();
    let client = Client::user1(network).await;
    // A majority of one organisation is that one.
    let proposed = client.propose("other", &["put", "a", "1"]);
    let envelope = client.endorse(&proposed, &[]).await.unwrap();
    client.submit(&proposed.id, &envelope).await.unwrap();
    assert_eq!(client.status(&proposed.id).await.unwrap().result, 0);
    verify_chain(network).await;
}
