//! A channel of two peer organisations and one of orderers, whose keys the tests have.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bytes::Bytes;
use fabric_ledger::channel::raft::{RaftConsenter, RaftMetadata, RaftOptions};
use fabric_ledger::channel::{ChannelConfig, UpdateError, compute_update, text};
use fabric_ledger::policy;
use fabric_msp::{Organization, OrganizationSpec, SigningIdentity};
use fabric_protos::common::implicit_meta_policy::Rule;
use fabric_protos::common::policy::PolicyType;
use fabric_protos::common::{
    BlockDataHashingStructure, Capabilities, Capability, ChannelHeader, Config, ConfigEnvelope,
    ConfigGroup, ConfigPolicy, ConfigSignature, ConfigUpdate, ConfigUpdateEnvelope, ConfigValue,
    Envelope, HashingAlgorithm, Header, HeaderType, ImplicitMetaPolicy, OrdererAddresses, Payload,
    Policy, SignatureHeader,
};
use fabric_protos::msp::MspConfig;
use fabric_protos::orderer::{BatchSize, BatchTimeout, ConsensusType};
use prost::Message;

pub(crate) const CHANNEL: &str = "updates";

/// The organisations: of peers 1 to 3, of which the third is on no channel, and of orderers.
pub(crate) static PEERS: LazyLock<Vec<Organization>> = LazyLock::new(|| {
    let specs = (1..=3).map(OrganizationSpec::peer);
    specs
        .map(|spec| Organization::generate(&spec.seeded("updates")).unwrap())
        .collect()
});
pub(crate) static ORDERER: LazyLock<Organization> = LazyLock::new(|| {
    Organization::generate(&OrganizationSpec::orderer().seeded("updates")).unwrap()
});

pub(crate) fn admin(number: usize) -> &'static SigningIdentity {
    PEERS[number - 1].member("Admin").unwrap().identity()
}

pub(crate) fn orderer_admin() -> &'static SigningIdentity {
    ORDERER.member("Admin").unwrap().identity()
}

pub(crate) fn user(number: usize) -> &'static SigningIdentity {
    PEERS[number - 1].member("User1").unwrap().identity()
}

/// The channel as it begins.
pub(crate) fn channel() -> ChannelConfig {
    let config = Config {
        sequence: 3,
        channel_group: Some(root()),
    };
    ChannelConfig::from_config(CHANNEL, config).unwrap()
}

fn root() -> ConfigGroup {
    let mut group = meta_group();
    group.groups.insert("Application".to_owned(), application());
    group.groups.insert("Orderer".to_owned(), orderer());
    let hashing = HashingAlgorithm {
        name: "SHA256".to_owned(),
    };
    set(&mut group, "HashingAlgorithm", &hashing);
    let width = BlockDataHashingStructure { width: u32::MAX };
    set(&mut group, "BlockDataHashingStructure", &width);
    set(&mut group, "Capabilities", &capabilities(&["V2_0"]));
    group
}

fn application() -> ConfigGroup {
    let mut group = meta_group();
    set(&mut group, "Capabilities", &capabilities(&["V2_5"]));
    for number in [1, 2] {
        let organization = peer_organization(number);
        group.groups.insert(format!("Org{number}MSP"), organization);
    }
    group
}

/// The group of an organisation of peers.
pub(crate) fn peer_organization(number: usize) -> ConfigGroup {
    organization(&PEERS[number - 1])
}

fn orderer() -> ConfigGroup {
    let mut group = meta_group();
    set(&mut group, "Capabilities", &capabilities(&["V2_0"]));
    let consensus = ConsensusType {
        r#type: "etcdraft".to_owned(),
        metadata: raft(&["a"]).encode_to_vec().into(),
        ..Default::default()
    };
    set(&mut group, "ConsensusType", &consensus);
    let size = BatchSize {
        max_message_count: 500,
        absolute_max_bytes: 10_485_760,
        preferred_max_bytes: 2_097_152,
    };
    set(&mut group, "BatchSize", &size);
    let timeout = "2s".to_owned();
    set(&mut group, "BatchTimeout", &BatchTimeout { timeout });
    let validation = implicit("Writers", Rule::Any);
    group
        .policies
        .insert("BlockValidation".to_owned(), validation);
    let mut organization = organization(&ORDERER);
    let addresses = vec!["orderer.example.com:7050".to_owned()];
    set(
        &mut organization,
        "Endpoints",
        &OrdererAddresses { addresses },
    );
    group.groups.insert("OrdererOrg".to_owned(), organization);
    group
}

pub(crate) fn raft(nodes: &[&str]) -> RaftMetadata {
    let node = |name: &&str| RaftConsenter {
        host: (*name).to_owned(),
        port: 7050,
        client_tls_cert: format!("client {name}").into(),
        server_tls_cert: format!("server {name}").into(),
    };
    RaftMetadata {
        consenters: nodes.iter().map(node).collect(),
        options: Some(RaftOptions {
            tick_interval: "500ms".to_owned(),
            election_tick: 10,
            heartbeat_tick: 1,
            max_inflight_blocks: 5,
            snapshot_interval_size: 16 << 20,
        }),
    }
}

