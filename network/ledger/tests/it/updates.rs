//! Configuration updates: what comes out of them, and what Fabric says of those it refuses.

mod computed;
mod properties;
mod refusals;
mod results;
mod sample;

use fabric_protos::common::ConfigEnvelope;
use fabric_protos::orderer::BatchSize;
use fabric_protos::peer::{AcLs, AnchorPeer, AnchorPeers, ApiResource};
use prost::Message;

use sample::{admin, apply, at, channel, orderer_admin, peer_organization, set, sign, update};

#[test]
fn an_organisations_admin_alone_sets_its_anchor_peers() {
    let channel = channel();
    let anchor = AnchorPeer {
        host: "peer0.org1.example.com".to_owned(),
        port: 7051,
    };
    let anchor_peers = vec![anchor];
    let next = apply(&channel, &[admin(1)], |config| {
        let organization = at(config, "Application/Org1MSP");
        set(organization, "AnchorPeers", &AnchorPeers { anchor_peers });
    });
    assert_eq!(next.sequence(), 4);
    let mut config = next.config().clone();
    let organization = at(&mut config, "Application/Org1MSP");
    assert_eq!(organization.version, 1);
    assert_eq!(organization.values["AnchorPeers"].version, 0);
    assert_eq!(organization.values["MSP"].version, 0);
    assert_eq!(at(&mut config, "Application").version, 0);
}

#[test]
fn a_new_organisation_counts_from_then_on() {
    let channel = channel();
    let writers = "/Channel/Writers";
    let stranger = sample::user(3).serialized();
    assert!(channel.msps().identity(stranger).is_err());
    let next = apply(&channel, &[admin(1), admin(2)], |config| {
        let group = peer_organization(3);
        at(config, "Application")
            .groups
            .insert("Org3MSP".to_owned(), group);
    });
    let member = next.msps().identity(stranger).unwrap();
    assert!(next.satisfies(writers, &[member]));
    assert_eq!(next.organizations().len(), 3);

    // Two of three are a majority now, and one of them may be the new one.
    let last = apply(&next, &[admin(3), admin(2)], |config| {
        at(config, "Application").groups.remove("Org1MSP");
    });
    assert!(last.msps().identity(sample::user(1).serialized()).is_err());
    assert_eq!(
        last.config().channel_group.as_ref().unwrap().groups["Application"].version,
        2
    );
}

#[test]
fn orderer_administrators_change_batches_and_everybody_reads_them() {
    let size = BatchSize {
        max_message_count: 10,
        absolute_max_bytes: 1000,
        preferred_max_bytes: 1000,
    };
    let next = apply(&channel(), &[orderer_admin()], |config| {
        set(at(config, "Orderer"), "BatchSize", &size);
    });
    let orderer = next.orderer().unwrap();
    assert_eq!(orderer.batch_size().max_message_count, 10);
    assert_eq!(orderer.batch_timeout().as_secs(), 2);
}

#[test]
fn access_control_lists_name_policies_by_relative_or_full_path() {
    let api = |policy: &str| ApiResource {
        policy_ref: policy.to_owned(),
    };
    let acls = [
        ("qscc/GetChainInfo", api("Admins")),
        ("event/Block", api("/Channel/Readers")),
        ("cscc/GetConfigBlock", api("")),
    ];
    let acls = acls
        .map(|(name, resource)| (name.to_owned(), resource))
        .into();
    let next = apply(&channel(), &[admin(1), admin(2)], |config| {
        set(at(config, "Application"), "ACLs", &AcLs { acls });
    });
    let acl = |name: &str| next.acl(name);
    assert_eq!(
        acl("qscc/GetChainInfo").unwrap(),
        "/Channel/Application/Admins"
    );
    assert_eq!(acl("event/Block").unwrap(), "/Channel/Readers");
    assert_eq!(acl("cscc/GetConfigBlock"), None);
    assert_eq!(acl("peer/Propose"), None);
}

#[test]
fn a_configuration_that_its_update_does_not_make_is_refused_by_peers() {
    let channel = channel();
    let update = update(&channel, |config| {
        at(config, "Application").mod_policy = "Writers".to_owned();
    });
    let signed = sign(&update, &[admin(1), admin(2)]);
    let proposed = channel.propose(&signed).unwrap();
    let accepts =
        |envelope: &ConfigEnvelope| channel.next(&envelope.encode_to_vec().into()).is_ok();
    assert!(accepts(&proposed));

    let mut other = proposed.clone();
    at(other.config.as_mut().unwrap(), "Application").version = 9;
    assert!(!accepts(&other));
    let unsigned = ConfigEnvelope {
        last_update: Some(sign(&update, &[admin(1)])),
        ..proposed.clone()
    };
    assert!(!accepts(&unsigned));
    let alone = ConfigEnvelope {
        last_update: None,
        ..proposed
    };
    assert!(!accepts(&alone));
}
