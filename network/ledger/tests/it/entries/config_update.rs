//! A configuration update, on the recorded channel and on one that everybody may change.

use std::sync::LazyLock;

use bytes::Bytes;
use fabric_ledger::channel::{self, ChannelConfig};
use fabric_ledger::policy;
use fabric_protos::common::policy::PolicyType;
use fabric_protos::common::{
    ChannelHeader, ConfigGroup, ConfigUpdateEnvelope, Envelope, Header, HeaderType, Payload,
};
use prost::Message;

use super::CHANNEL;

/// The recorded configuration, which everybody may change: its administrators are nobody in
/// particular.
static OPEN: LazyLock<ChannelConfig> = LazyLock::new(|| {
    let mut config = CHANNEL.config().clone();
    open(config.channel_group.as_mut().unwrap());
    ChannelConfig::from_config("holdout", config).unwrap()
});

fn open(group: &mut ConfigGroup) {
    let nobody = policy::parse("OutOf(0, 'Org1MSP.admin')").unwrap();
    if let Some(policy) = group
        .policies
        .get_mut("Admins")
        .and_then(|found| found.policy.as_mut())
    {
        policy.r#type = PolicyType::Signature.into();
        policy.value = nobody.encode_to_vec().into();
    }
    group.groups.values_mut().for_each(open);
}

/// An update, signed or not: what it makes is what peers take.
pub(super) fn run(data: &[u8]) {
    let header = ChannelHeader {
        r#type: HeaderType::ConfigUpdate.into(),
        ..Default::default()
    };
    let payload = Payload {
        header: Some(Header {
            channel_header: header.encode_to_vec().into(),
            ..Default::default()
        }),
        data: Bytes::copy_from_slice(data),
    };
    let envelope = Envelope {
        payload: payload.encode_to_vec().into(),
        ..Default::default()
    };
    if let Err(error) = CHANNEL.propose(&envelope) {
        assert!(!channel::text(&error).is_empty());
    }
    let Ok(proposed) = OPEN.propose(&envelope) else {
        return;
    };
    let next = OPEN.next(&proposed.encode_to_vec().into()).unwrap();
    assert_eq!(next.sequence(), OPEN.sequence() + 1);
    let _ = OPEN.check_maintenance(&proposed);
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let edits: [fn(&mut ConfigGroup); 4] = [
        |root| {
            let application = root.groups.get_mut("Application").unwrap();
            application.groups.pop_last().unwrap();
        },
        |root| root.groups.get_mut("Orderer").unwrap().mod_policy = "/Channel/Admins".to_owned(),
        |root| drop(root.values.remove("Consortium")),
        |root| {
            let application = root.groups.get_mut("Application").unwrap();
            let (_, organization) = application.groups.first_key_value().unwrap();
            let msp = organization.values["MSP"].clone();
            let orderer = root.groups.get_mut("Orderer").unwrap();
            orderer.values.insert("BatchSize".to_owned(), msp);
        },
    ];
    let edits = edits.iter();
    edits
        .filter_map(|edit| {
            let mut updated = OPEN.config().clone();
            edit(updated.channel_group.as_mut().unwrap());
            let update = channel::compute_update("holdout", OPEN.config(), &updated).ok()?;
            let envelope = ConfigUpdateEnvelope {
                config_update: update.encode_to_vec().into(),
                signatures: Vec::new(),
            };
            Some(envelope.encode_to_vec())
        })
        .collect()
}
