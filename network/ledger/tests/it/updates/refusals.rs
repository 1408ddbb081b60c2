//! Updates that do not fit or are not signed, each refused in the words of Fabric 3.1.5.

use fabric_protos::common::{Config, ConfigUpdate, ConfigUpdateEnvelope, Envelope};
use prost::Message;

use super::sample::{
    CHANNEL, admin, apply, at, channel, envelope, refusal, said, set, sign, update, user,
};

const UNSATISFIED: &str = "error authorizing update: error validating DeltaSet: policy for [Group]  /Channel/Application not satisfied: implicit policy evaluation failed - 1 sub-policies were satisfied, but this policy requires 2 of the 'Admins' sub-policies to be satisfied";

fn touch_application(config: &mut Config) {
    at(config, "Application").mod_policy = "/Channel/Application/Admins".to_owned();
}

#[test]
fn too_few_signatures_are_counted() {
    let channel = channel();
    assert_eq!(
        refusal(&channel, &[admin(1)], touch_application),
        UNSATISFIED
    );
    // The same administrator twice, a client, and somebody of no organisation here.
    let signers = [admin(1), admin(1), user(2), admin(3)];
    assert_eq!(refusal(&channel, &signers, touch_application), UNSATISFIED);
    let text = refusal(&channel, &[admin(1)], |config| {
        set(at(config, "Application/Org2MSP"), "AnchorPeers", &());
    });
    assert_eq!(
        text,
        "error authorizing update: error validating DeltaSet: policy for [Group]  /Channel/Application/Org2MSP not satisfied: signature set did not satisfy policy"
    );
}

#[test]
fn a_signature_of_another_update_counts_for_nothing() {
    let channel = channel();
    let signed = sign(&update(&channel, touch_application), &[admin(1), admin(2)]);
    let mut update = fabric_protos_update(&signed);
    let mut other = ConfigUpdate::decode(update.config_update.clone()).unwrap();
    other.isolated_data.insert("x".to_owned(), "y".into());
    update.config_update = other.encode_to_vec().into();
    let text = said(channel.propose(&envelope(&update)));
    assert_eq!(text, UNSATISFIED.replace("- 1 sub", "- 0 sub"));
}

fn fabric_protos_update(envelope: &Envelope) -> ConfigUpdateEnvelope {
    let payload = fabric_protos::common::Payload::decode(envelope.payload.clone()).unwrap();
    ConfigUpdateEnvelope::decode(payload.data).unwrap()
}

#[test]
fn an_update_of_another_state_is_refused() {
    let before = channel();
    let both = [admin(1), admin(2)];
    let stale = sign(&update(&before, touch_application), &both);
    let after = apply(&before, &both, touch_application);
    assert_eq!(
        said(after.propose(&stale)),
        "error authorizing update: error validating ReadSet: proposed update requires that key [Group]  /Channel/Application be at version 0, but it is currently at version 1"
    );
}

/// Refusal of an update whose sets were edited by hand.
#[track_caller]
fn check_sets(edit: impl FnOnce(&mut ConfigUpdate), expected: &str) {
    let channel = channel();
    let mut update = update(&channel, touch_application);
    edit(&mut update);
    let signed = sign(&update, &[admin(1), admin(2)]);
    let text = said(channel.propose(&signed));
    assert_eq!(text, format!("error authorizing update: {expected}"));
}

#[test]
fn versions_and_names_must_fit() {
    fn write(update: &mut ConfigUpdate) -> &mut fabric_protos::common::ConfigGroup {
        let groups = &mut update.write_set.as_mut().unwrap().groups;
        groups.get_mut("Application").unwrap()
    }
    check_sets(
        |update| write(update).version = 7,
        "error validating DeltaSet: attempt to set key [Group]  /Channel/Application to version 7, but key is at version 0",
    );
    check_sets(
        |update| write(update).version = 0,
        "error validating DeltaSet: delta set was empty -- update would have no effect",
    );
    check_sets(
        |update| write(update).mod_policy.clear(),
        "error validating DeltaSet: invalid mod_policy for element [Group]  /Channel/Application: mod_policy not set",
    );
    check_sets(
        |update| write(update).mod_policy = "a//b".to_owned(),
        "error validating DeltaSet: invalid mod_policy for element [Group]  /Channel/Application: path element at 1 is invalid: config ID illegal, cannot be empty",
    );
    check_sets(
        |update| {
            let value = fabric_protos::common::ConfigValue {
                version: 2,
                mod_policy: "Admins".to_owned(),
                ..Default::default()
            };
            write(update).values.insert("New".to_owned(), value);
        },
        "error validating DeltaSet: attempted to set key [Value]  /Channel/Application/New to version 2, but key does not exist",
    );
    check_sets(
        |update| {
            let groups = &mut write(update).groups;
            groups.insert("b?d".to_owned(), Default::default());
        },
        "error mapping WriteSet: illegal characters in key: [Group]  : config ID 'b?d' contains illegal characters",
    );
    check_sets(
        |update| {
            let read = update.read_set.as_mut().unwrap();
            read.groups.insert("Nobody".to_owned(), Default::default());
        },
        "error validating ReadSet: existing config does not contain element for [Group]  /Channel/Nobody but was in the read set",
    );
    check_sets(
        |update| update.channel_id = "other".to_owned(),
        &format!("ConfigUpdate for channel 'other' but envelope for channel '{CHANNEL}'"),
    );
}

#[test]
fn an_element_whose_policy_is_gone_cannot_be_changed() {
    let both = [admin(1), admin(2)];
    let orphaned = apply(&channel(), &both, |config| {
        at(config, "Application").mod_policy = "Nobody".to_owned();
    });
    assert_eq!(
        refusal(&orphaned, &both, |config| {
            at(config, "Application").groups.remove("Org2MSP");
        }),
        "error authorizing update: error validating DeltaSet: unexpected missing policy Nobody for item [Group]  /Channel/Application"
    );
}

#[test]
fn envelopes_of_another_kind_are_no_updates() {
    let channel = channel();
    let prefix = "error converting envelope to config update: ";
    let check = |envelope: &Envelope, expected: &str| {
        let text = said(channel.propose(envelope));
        assert_eq!(text.strip_prefix(prefix), Some(expected));
    };
    check(&Envelope::default(), "envelope must have a Header");
    let garbage = Envelope {
        payload: "garbage".into(),
        ..Default::default()
    };
    check(
        &garbage,
        "error unmarshalling Payload: proto: cannot parse invalid wire-format data",
    );
}