fn organization(organization: &Organization) -> ConfigGroup {
    let mut group = new_group();
    let config = MspConfig {
        r#type: 0,
        config: organization.msp_config().encode_to_vec().into(),
    };
    set(&mut group, "MSP", &config);
    let id = &organization.spec().msp_id;
    let policies = [
        ("Readers", format!("OR('{id}.member')")),
        ("Writers", format!("OR('{id}.admin','{id}.client')")),
        ("Admins", format!("OR('{id}.admin')")),
        ("Endorsement", format!("OR('{id}.peer')")),
    ];
    for (name, text) in policies {
        let signatures = policy::parse(&text).unwrap().encode_to_vec();
        let policy = config_policy(PolicyType::Signature, signatures);
        group.policies.insert(name.to_owned(), policy);
    }
    group
}

fn meta_group() -> ConfigGroup {
    let mut group = new_group();
    for (name, rule) in [
        ("Readers", Rule::Any),
        ("Writers", Rule::Any),
        ("Admins", Rule::Majority),
    ] {
        group.policies.insert(name.to_owned(), implicit(name, rule));
    }
    group
}

fn new_group() -> ConfigGroup {
    ConfigGroup {
        mod_policy: "Admins".to_owned(),
        ..Default::default()
    }
}

pub(crate) fn implicit(sub_policy: &str, rule: Rule) -> ConfigPolicy {
    let sub_policy = sub_policy.to_owned();
    let rule = rule.into();
    let meta = ImplicitMetaPolicy { sub_policy, rule };
    config_policy(PolicyType::ImplicitMeta, meta.encode_to_vec())
}

pub(crate) fn config_policy(r#type: PolicyType, value: Vec<u8>) -> ConfigPolicy {
    let policy = Policy {
        r#type: r#type.into(),
        value: value.into(),
    };
    ConfigPolicy {
        version: 0,
        policy: Some(policy),
        mod_policy: "Admins".to_owned(),
    }
}

pub(crate) fn capabilities(names: &[&str]) -> Capabilities {
    let names = names.iter().map(|name| ((*name).to_owned(), Capability {}));
    Capabilities {
        capabilities: names.collect::<BTreeMap<_, _>>(),
    }
}

/// Sets a value; its version, where it has one, stays.
pub(crate) fn set(group: &mut ConfigGroup, name: &str, message: &impl Message) {
    let value = ConfigValue {
        version: group.values.get(name).map_or(0, |known| known.version),
        value: message.encode_to_vec().into(),
        mod_policy: "Admins".to_owned(),
    };
    group.values.insert(name.to_owned(), value);
}

/// A group by path, `Application/Org1MSP`; the root where it is empty.
pub(crate) fn at<'a>(config: &'a mut Config, path: &str) -> &'a mut ConfigGroup {
    let mut group = config.channel_group.as_mut().unwrap();
    for name in path.split('/').filter(|name| !name.is_empty()) {
        group = group.groups.get_mut(name).unwrap();
    }
    group
}

/// The update that an edit makes.
pub(crate) fn update(channel: &ChannelConfig, edit: impl FnOnce(&mut Config)) -> ConfigUpdate {
    let mut updated = channel.config().clone();
    edit(&mut updated);
    compute_update(CHANNEL, channel.config(), &updated).unwrap()
}

/// An envelope of the type `CONFIG_UPDATE`.
pub(crate) fn sign(update: &ConfigUpdate, signers: &[&SigningIdentity]) -> Envelope {
    let config_update: Bytes = update.encode_to_vec().into();
    let signatures = signers.iter().map(|signer| {
        let signature_header: Bytes = SignatureHeader {
            creator: signer.serialized().clone(),
            nonce: "nonce".into(),
        }
        .encode_to_vec()
        .into();
        let signed = [&*signature_header, &*config_update].concat();
        ConfigSignature {
            signature: signer.sign(&signed).unwrap(),
            signature_header,
        }
    });
    let signatures = signatures.collect();
    envelope(&ConfigUpdateEnvelope {
        config_update,
        signatures,
    })
}

pub(crate) fn envelope(update: &ConfigUpdateEnvelope) -> Envelope {
    let header = ChannelHeader {
        r#type: HeaderType::ConfigUpdate.into(),
        channel_id: CHANNEL.to_owned(),
        ..Default::default()
    };
    let payload = Payload {
        header: Some(Header {
            channel_header: header.encode_to_vec().into(),
            ..Default::default()
        }),
        data: update.encode_to_vec().into(),
    };
    Envelope {
        payload: payload.encode_to_vec().into(),
        ..Default::default()
    }
}

/// The configuration after an edit that these sign, as a peer takes it from a block.
#[track_caller]
pub(crate) fn apply(
    channel: &ChannelConfig,
    signers: &[&SigningIdentity],
    edit: impl FnOnce(&mut Config),
) -> ChannelConfig {
    let proposed = channel.propose(&sign(&update(channel, edit), signers));
    next(channel, &proposed.map_err(|error| text(&error)).unwrap())
}

#[track_caller]
pub(crate) fn next(channel: &ChannelConfig, proposed: &ConfigEnvelope) -> ChannelConfig {
    channel.next(&proposed.encode_to_vec().into()).unwrap()
}

/// What is said of an edit that these sign.
#[track_caller]
pub(crate) fn refusal(
    channel: &ChannelConfig,
    signers: &[&SigningIdentity],
    edit: impl FnOnce(&mut Config),
) -> String {
    said(channel.propose(&sign(&update(channel, edit), signers)))
}

#[track_caller]
pub(crate) fn said(result: Result<ConfigEnvelope, UpdateError>) -> String {
    text(&result.unwrap_err())
}
