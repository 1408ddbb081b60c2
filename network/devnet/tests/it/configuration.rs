//! Changing the configuration of a channel: blocks of their own, in force for everybody at once.

mod queue;
mod rights;

use fabric_msp::{Organization, OrganizationSpec};
use fabric_protos::{
    common::{
        Block, ConfigGroup, ImplicitMetaPolicy, LastConfig, Metadata, Status,
        implicit_meta_policy::Rule,
    },
    msp::MspConfig,
    peer::{AnchorPeer, AnchorPeers},
};
use prost::Message as _;

use crate::support::{
    Client, DEPLOYED, EITHER, TestChaincode,
    configuration::{admin, at, broadcast, change, config, config_at, set},
    deploy, ephemeral, hold, in_folder, release, setup, verify_chain,
};

/// Place of the number of the last configuration block in a block's metadata.
const LAST_CONFIG: usize = 1;

fn anchor(port: i32) -> AnchorPeers {
    let host = "peer0.org1.example.com".to_owned();
    AnchorPeers {
        anchor_peers: vec![AnchorPeer { host, port }],
    }
}

fn last_config(block: &Block) -> u64 {
    let metadata = &block.metadata.as_ref().unwrap().metadata[LAST_CONFIG];
    let metadata = Metadata::decode(metadata.clone()).unwrap();
    LastConfig::decode(metadata.value).unwrap().index
}

