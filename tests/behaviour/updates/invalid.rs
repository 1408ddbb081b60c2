//! Updates that everybody signed, and that would make no configuration.

use fabric_ledger::channel::raft::{RaftMetadata, RaftOptions};
use fabric_msp::{Organization, OrganizationSpec};
use fabric_protos::common::implicit_meta_policy::Rule;
use fabric_protos::common::policy::PolicyType;
use fabric_protos::common::{
    Capabilities, Capability, Config, ConfigGroup, ConfigPolicy, HashingAlgorithm,
    ImplicitMetaPolicy, Policy, SignaturePolicyEnvelope,
};
use fabric_protos::msp::MspConfig;
use fabric_protos::orderer::{BatchSize, BatchTimeout, ConsensusType};
use prost::Message as _;

use super::{People, at, change, config_of, get, send, set, sign};
use crate::case::observe_alone;

type Edit = (&'static str, Box<dyn Fn(&mut Config)>);

fn edit(what: &'static str, edit: impl Fn(&mut Config) + 'static) -> Edit {
    (what, Box::new(edit))
}

fn batch(what: &'static str, count: u32, absolute: u32, preferred: u32) -> Edit {
    edit(what, move |config| {
        let size = BatchSize {
            max_message_count: count,
            absolute_max_bytes: absolute,
            preferred_max_bytes: preferred,
        };
        set(at(config, "Orderer"), "BatchSize", &size);
    })
}

fn timeout(text: &'static str) -> Edit {
    edit(text, move |config| {
        let timeout = text.to_owned();
        set(
            at(config, "Orderer"),
            "BatchTimeout",
            &BatchTimeout { timeout },
        );
    })
}

fn unknown_capability(what: &'static str, path: &'static str) -> Edit {
    edit(what, move |config| {
        let names = ["V2_0", "V9_0"].map(|name| (name.to_owned(), Capability {}));
        let capabilities = names.into();
        set(
            at(config, path),
            "Capabilities",
            &Capabilities { capabilities },
        );
    })
}

fn policy(what: &'static str, kind: PolicyType, value: Vec<u8>) -> Edit {
    edit(what, move |config| {
        let policy = ConfigPolicy {
            policy: Some(Policy {
                r#type: kind.into(),
                value: value.clone().into(),
            }),
            mod_policy: "Admins".to_owned(),
            ..Default::default()
        };
        at(config, "Application")
            .policies
            .insert("New".to_owned(), policy);
    })
}

fn consensus(what: &'static str, change: fn(&mut ConsensusType)) -> Edit {
    edit(what, move |config| {
        let orderer = at(config, "Orderer");
        let mut consensus = get(orderer, "ConsensusType");
        change(&mut consensus);
        set(orderer, "ConsensusType", &consensus);
    })
}

fn raft(what: &'static str, change: fn(&mut RaftMetadata)) -> Edit {
    edit(what, move |config| {
        let orderer = at(config, "Orderer");
        let mut consensus: ConsensusType = get(orderer, "ConsensusType");
        let metadata = RaftMetadata::decode(consensus.metadata.clone());
        let mut metadata = metadata.expect("metadata of Raft");
        change(&mut metadata);
        consensus.metadata = metadata.encode_to_vec().into();
        set(orderer, "ConsensusType", &consensus);
    })
}

fn options(metadata: &mut RaftMetadata) -> &mut RaftOptions {
    metadata.options.get_or_insert_default()
}

/// Another organisation's group under the name of Org1's MSP.
fn impostor(config: &mut Config) {
    let organization = Organization::generate(&OrganizationSpec::peer(1)).expect("an organisation");
    let msp = MspConfig {
        r#type: 0,
        config: organization.msp_config().encode_to_vec().into(),
    };
    let mut group = at(config, "Application/Org1MSP").clone();
    set(&mut group, "MSP", &msp);
    at(config, "Application")
        .groups
        .insert("Org4MSP".to_owned(), group);
}

fn orderers() -> Vec<Edit> {
    vec![
        batch("no transactions", 0, 10, 10),
        batch("no bytes", 10, 0, 10),
        batch("no preferred bytes", 10, 10, 0),
        batch("more preferred bytes than bytes", 10, 10, 11),
        timeout("soon"),
        timeout("0s"),
        timeout("-90s"),
        timeout("5"),
        timeout("3 fortnights"),
        raft("no nodes", |metadata| metadata.consenters.clear()),
        raft("one node twice", |metadata| {
            let node = metadata.consenters[0].clone();
            metadata.consenters.push(node);
        }),
        raft("no options", |metadata| metadata.options = None),
        raft("no heartbeats", |metadata| {
            options(metadata).heartbeat_tick = 0;
        }),
        raft("elections before heartbeats", |metadata| {
            options(metadata).election_tick = 1;
        }),
        raft("an impossible tick", |metadata| {
            options(metadata).tick_interval = "now".to_owned();
        }),
        raft("a tick of no length", |metadata| {
            options(metadata).tick_interval = "0s".to_owned();
        }),
        consensus("metadata of nothing", |consensus| {
            consensus.metadata = vec![0xff; 9].into();
        }),
        edit("another type outside of maintenance", |config| {
            let orderer = at(config, "Orderer");
            let mut consensus: ConsensusType = get(orderer, "ConsensusType");
            consensus.r#type = "BFT".to_owned();
            set(orderer, "ConsensusType", &consensus);
        }),
        edit("maintenance with something else", |config| {
            let orderer = at(config, "Orderer");
            let mut consensus: ConsensusType = get(orderer, "ConsensusType");
            consensus.state = 1;
            set(orderer, "ConsensusType", &consensus);
            set(
                orderer,
                "BatchTimeout",
                &BatchTimeout {
                    timeout: "9s".to_owned(),
                },
            );
        }),
        consensus("maintenance with other metadata", |consensus| {
            consensus.state = 1;
            let metadata = RaftMetadata::decode(consensus.metadata.clone());
            let mut metadata = metadata.expect("metadata of Raft");
            options(&mut metadata).snapshot_interval_size += 1;
            consensus.metadata = metadata.encode_to_vec().into();
        }),
    ]
}

fn groups() -> Vec<Edit> {
    let empty = ConfigGroup {
        mod_policy: "Admins".to_owned(),
        ..Default::default()
    };
    let remove = |what, name: &'static str| {
        edit(what, move |config| drop(at(config, "").groups.remove(name)))
    };
    let (below, consortiums) = (empty.clone(), empty);
    let no_rule = SignaturePolicyEnvelope::default().encode_to_vec();
    let of_nobody = fabric_ledger::policy::parse("OR('A.member')").expect("a policy");
    let of_nobody = SignaturePolicyEnvelope {
        identities: Vec::new(),
        ..of_nobody
    };
    let newer = SignaturePolicyEnvelope {
        version: 1,
        ..of_nobody.clone()
    };
    let implicit = ImplicitMetaPolicy {
        sub_policy: "Admins".to_owned(),
        rule: Rule::Any.into(),
    };
    let mut cut = implicit.encode_to_vec();
    cut.pop();
    vec![
        remove("no application", "Application"),
        remove("no orderers", "Orderer"),
        edit("consortiums", move |config| {
            at(config, "")
                .groups
                .insert("Consortiums".to_owned(), consortiums.clone());
        }),
        edit("a group below an organisation", move |config| {
            let groups = &mut at(config, "Application/Org1MSP").groups;
            groups.insert("Below".to_owned(), below.clone());
        }),
        edit("a value that nobody knows", |config| {
            set(at(config, "Application"), "Surprise", &());
        }),
        edit("a value of nothing", |config| {
            let value = at(config, "Orderer").values.get_mut("BatchSize");
            value.expect("a value").value = vec![0xff; 9].into();
        }),
        edit("another hash function", |config| {
            let name = "MD5".to_owned();
            set(
                at(config, ""),
                "HashingAlgorithm",
                &HashingAlgorithm { name },
            );
        }),
        edit("two definitions of one organisation", impostor),
        edit("another name of an organisation", |config| {
            let msp = at(config, "Application/Org2MSP").values["MSP"].clone();
            at(config, "Application/Org1MSP")
                .values
                .insert("MSP".to_owned(), msp);
        }),
        edit("an unknown kind of organisation", |config| {
            let group = at(config, "Application/Org1MSP");
            let mut msp: MspConfig = get(group, "MSP");
            msp.r#type = 7;
            set(group, "MSP", &msp);
        }),
        policy("a policy of an unknown type", PolicyType::Msp, Vec::new()),
        policy("a policy without rule", PolicyType::Signature, no_rule),
        policy(
            "a policy of nobody",
            PolicyType::Signature,
            of_nobody.encode_to_vec(),
        ),
        policy(
            "a policy of a later version",
            PolicyType::Signature,
            newer.encode_to_vec(),
        ),
        policy("half a policy", PolicyType::ImplicitMeta, cut),
        edit("no policy", |config| {
            let policy = ConfigPolicy {
                mod_policy: "Admins".to_owned(),
                ..Default::default()
            };
            at(config, "Application")
                .policies
                .insert("New".to_owned(), policy);
        }),
        unknown_capability("an unknown capability of orderers", "Orderer"),
        unknown_capability("an unknown capability of the channel", ""),
        edit("no capabilities of orderers", |config| {
            at(config, "Orderer").values.remove("Capabilities");
        }),
    ]
}

#[test]
fn what_would_make_no_configuration_is_refused() {
    observe_alone("config_results", async |case| {
        let people = People::of(case);
        let client = case.client(1);
        let mut config = config_of(case, 1).await;
        let consensus: ConsensusType = get(at(&mut config, "Orderer"), "ConsensusType");
        let nodes = RaftMetadata::decode(consensus.metadata).expect("metadata of Raft");
        let certificate = String::from_utf8_lossy(&nodes.consenters[0].server_tls_cert);
        case.mask(&certificate, "<certificate>");
        for (what, edit) in orderers().into_iter().chain(groups()) {
            let update = sign(&change(&client, &config, edit), &people.all());
            assert!(!send(case, what, &update).await, "{what} is taken");
        }
        Ok(())
    });
}
