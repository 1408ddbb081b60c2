//! Updates that would make no configuration, each refused in the words of Fabric 3.1.5.

use fabric_ledger::channel::{ChannelConfig, compute_update};
use fabric_protos::common::Config;
use fabric_protos::common::implicit_meta_policy::Rule;
use fabric_protos::common::policy::PolicyType;
use fabric_protos::orderer::{BatchSize, BatchTimeout, ConsensusType};
use prost::Message;

use super::sample::{
    CHANNEL, admin, apply, at, capabilities, channel, config_policy, implicit, orderer_admin,
    peer_organization, raft, refusal, set, sign,
};

/// Refusal of what an update would make, whoever signs it.
#[track_caller]
fn check_result(edit: impl FnOnce(&mut Config), expected: &str) {
    check_on(&channel(), edit, expected);
}

#[track_caller]
fn check_on(channel: &ChannelConfig, edit: impl FnOnce(&mut Config), expected: &str) {
    let all = [admin(1), admin(2), orderer_admin()];
    assert_eq!(refusal(channel, &all, edit), expected);
}

const ORDERER: &str =
    "initializing channelconfig failed: could not create channel Orderer sub-group config: ";
const APPLICATION: &str =
    "initializing channelconfig failed: could not create channel Application sub-group config: ";

#[test]
fn batches_must_make_sense() {
    let size = |count, absolute, preferred| BatchSize {
        max_message_count: count,
        absolute_max_bytes: absolute,
        preferred_max_bytes: preferred,
    };
    let cases = [
        (
            size(0, 1, 1),
            "Attempted to set the batch size max message count to an invalid value: 0",
        ),
        (
            size(1, 0, 1),
            "Attempted to set the batch size absolute max bytes to an invalid value: 0",
        ),
        (
            size(1, 1, 0),
            "Attempted to set the batch size preferred max bytes to an invalid value: 0",
        ),
        (
            size(1, 5, 6),
            "Attempted to set the batch size preferred max bytes (6) greater than the absolute max bytes (5).",
        ),
    ];
    for (size, expected) in cases {
        let edit = |config: &mut Config| set(at(config, "Orderer"), "BatchSize", &size);
        check_result(edit, &format!("{ORDERER}{expected}"));
    }
    let cases = [
        ("soon", r#"invalid value: time: invalid duration "soon""#),
        ("0s", "non-positive value: 0s"),
        ("-90s", "non-positive value: -1m30s"),
    ];
    for (timeout, expected) in cases {
        let timeout = timeout.to_owned();
        let edit = |config: &mut Config| {
            set(
                at(config, "Orderer"),
                "BatchTimeout",
                &BatchTimeout { timeout },
            );
        };
        check_result(
            edit,
            &format!("{ORDERER}Attempted to set the batch timeout to a {expected}"),
        );
    }
}

#[test]
fn organisations_must_be_usable() {
    let group = |edit: fn(&mut fabric_protos::common::ConfigGroup)| {
        move |config: &mut Config| {
            let mut group = peer_organization(3);
            edit(&mut group);
            at(config, "Application")
                .groups
                .insert("Org3MSP".to_owned(), group);
        }
    };
    check_result(
        group(|group| {
            group.groups.insert("Below".to_owned(), Default::default());
        }),
        "error authorizing update: error validating DeltaSet: invalid mod_policy for element [Group]  /Channel/Application/Org3MSP/Below: mod_policy not set",
    );
    check_result(
        group(|group| set(group, "Surprise", &())),
        &format!("{APPLICATION}failed to deserialize values: Unexpected key Surprise"),
    );
    let no_authority = refusal(
        &channel(),
        &[admin(1), admin(2)],
        group(|group| {
            group.values.remove("MSP");
        }),
    );
    assert!(no_authority.starts_with(&format!("{APPLICATION}setting up the MSP manager failed: ")));
    check_result(
        |config| {
            let mut other = peer_organization(3);
            let mut msp = super::sample::PEERS[2].msp_config();
            "Org1MSP".clone_into(&mut msp.name);
            let config_bytes = msp.encode_to_vec().into();
            let msp = fabric_protos::msp::MspConfig {
                r#type: 0,
                config: config_bytes,
            };
            set(&mut other, "MSP", &msp);
            at(config, "Application")
                .groups
                .insert("Org3MSP".to_owned(), other);
        },
        &format!("{APPLICATION}Attempted to define two different versions of MSP: Org1MSP"),
    );
    check_result(
        |config| {
            let organization = peer_organization(3);
            let msp = organization.values["MSP"].clone();
            at(config, "Application/Org1MSP")
                .values
                .insert("MSP".to_owned(), msp);
        },
        "application org Org1MSP attempted to change MSP ID from Org1MSP to Org3MSP",
    );
}

#[test]
fn policies_must_compile() {
    let prefix = "initializing policymanager failed: ";
    let cases = [
        (
            config_policy(PolicyType::Msp, Vec::new()),
            "policy Bad at path Channel/Application has unknown policy type: 2",
        ),
        (
            config_policy(PolicyType::Signature, Vec::new()),
            "policy Bad at path Channel/Application did not compile: Empty policy element",
        ),
        (
            config_policy(PolicyType::ImplicitMeta, vec![1]),
            "implicit policy Bad at path Channel/Application did not compile: Error unmarshalling to ImplicitMetaPolicy: proto: cannot parse invalid wire-format data",
        ),
    ];
    for (policy, expected) in cases {
        let edit = |config: &mut Config| {
            at(config, "Application")
                .policies
                .insert("Bad".to_owned(), policy);
        };
        check_result(edit, &format!("{prefix}{expected}"));
    }
}

#[test]
fn what_no_node_has_cannot_be_required() {
    check_result(
        |config| {
            set(
                at(config, "Orderer"),
                "Capabilities",
                &capabilities(&["V9"]),
            );
        },
        "config update is not compatible: config requires unsupported orderer capabilities: Orderer capability V9 is required but not supported: Orderer capability V9 is required but not supported",
    );
    check_result(
        |config| {
            set(
                at(config, ""),
                "Capabilities",
                &capabilities(&["V2_0", "V4_0"]),
            );
        },
        "config update is not compatible: config requires unsupported channel capabilities: Channel capability V4_0 is required but not supported: Channel capability V4_0 is required but not supported",
    );
    check_result(
        |config| {
            at(config, "Orderer").values.remove("Capabilities");
        },
        "cannot enable channel capabilities without orderer support first",
    );
}

#[test]
fn groups_stay_as_a_channel_needs_them() {
    check_result(
        |config| {
            at(config, "").groups.remove("Application");
        },
        "current config has application section, but new config does not",
    );
    check_result(
        |config| {
            at(config, "").groups.remove("Orderer");
        },
        "config update is not compatible: config does not contain orderer config",
    );
    check_result(
        |config| {
            let group = fabric_protos::common::ConfigGroup {
                mod_policy: "Admins".to_owned(),
                ..Default::default()
            };
            at(config, "").groups.insert("Other".to_owned(), group);
        },
        "initializing channelconfig failed: Disallowed channel group: Other",
    );
}

#[test]
fn nodes_that_agree_change_one_by_one() {
    let consensus = |nodes: &[&str]| ConsensusType {
        r#type: "etcdraft".to_owned(),
        metadata: raft(nodes).encode_to_vec().into(),
        ..Default::default()
    };
    let edit = |nodes: &'static [&'static str]| {
        move |config: &mut Config| set(at(config, "Orderer"), "ConsensusType", &consensus(nodes))
    };
    let prefix = "consensus metadata update for channel config update is invalid: ";
    check_result(
        edit(&["a", "b", "c"]),
        &format!(
            "{prefix}update of more than one consenter at a time is not supported, requested changes: add 2 node(s), remove 0 node(s)"
        ),
    );
    check_result(
        edit(&[]),
        &format!("{prefix}invalid new config metadata: empty consenter set"),
    );
    let two = apply(&channel(), &[orderer_admin()], edit(&["a", "b"]));
    let three = apply(&two, &[orderer_admin()], edit(&["a", "b", "c"]));
    check_on(
        &three,
        edit(&["a", "b", "c", "c"]),
        &format!(
            "{prefix}invalid new config metadata: duplicate consenter: server cert: server c, client cert: client c"
        ),
    );
}

