//! Changes of a configuration, worked out and approved without a network.

use std::path::Path;

use bytes::Bytes;
use fabric_gateway_sdk::admin::{
    ApprovalError, CapabilityScope, ChannelConfiguration, ChannelPolicy, ConfigurationSignature,
    ConfigurationUpdate, EditError, ImplicitRule, NodeAddress,
};
use fabric_gateway_sdk::{Block, Identity};
use fabric_protos::common;
use prost::Message;

use crate::sample;

fn genesis() -> ChannelConfiguration {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let bytes = std::fs::read(fixtures.join("fabric-3.1/block_00.pb")).unwrap();
    let block = Block::from_bytes(Bytes::from(bytes)).unwrap();
    ChannelConfiguration::from_block(&block).unwrap()
}

fn all_endorse() -> ChannelPolicy {
    ChannelPolicy::Implicit {
        rule: ImplicitRule::All,
        policy: "Endorsement".to_owned(),
    }
}

fn update() -> ConfigurationUpdate {
    let mut edit = genesis().edit();
    edit.set_policy("Application/Endorsement", &all_endorse())
        .unwrap();
    edit.update().unwrap()
}

#[test]
fn edits_show_in_the_views_and_nothing_else_changes() {
    let configuration = genesis();
    let mut edit = configuration.edit();
    let host = "peer9.org1.example.com".to_owned();
    let anchors = [NodeAddress { host, port: 9051 }];
    edit.set_anchor_peers("Org1MSP", &anchors).unwrap();
    edit.set_policy("Application/Endorsement", &all_endorse())
        .unwrap();
    edit.set_access_rule("event/Block", Some("Admins")).unwrap();
    edit.set_capabilities(CapabilityScope::Application, ["V2_0"])
        .unwrap();
    edit.set_maintenance(true).unwrap();
    edit.remove_organization("Org2MSP").unwrap();

    let changed = edit.configuration();
    let application = changed.application().unwrap();
    assert_eq!(application.organizations.len(), 1);
    assert_eq!(application.organizations[0].anchor_peers, anchors);
    assert_eq!(application.policies["Endorsement"], all_endorse());
    assert_eq!(application.access_rules["event/Block"], "Admins");
    assert_eq!(application.capabilities, ["V2_0"]);
    let (before, after) = (
        configuration.ordering().unwrap(),
        changed.ordering().unwrap(),
    );
    assert!(after.is_in_maintenance);
    assert_eq!(
        (after.batch, after.consenters),
        (before.batch, before.consenters)
    );
    assert_eq!(
        changed.policies().unwrap(),
        configuration.policies().unwrap()
    );
}

#[test]
fn edits_of_what_is_not_there_are_refused() {
    let mut edit = genesis().edit();
    let missing = edit.set_anchor_peers("Org9MSP", &[]).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "the configuration has no group Application/Org9MSP"
    );
    assert!(edit.remove_organization("Org9MSP").is_err());
    assert!(!edit.remove_policy("Application/Nobody").unwrap());
    let other = edit.set_policy("Readers", &ChannelPolicy::Other(2));
    assert!(matches!(other, Err(EditError::OtherPolicy { kind: 2 })));
    assert!(matches!(edit.update(), Err(EditError::NothingChanged)));
}

#[test]
fn a_configuration_edited_elsewhere_takes_the_place_of_the_edits() {
    let configuration = genesis();
    let bytes = configuration.to_bytes();
    let read = ChannelConfiguration::from_bytes(configuration.channel(), &bytes).unwrap();
    assert_eq!(read, configuration);

    let mut elsewhere = configuration.edit();
    elsewhere
        .set_policy("Application/Endorsement", &all_endorse())
        .unwrap();
    let mut edit = configuration.edit();
    edit.remove_organization("Org2MSP").unwrap();
    edit.replace(&elsewhere.configuration());
    assert_eq!(edit.update().unwrap(), update());
}

#[tokio::test]
async fn an_approval_made_elsewhere_is_the_same_as_one_made_here() {
    let member = sample::organization().member("Admin").unwrap();
    let here = Identity::from(member.identity().clone());
    let pem = member.identity().certificate_pem();
    let elsewhere = Identity::without_key(here.msp_id(), pem);
    let update = update();
    let refused = update.sign(&elsewhere).await.unwrap_err();
    assert!(matches!(refused, ApprovalError::NoKey));

    let to_sign = update.to_sign(&elsewhere).unwrap();
    let signature = member.identity().sign_digest(&to_sign.digest()).unwrap();
    let apart = to_sign.with_signature(signature);
    let apart = ConfigurationSignature::from_bytes(&apart.to_bytes()).unwrap();
    let here = update.sign(&here).await.unwrap();

    let msp = sample::organization().msp().unwrap();
    for approval in [&apart, &here] {
        let approval = common::ConfigSignature::decode(approval.to_bytes()).unwrap();
        let header = common::SignatureHeader::decode(approval.signature_header.clone()).unwrap();
        let signer = msp.identity(&header.creator).unwrap();
        let signed = [&*approval.signature_header, &**update.bytes()].concat();
        signer.verify(&signed, &approval.signature).unwrap();
        assert_eq!(header.nonce.len(), 24);
    }
    let both = update.with_signature(apart).with_signature(here);
    let kept = ConfigurationUpdate::from_bytes(&both.to_bytes()).unwrap();
    assert_eq!(kept, both);
    assert_eq!(kept.signatures().len(), 2);
}

#[test]
fn damaged_updates_never_panic() {
    let whole = update().to_bytes();
    for place in 0..whole.len() {
        let mut damaged = whole.to_vec();
        damaged[place] ^= 0x1f;
        let damaged = Bytes::from(damaged);
        // Well-formed by chance or an error: either is an answer.
        let _ = ConfigurationUpdate::from_bytes(&damaged);
        let _ = ConfigurationSignature::from_bytes(&damaged);
        let _ = ChannelConfiguration::from_bytes("mychannel", &damaged);
        let _ = ConfigurationUpdate::from_bytes(&whole.slice(..place));
    }
}