/// A third organisation, which is not in the network; its group is like that of the first one.
fn third_group(first: &ConfigGroup) -> (Organization, ConfigGroup) {
    let organization = Organization::generate(&OrganizationSpec::peer(3)).unwrap();
    let mut group = first.clone();
    let msp = MspConfig {
        r#type: 0,
        config: organization.msp_config().encode_to_vec().into(),
    };
    set(&mut group, "MSP", &msp);
    group.values.remove("AnchorPeers");
    for policy in group.policies.values_mut() {
        let policy = policy.policy.as_mut().unwrap();
        let value = String::from_utf8_lossy(&policy.value).into_owned();
        // Names of one length: the messages around them stay as long as they are.
        policy.value = value.replace("Org1MSP", "Org3MSP").into_bytes().into();
    }
    (organization, group)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_has_a_block_of_its_own_and_is_in_force_from_then_on() {
    let setup = setup(Some(EITHER)).await;
    let network = &setup.network;
    let client = Client::user1(network).await;

    let block = change(network, &[admin(network, 1)], |config| {
        set(
            at(config, "Application/Org1MSP"),
            "AnchorPeers",
            &anchor(9999),
        );
    })
    .await;
    let committed = client.transact(&["put", "a", "1"]).await.unwrap();

    assert_eq!((block, committed.block), (DEPLOYED, DEPLOYED + 1));
    for organization in [1, 2] {
        let mut config = config_at(network, organization).await;
        assert_eq!(config.sequence, 1);
        let value = &at(&mut config, "Application/Org1MSP").values["AnchorPeers"];
        assert_eq!(
            (value.version, &*value.value),
            (1, &*anchor(9999).encode_to_vec())
        );
    }
    let blocks = client.blocks(block - 1, committed.block).await;
    let found: Vec<u64> = blocks.iter().map(last_config).collect();
    assert_eq!(found, [0, block, block]);
    let asked = client
        .call_text("cscc", &["GetConfigBlock", "mychannel"])
        .await;
    let asked = Block::decode(asked.payload).unwrap();
    assert_eq!(asked.header, blocks[1].header);
    verify_chain(network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_organisation_counts_and_its_members_may_read() {
    let setup = setup(None).await;
    let network = &setup.network;
    let client = Client::user1(network).await;
    client.transact(&["put", "a", "1"]).await.unwrap();
    let (third, group) = {
        let mut config = config(network).await;
        third_group(at(&mut config, "Application/Org1MSP"))
    };
    let member = third.member("User1").unwrap().identity().clone();
    let member = Client::with(network, 1, member).await;
    let chain_info = ["GetChainInfo", "mychannel"];
    let proposed = member.propose("qscc", &chain_info);
    let stranger = member.endorser().process_proposal(proposed.signed).await;
    assert!(
        stranger
            .unwrap_err()
            .message()
            .contains("access denied: channel [mychannel] creator org")
    );

    change(network, &[admin(network, 1), admin(network, 2)], |config| {
        let application = at(config, "Application");
        application.groups.insert("Org3MSP".to_owned(), group);
        let all = ImplicitMetaPolicy {
            sub_policy: "Endorsement".to_owned(),
            rule: Rule::All.into(),
        };
        let endorsement = application.policies.get_mut("Endorsement").unwrap();
        endorsement.policy.as_mut().unwrap().value = all.encode_to_vec().into();
    })
    .await;

    assert_eq!(member.call_text("qscc", &chain_info).await.status, 200);
    // The policy of the chaincode is that of the channel: all three have to endorse, and the third
    // has no peer here.
    let refused = client.transact(&["put", "a", "2"]).await.unwrap_err();
    assert!(
        refused.message().contains("no combination of peers"),
        "{refused:?}"
    );
    verify_chain(network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn updates_that_are_refused_say_why() {
    let network = ephemeral().await;
    let anchors = |config: &mut _| {
        set(at(config, "Application/Org1MSP"), "AnchorPeers", &anchor(1));
    };
    let prefix = "error applying config update to existing channel 'mychannel': ";

    let by_another = broadcast(&network, &[admin(&network, 2)], anchors).await;
    assert_eq!(by_another.status(), Status::BadRequest);
    assert_eq!(
        by_another.info,
        format!(
            "{prefix}error authorizing update: error validating DeltaSet: policy for [Value]  /Channel/Application/Org1MSP/AnchorPeers not satisfied: signature set did not satisfy policy"
        )
    );
    let peer = Organization::generate(&OrganizationSpec::peer(1)).unwrap();
    let stranger = peer.member("Admin").unwrap().identity().clone();
    let by_stranger = broadcast(&network, &[stranger], anchors).await;
    assert_eq!(by_stranger.status(), Status::Forbidden);
    assert_eq!(
        by_stranger.info,
        "config update for existing channel did not pass initial checks: implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Writers' sub-policies to be satisfied: permission denied"
    );
    assert_eq!(network.height(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_and_a_revert_keep_to_the_configuration_of_their_height() {
    let dir = tempfile::tempdir().unwrap();
    let chaincode = TestChaincode::start().await;
    let network = in_folder(dir.path()).await;
    deploy(&network, &chaincode, Some(EITHER)).await;
    let set_port = |port| {
        move |config: &mut _| {
            set(
                at(config, "Application/Org1MSP"),
                "AnchorPeers",
                &anchor(port),
            );
        }
    };
    change(&network, &[admin(&network, 1)], set_port(1)).await;
    network.snapshot("one").await.unwrap();
    change(&network, &[admin(&network, 1)], set_port(2)).await;
    network.shutdown().await;

    let network = in_folder(dir.path()).await;
    assert_eq!(config(&network).await.sequence, 2);
    let client = Client::user1(&network).await;
    client.transact(&["put", "a", "1"]).await.unwrap();
    verify_chain(&network).await;

    network.revert("one").await.unwrap();
    assert_eq!(config(&network).await.sequence, 1);
    change(&network, &[admin(&network, 1)], set_port(3)).await;
    let mut config = config(&network).await;
    assert_eq!(config.sequence, 2);
    let value = &at(&mut config, "Application/Org1MSP").values["AnchorPeers"];
    assert_eq!(*value.value, *anchor(3).encode_to_vec());
    verify_chain(&network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_lags_has_the_configuration_of_its_height() {
    let network = ephemeral().await;
    let late = "peer0.org2.example.com";
    hold(&network, late).await;
    change(&network, &[admin(&network, 1)], |config| {
        set(at(config, "Application/Org1MSP"), "AnchorPeers", &anchor(1));
    })
    .await;
    assert_eq!(config_at(&network, 1).await.sequence, 1);
    assert_eq!(config_at(&network, 2).await.sequence, 0);
    release(&network, late).await;
    assert_eq!(config_at(&network, 2).await.sequence, 1);
}
