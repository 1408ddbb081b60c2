//! Configuration updates: who may change what, and what cannot come out of it. The cases run alone, and
//! leave the configuration as they found it but for versions.

mod invalid;
mod signed;

use std::time::Duration;

use bytes::Bytes;
use e2e::wire::{Call, Client};
use fabric_ledger::channel::compute_update;
use fabric_msp::{SigningIdentity, layout};
use fabric_protos::common::{
    Config, ConfigGroup, ConfigSignature, ConfigUpdate, ConfigUpdateEnvelope, ConfigValue,
    HeaderType, SignatureHeader, Status,
};
use fabric_protos::peer::{AnchorPeer, AnchorPeers};
use prost::Message;

use crate::case::{Case, within};

/// Pause between two looks at the configuration.
const PAUSE: Duration = Duration::from_millis(20);

/// Administrators, and who else signs.
struct People {
    /// Of the three organisations.
    admins: [SigningIdentity; 3],
    orderer: SigningIdentity,
    /// Of the first organisation, and no administrator.
    user: SigningIdentity,
}

impl People {
    fn of(case: &mut Case) -> Self {
        let nodes = &case.suite.nodes;
        let orderer = layout::orderer_user_msp(&nodes.organizations, "Admin");
        let orderer = SigningIdentity::from_msp_dir(&orderer, layout::ORDERER_MSP_ID);
        Self {
            admins: [1, 2, 3].map(|number| case.suite.client(number, "Admin").identity),
            orderer: orderer.expect("the orderer has an administrator"),
            user: case.client(1).identity,
        }
    }

    /// Whoever it takes to change anything.
    fn all(&self) -> Vec<&SigningIdentity> {
        let admins = self.admins.iter();
        admins.chain([&self.orderer]).collect()
    }
}

/// The configuration as the peer of an organisation has it.
async fn config_of(case: &mut Case, organization: usize) -> Config {
    let client = case.client(1);
    let arguments = ["GetChannelConfig".to_owned(), client.channel.clone()];
    let proposed = client.propose(&Call::new("cscc", arguments));
    let answer = client.process(organization, &proposed.signed).await;
    let response = answer.expect("the peer answers").response;
    let payload = response.unwrap_or_default().payload;
    Config::decode(payload).expect("a configuration")
}

/// A group by path; the channel's where it is empty.
fn at<'a>(config: &'a mut Config, path: &str) -> &'a mut ConfigGroup {
    let mut group = config.channel_group.as_mut().expect("a tree");
    for name in path.split('/').filter(|name| !name.is_empty()) {
        group = group.groups.get_mut(name).expect("a group");
    }
    group
}

fn set(group: &mut ConfigGroup, name: &str, message: &impl Message) {
    let value = ConfigValue {
        value: message.encode_to_vec().into(),
        mod_policy: "Admins".to_owned(),
        ..Default::default()
    };
    group.values.insert(name.to_owned(), value);
}

fn get<M: Message + Default>(group: &ConfigGroup, name: &str) -> M {
    let value = group.values.get(name).expect("a value");
    M::decode(value.value.clone()).expect("its message")
}

/// One more anchor peer of Org1.
fn add_anchor(config: &mut Config) {
    let group = at(config, "Application/Org1MSP");
    let mut anchors: AnchorPeers = match group.values.contains_key("AnchorPeers") {
        true => get(group, "AnchorPeers"),
        false => AnchorPeers::default(),
    };
    anchors.anchor_peers.push(AnchorPeer {
        host: "localhost".to_owned(),
        port: 9,
    });
    set(group, "AnchorPeers", &anchors);
}

/// The update that an edit makes.
fn change(client: &Client, config: &Config, edit: impl FnOnce(&mut Config)) -> ConfigUpdate {
    let mut changed = config.clone();
    edit(&mut changed);
    compute_update(&client.channel, config, &changed).expect("something changes")
}

fn sign(update: &ConfigUpdate, signers: &[&SigningIdentity]) -> ConfigUpdateEnvelope {
    let config_update: Bytes = update.encode_to_vec().into();
    let signatures = signers.iter().map(|signer| {
        let header = SignatureHeader {
            creator: signer.serialized().clone(),
            nonce: Bytes::from_static(b"a nonce"),
        };
        let signature_header: Bytes = header.encode_to_vec().into();
        let signed = [&*signature_header, &*config_update].concat();
        ConfigSignature {
            signature: signer.sign(&signed).expect("the identity signs"),
            signature_header,
        }
    });
    ConfigUpdateEnvelope {
        signatures: signatures.collect(),
        config_update,
    }
}

