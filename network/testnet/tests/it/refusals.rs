//! What peers refuse an operator, in the same words on the embedded network and on real Fabric.

use fabric_gateway_sdk::admin::{
    AdminError, ChaincodeDefinition, ChaincodeService, PackageId, Refusal,
};

use crate::administration::Operators;

#[track_caller]
fn check<T: std::fmt::Debug>(answer: Result<T, AdminError>, expect: Refusal) {
    let error = answer.unwrap_err();
    assert_eq!(error.refusal(), Some(expect), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_of_packages_and_definitions() {
    let operators = Operators::start().await;
    let admin = &operators.admins[0];
    let package = ChaincodeService::new("bonds", "127.0.0.1:9999");
    let package = package.package().unwrap();
    admin.install(&package).await.unwrap();
    check(admin.install(&package).await, Refusal::AlreadyInstalled);
    let absent = PackageId::from("bonds:abc");
    check(
        admin.installed_package(&absent).await,
        Refusal::NotInstalled,
    );
    check(admin.install(b"no archive").await, Refusal::Other);

    let channel = operators.channel(0);
    let first = ChaincodeDefinition::new("bonds", "1.0", 1);
    check(
        channel.committed_definition("bonds").await,
        Refusal::NotDefined,
    );
    let approved = channel.approved_definition("bonds", Some(1)).await;
    check(approved, Refusal::NotApproved);
    check(channel.commit(&first).await, Refusal::NotApproved);
    let third = first.clone().at_sequence(3);
    check(channel.approve(&third, None).await, Refusal::WrongSequence);
    check(
        channel.commit_readiness(&third).await,
        Refusal::WrongSequence,
    );
    channel.approve(&first, None).await.unwrap();
    check(
        channel.approve(&first, None).await,
        Refusal::AlreadyApproved,
    );

    operators.define(&first).await;
    let mut other = first.clone();
    other.version = "2.0".to_owned();
    check(
        channel.approve(&other, None).await,
        Refusal::CommittedDiffers,
    );
    operators.network.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commit_that_too_few_organisations_endorse_is_invalid() {
    let operators = Operators::start().await;
    let definition = ChaincodeDefinition::new("bonds", "1.0", 1);
    operators
        .channel(0)
        .approve(&definition, None)
        .await
        .unwrap();
    let error = operators.channel(0).commit(&definition).await.unwrap_err();
    let AdminError::Call(fabric_gateway_sdk::Error::NotValid { code, .. }) = &error else {
        panic!("{error}")
    };
    assert_eq!(
        *code,
        fabric_gateway_sdk::ValidationCode::ENDORSEMENT_POLICY_FAILURE
    );
    operators.network.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_of_the_ledger_and_of_channels() {
    let operators = Operators::start().await;
    let channel = operators.channel(0);
    check(channel.block_by_number(999).await, Refusal::NotFound);
    check(channel.block_by_hash([7; 32]).await, Refusal::NotFound);
    check(channel.transaction("ff").await, Refusal::NotFound);
    check(channel.block_by_transaction("ff").await, Refusal::NotFound);
    let absent = operators.admins[0].channel("absent");
    check(absent.chain_info().await, Refusal::UnknownChannel);
    check(
        absent.committed_definitions().await,
        Refusal::UnknownChannel,
    );
    let genesis = channel.block_by_number(0).await.unwrap();
    let joined = operators.admins[0].join(genesis.bytes()).await;
    check(joined, Refusal::AlreadyJoined);
    operators.network.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn user_who_is_no_administrator_is_refused() {
    let operators = Operators::start().await;
    let user = operators.network.seen_by("Org1MSP", "User1").unwrap();
    let package = ChaincodeService::new("bonds", "127.0.0.1:9999");
    check(
        user.install(package.package().unwrap()).await,
        Refusal::Forbidden,
    );
    check(user.installed_packages().await, Refusal::Forbidden);
    let genesis = operators.channel(0).block_by_number(0).await.unwrap();
    check(user.join(genesis.bytes()).await, Refusal::Forbidden);
    operators.network.stop().await;
}
