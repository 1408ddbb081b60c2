//! The groups of the configuration tree: channel, orderer, application, organisations.

use std::time::Duration;

use bytes::Bytes;
use fabric_ledger::channel::raft::{CONSENSUS_TYPE, RaftConsenter, RaftMetadata, RaftOptions};
use fabric_protos::{
    common::{
        BlockDataHashingStructure, Capabilities, Capability, ConfigGroup, ConfigPolicy,
        ConfigValue, HashingAlgorithm, OrdererAddresses, implicit_meta_policy::Rule,
        msp_role::MspRoleType,
    },
    msp::MspConfig,
    orderer::{BatchSize, BatchTimeout, ChannelRestrictions, ConsensusType},
    peer::{AnchorPeer, AnchorPeers},
};
use prost::Message;

use super::{
    OrganizationGroup,
    policy::{ADMINS, any_of, implicit},
};

/// The orderer's organisation and how it cuts blocks.
pub(crate) struct OrdererGroup {
    pub(crate) organization: OrganizationGroup,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: ConsenterTls,
    pub(crate) max_message_count: u32,
    pub(crate) absolute_max_bytes: u32,
    pub(crate) preferred_max_bytes: u32,
    pub(crate) batch_timeout: Duration,
}

/// TLS certificate of the only consenter, PEM.
pub(crate) struct ConsenterTls(pub(crate) Bytes);

/// A peer's organisation.
pub(crate) struct PeerGroup {
    pub(crate) organization: OrganizationGroup,
    pub(crate) anchor_host: String,
    pub(crate) anchor_port: u16,
}

/// The root of the tree.
pub(super) fn channel(orderer: &OrdererGroup, organizations: &[PeerGroup]) -> ConfigGroup {
    let mut group = new_group();
    group
        .groups
        .insert("Orderer".to_owned(), orderer_group(orderer));
    group
        .groups
        .insert("Application".to_owned(), application_group(organizations));
    set(
        &mut group,
        "HashingAlgorithm",
        &HashingAlgorithm {
            name: "SHA256".to_owned(),
        },
    );
    set(
        &mut group,
        "BlockDataHashingStructure",
        &BlockDataHashingStructure { width: u32::MAX },
    );
    set(&mut group, "Capabilities", &capability("V2_0"));
    add_meta_policies(&mut group);
    group
}

fn orderer_group(orderer: &OrdererGroup) -> ConfigGroup {
    let mut group = new_group();
    let sizes = BatchSize {
        max_message_count: orderer.max_message_count,
        absolute_max_bytes: orderer.absolute_max_bytes,
        preferred_max_bytes: orderer.preferred_max_bytes,
    };
    let consensus = ConsensusType {
        r#type: CONSENSUS_TYPE.to_owned(),
        metadata: raft_metadata(orderer).encode_to_vec().into(),
        ..Default::default()
    };
    set(&mut group, "ConsensusType", &consensus);
    set(&mut group, "BatchSize", &sizes);
    set(
        &mut group,
        "BatchTimeout",
        &BatchTimeout {
            timeout: go_duration(orderer.batch_timeout),
        },
    );
    set(
        &mut group,
        "ChannelRestrictions",
        &ChannelRestrictions::default(),
    );
    set(&mut group, "Capabilities", &capability("V2_0"));
    add_meta_policies(&mut group);
    group
        .policies
        .insert("BlockValidation".to_owned(), implicit("Writers", Rule::Any));

    let organization = orderer_organization(orderer);
    group.groups.insert("OrdererOrg".to_owned(), organization);
    group
}

fn orderer_organization(orderer: &OrdererGroup) -> ConfigGroup {
    let mut group = organization_group(&orderer.organization);
    let endpoint = format!("{}:{}", orderer.host, orderer.port);
    let endpoints = OrdererAddresses {
        addresses: vec![endpoint],
    };
    set(&mut group, "Endpoints", &endpoints);
    let policies = [
        ("Readers", MspRoleType::Member),
        ("Writers", MspRoleType::Member),
        ("Admins", MspRoleType::Admin),
    ];
    for (name, role) in policies {
        let policy = any_of(&orderer.organization.msp_id, &[role]);
        group.policies.insert(name.to_owned(), policy);
    }
    group
}

