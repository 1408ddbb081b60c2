//! Administrators of several organisations change a channel's configuration through the typed client, on
//! the embedded network and on real Fabric.

use fabric_gateway_sdk::admin::{
    AdminError, Batch, ChannelAdmin, ConfigurationSignature, ConfigurationUpdate, EditError,
    NewOrganization, NodeAddress, UpdateRefusal,
};
use fabric_msp::{Organization, OrganizationSpec, layout};

use crate::administration::Operators;

fn anchor(port: u32) -> [NodeAddress; 1] {
    let host = "peer0.org1.example.com".to_owned();
    [NodeAddress { host, port }]
}

/// An update with the approvals of these administrators.
async fn approved(
    mut update: ConfigurationUpdate,
    approvers: &[&ChannelAdmin],
) -> ConfigurationUpdate {
    for approver in approvers {
        // Approvals and updates travel as bytes.
        let approval = update.sign(approver.peer().identity()).await.unwrap();
        let approval = ConfigurationSignature::from_bytes(&approval.to_bytes()).unwrap();
        update = update.with_signature(approval);
        update = ConfigurationUpdate::from_bytes(&update.to_bytes()).unwrap();
    }
    update
}

#[track_caller]
fn refusal<T>(result: Result<T, AdminError>) -> UpdateRefusal {
    match result.map(drop) {
        Err(AdminError::UpdateRefused { refusal, .. }) => refusal,
        other => panic!("the update is not refused: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sets_the_anchor_peers_of_its_own_organisation() {
    let operators = Operators::start().await;
    let (own, other) = (operators.channel(0), operators.channel(1));
    let before = own.configuration().await.unwrap();
    let mut edit = before.edit();
    assert!(matches!(edit.update(), Err(EditError::NothingChanged)));
    edit.set_anchor_peers("Org1MSP", &anchor(7777)).unwrap();
    let update = edit.update().unwrap();

    let by_other = approved(update.clone(), &[&other]).await;
    assert_eq!(
        refusal(other.submit_update(&by_other).await),
        UpdateRefusal::NotApproved
    );
    // Who sends it need not be who approves it.
    let by_own = approved(update, &[&own]).await;
    let change = other.submit_update(&by_own).await.unwrap();

    assert_eq!(change.configuration.sequence(), before.sequence() + 1);
    assert_eq!(change.configuration, other.configuration().await.unwrap());
    let block = other.config_block().await.unwrap();
    assert_eq!(block.number(), change.block_number);
    let application = change.configuration.application().unwrap();
    assert_eq!(application.organizations[0].anchor_peers, anchor(7777));
    // The same once more was made on a configuration that is no more.
    assert_eq!(
        refusal(own.submit_update(&by_own).await),
        UpdateRefusal::Outdated
    );
    operators.network.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_majority_adds_an_organisation_and_removes_it() {
    let operators = Operators::start().await;
    let (first, second) = (operators.channel(0), operators.channel(1));
    let folder = tempfile::tempdir().unwrap();
    let third = Organization::generate(&OrganizationSpec::peer(3)).unwrap();
    third.write_to(folder.path()).unwrap();
    let msp = layout::organization_msp(folder.path(), 3);
    let newcomer = NewOrganization::from_msp_dir(msp, "Org3MSP").unwrap();

    let mut edit = first.configuration().await.unwrap().edit();
    edit.add_organization(&newcomer).unwrap();
    assert!(matches!(
        edit.add_organization(&newcomer),
        Err(EditError::GroupExists { .. })
    ));
    let update = edit.update().unwrap();
    let alone = approved(update.clone(), &[&first]).await;
    assert_eq!(
        refusal(first.submit_update(&alone).await),
        UpdateRefusal::NotApproved
    );
    let both = approved(alone, &[&second]).await;
    let change = first.submit_update(&both).await.unwrap();
    let organizations = change.configuration.application().unwrap().organizations;
    let ids: Vec<_> = organizations.iter().map(|found| &*found.msp_id).collect();
    assert_eq!(ids, ["Org1MSP", "Org2MSP", "Org3MSP"]);
    assert_eq!(organizations[2].policies.len(), 4);

    let mut edit = change.configuration.edit();
    edit.remove_organization("Org3MSP").unwrap();
    let update = approved(edit.update().unwrap(), &[&first, &second]).await;
    let change = first.submit_update(&update).await.unwrap();
    let organizations = change.configuration.application().unwrap().organizations;
    assert_eq!(organizations.len(), 2);
    operators.network.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_configuration_is_refused_with_the_reason() {
    let operators = Operators::start().await;
    let channel = operators.channel(0);
    let configuration = channel.configuration().await.unwrap();
    let mut edit = configuration.edit();
    edit.set_batch(&Batch {
        message_count_max: 0,
        ..configuration.ordering().unwrap().batch
    })
    .unwrap();
    let update = approved(edit.update().unwrap(), &[&channel]).await;
    // Peers' administrators have no say in it.
    assert_eq!(
        refusal(channel.submit_update(&update).await),
        UpdateRefusal::NotApproved
    );

    let mut edit = configuration.edit();
    edit.set_access_rule("qscc/GetChainInfo", Some("Nobody"))
        .unwrap();
    edit.remove_policy("Application/Org1MSP/Endorsement")
        .unwrap();
    edit.set_access_rule("qscc/GetChainInfo", Some("Readers"))
        .unwrap();
    let update = approved(edit.update().unwrap(), &[&channel, &operators.channel(1)]).await;
    let change = channel.submit_update(&update).await.unwrap();
    let application = change.configuration.application().unwrap();
    assert_eq!(application.access_rules["qscc/GetChainInfo"], "Readers");
    assert!(
        !application.organizations[0]
            .policies
            .contains_key("Endorsement")
    );
    channel.chain_info().await.unwrap();
    operators.network.stop().await;
}