#[test]
fn the_consensus_type_changes_under_maintenance_only() {
    let channel = channel();
    let consensus = |r#type: &str, state: i32| ConsensusType {
        r#type: r#type.to_owned(),
        metadata: raft(&["a"]).encode_to_vec().into(),
        state,
    };
    let check = |edit: &dyn Fn(&mut Config)| {
        let mut updated = channel.config().clone();
        edit(&mut updated);
        let update = compute_update(CHANNEL, channel.config(), &updated).unwrap();
        let signed = sign(&update, &[orderer_admin(), admin(1), admin(2)]);
        let proposed = channel.propose(&signed).unwrap();
        channel
            .check_maintenance(&proposed)
            .map_err(|error| fabric_ledger::channel::text(&error))
    };
    let prefix = "config transaction inspection failed: ";
    let alone = |config: &mut Config| {
        set(
            at(config, "Orderer"),
            "ConsensusType",
            &consensus("etcdraft", 1),
        );
    };
    assert_eq!(check(&alone), Ok(()));
    let with_another = |config: &mut Config| {
        alone(config);
        let policy = implicit("Readers", Rule::All);
        at(config, "Application")
            .policies
            .insert("Readers".to_owned(), policy);
    };
    let expected = format!("{prefix}config update contains changes to more than one group");
    assert_eq!(check(&with_another), Err(expected));
    let to_bft = |config: &mut Config| {
        set(at(config, "Orderer"), "ConsensusType", &consensus("BFT", 0));
    };
    let expected = format!(
        "{prefix}attempted to change consensus type from etcdraft to BFT, but current config ConsensusType.State is not in maintenance mode"
    );
    assert_eq!(check(&to_bft), Err(expected));
}