fn raft_metadata(orderer: &OrdererGroup) -> RaftMetadata {
    RaftMetadata {
        consenters: vec![RaftConsenter {
            host: orderer.host.clone(),
            port: orderer.port.into(),
            client_tls_cert: orderer.tls.0.clone(),
            server_tls_cert: orderer.tls.0.clone(),
        }],
        options: Some(RaftOptions {
            tick_interval: "500ms".to_owned(),
            election_tick: 10,
            heartbeat_tick: 1,
            max_inflight_blocks: 5,
            snapshot_interval_size: 16 * 1024 * 1024,
        }),
    }
}

fn application_group(organizations: &[PeerGroup]) -> ConfigGroup {
    let mut group = new_group();
    set(&mut group, "Capabilities", &capability("V2_5"));
    add_meta_policies(&mut group);
    for name in ["Endorsement", "LifecycleEndorsement"] {
        group
            .policies
            .insert(name.to_owned(), implicit("Endorsement", Rule::Majority));
    }
    for peer in organizations {
        group
            .groups
            .insert(peer.organization.msp_id.clone(), peer_group(peer));
    }
    group
}

fn peer_group(peer: &PeerGroup) -> ConfigGroup {
    let mut group = organization_group(&peer.organization);
    let anchor = AnchorPeer {
        host: peer.anchor_host.clone(),
        port: i32::from(peer.anchor_port),
    };
    set(
        &mut group,
        "AnchorPeers",
        &AnchorPeers {
            anchor_peers: vec![anchor],
        },
    );
    let policies: [(&str, &[MspRoleType]); 4] = [
        (
            "Readers",
            &[MspRoleType::Admin, MspRoleType::Peer, MspRoleType::Client],
        ),
        ("Writers", &[MspRoleType::Admin, MspRoleType::Client]),
        ("Admins", &[MspRoleType::Admin]),
        ("Endorsement", &[MspRoleType::Peer]),
    ];
    for (name, roles) in policies {
        group
            .policies
            .insert(name.to_owned(), any_of(&peer.organization.msp_id, roles));
    }
    group
}

fn organization_group(organization: &OrganizationGroup) -> ConfigGroup {
    let mut group = new_group();
    let config = MspConfig {
        r#type: 0,
        config: organization.msp.encode_to_vec().into(),
    };
    set(&mut group, "MSP", &config);
    group
}

fn new_group() -> ConfigGroup {
    ConfigGroup {
        mod_policy: ADMINS.to_owned(),
        ..Default::default()
    }
}

/// Readers and writers of any group below, admins of most.
fn add_meta_policies(group: &mut ConfigGroup) {
    let policies: [(&str, ConfigPolicy); 3] = [
        ("Readers", implicit("Readers", Rule::Any)),
        ("Writers", implicit("Writers", Rule::Any)),
        ("Admins", implicit("Admins", Rule::Majority)),
    ];
    group
        .policies
        .extend(policies.map(|(name, policy)| (name.to_owned(), policy)));
}

fn set(group: &mut ConfigGroup, name: &str, message: &impl Message) {
    let value = ConfigValue {
        version: 0,
        value: message.encode_to_vec().into(),
        mod_policy: ADMINS.to_owned(),
    };
    group.values.insert(name.to_owned(), value);
}

fn capability(name: &str) -> Capabilities {
    Capabilities {
        capabilities: [(name.to_owned(), Capability {})].into(),
    }
}

/// A duration as Go writes whole milliseconds or seconds.
fn go_duration(duration: Duration) -> String {
    if duration.subsec_nanos() == 0 {
        format!("{}s", duration.as_secs())
    } else {
        format!("{}ms", duration.as_millis())
    }
}