/// Sends an update as Org1's user; notes what the orderer says.
async fn send(case: &mut Case, what: &str, update: &ConfigUpdateEnvelope) -> bool {
    let client = case.client(1);
    send_as(case, &client, what, update).await
}

async fn send_as(
    case: &mut Case,
    client: &Client,
    what: &str,
    update: &ConfigUpdateEnvelope,
) -> bool {
    let envelope = client.envelope(HeaderType::ConfigUpdate, update.encode_to_vec().into());
    let answers = client.broadcast(vec![envelope]).await;
    let answers = answers.expect("the orderer answers");
    let answer = answers.first().expect("an answer");
    let status = answer.status().as_str_name();
    case.note(what, format!("{status} {}", answer.info));
    answer.status() == Status::Success
}

/// Makes a change, and waits until all peers have it; notes which elements got which versions more.
async fn apply(
    case: &mut Case,
    what: &str,
    signers: &[&SigningIdentity],
    edit: impl FnOnce(&mut Config),
) {
    let client = case.client(1);
    let before = config_of(case, 1).await;
    let update = sign(&change(&client, &before, edit), signers);
    assert!(send(case, what, &update).await, "{what} is taken");
    for organization in 1..=3 {
        let in_force = async {
            while config_of(case, organization).await.sequence == before.sequence {
                tokio::time::sleep(PAUSE).await;
            }
        };
        within("the configuration", in_force).await;
    }
    let after = config_of(case, 1).await;
    assert_eq!(after.sequence, before.sequence + 1);
    let mut changes = Vec::new();
    let (before, after) = (before.channel_group, after.channel_group);
    describe(
        "Channel",
        &before.unwrap_or_default(),
        &after.unwrap_or_default(),
        &mut changes,
    );
    case.note(&format!("{what} changes"), changes.join("\n"));
}

/// Lines of what is new, gone, or of a higher version.
fn describe(path: &str, before: &ConfigGroup, after: &ConfigGroup, lines: &mut Vec<String>) {
    let version = |before: Option<u64>, after: Option<u64>| match (before, after) {
        (Some(before), Some(after)) if before == after => None,
        (Some(before), Some(after)) => Some(format!("+{}", after.wrapping_sub(before))),
        (None, Some(after)) => Some(format!("new at {after}")),
        (_, None) => Some("gone".to_owned()),
    };
    let mut note = |path: &str, change: Option<String>| {
        lines.extend(change.map(|change| format!("{path} {change}")));
    };
    note(path, version(Some(before.version), Some(after.version)));
    let names = before.values.keys().chain(after.values.keys());
    for name in names.collect::<std::collections::BTreeSet<_>>() {
        let of = |group: &ConfigGroup| group.values.get(name).map(|value| value.version);
        note(&format!("{path}/{name}"), version(of(before), of(after)));
    }
    let names = before.policies.keys().chain(after.policies.keys());
    for name in names.collect::<std::collections::BTreeSet<_>>() {
        let of = |group: &ConfigGroup| group.policies.get(name).map(|policy| policy.version);
        note(&format!("{path}/{name}"), version(of(before), of(after)));
    }
    for name in before
        .groups
        .keys()
        .filter(|name| !after.groups.contains_key(*name))
    {
        lines.push(format!("{path}/{name} gone"));
    }
    for (name, after) in &after.groups {
        let path = format!("{path}/{name}");
        match before.groups.get(name) {
            Some(before) => describe(&path, before, after, lines),
            None => lines.push(format!("{path} new at {}", after.version)),
        }
    }
}

/// The newest block as the peer of an organisation delivers it: its number, and the number that it gives
/// of the last configuration block.
async fn newest_configuration(client: &Client) -> (u64, u64) {
    let number = client.newest(1).await;
    let blocks = client.blocks(1, number, number).await;
    let metadata = blocks[0].metadata.clone().unwrap_or_default().metadata;
    let last = fabric_protos::common::Metadata::decode(metadata[1].clone());
    let last = fabric_protos::common::LastConfig::decode(last.expect("metadata").value);
    (number, last.expect("a number").index)
}
