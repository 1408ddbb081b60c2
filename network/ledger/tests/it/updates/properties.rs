//! Whatever is edited, signed by whomever: the update makes what was meant, or nothing.

use fabric_ledger::channel::{compute_update, text};
use fabric_protos::common::{Config, ConfigGroup};
use fabric_protos::peer::{AnchorPeer, AnchorPeers};
use proptest::prelude::*;

use super::sample::{
    CHANNEL, admin, at, channel, next, orderer_admin, peer_organization, set, sign,
};

/// An edit, and whose signatures it takes: of the organisations' administrators, and of the orderer's.
#[derive(Clone, Copy, Debug)]
enum Edit {
    /// Of the first or second organisation.
    Anchor {
        organization: usize,
        port: i32,
    },
    AddOrganization,
    RemovePolicy {
        organization: usize,
    },
    ModPolicy,
    BatchTimeout {
        seconds: u32,
    },
}

impl Edit {
    fn make(self, config: &mut Config) {
        match self {
            Self::Anchor { organization, port } => {
                let host = "peer0".to_owned();
                let anchor_peers = vec![AnchorPeer { host, port }];
                let group = at(config, &format!("Application/Org{organization}MSP"));
                set(group, "AnchorPeers", &AnchorPeers { anchor_peers });
            }
            Self::AddOrganization => {
                let groups = &mut at(config, "Application").groups;
                groups.insert("Org3MSP".to_owned(), peer_organization(3));
            }
            Self::RemovePolicy { organization } => {
                let group = at(config, &format!("Application/Org{organization}MSP"));
                group.policies.remove("Endorsement");
            }
            Self::ModPolicy => {
                at(config, "Application").mod_policy = "/Channel/Application/Admins".to_owned();
            }
            Self::BatchTimeout { seconds } => {
                let timeout = format!("{seconds}s");
                let value = fabric_protos::orderer::BatchTimeout { timeout };
                set(at(config, "Orderer"), "BatchTimeout", &value);
            }
        }
    }

    fn is_signed(self, signed: [bool; 3]) -> bool {
        match self {
            Self::Anchor { organization, .. } | Self::RemovePolicy { organization } => {
                signed[organization - 1]
            }
            Self::AddOrganization | Self::ModPolicy => signed[0] && signed[1],
            Self::BatchTimeout { .. } => signed[2],
        }
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (1..=2usize, 1..9i32).prop_map(|(organization, port)| Edit::Anchor { organization, port }),
        Just(Edit::AddOrganization),
        (1..=2usize).prop_map(|organization| Edit::RemovePolicy { organization }),
        Just(Edit::ModPolicy),
        (1..4u32).prop_map(|seconds| Edit::BatchTimeout { seconds }),
    ]
}

/// The tree without versions.
fn meant(group: &ConfigGroup) -> ConfigGroup {
    let mut group = group.clone();
    strip(&mut group);
    group
}

fn strip(group: &mut ConfigGroup) {
    group.version = 0;
    group
        .values
        .values_mut()
        .for_each(|value| value.version = 0);
    group
        .policies
        .values_mut()
        .for_each(|policy| policy.version = 0);
    group.groups.values_mut().for_each(strip);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_update_makes_what_was_meant_if_each_change_is_signed(
        rounds in prop::collection::vec((prop::collection::vec(edit(), 1..4), any::<[bool; 3]>()), 1..4),
    ) {
        let mut channel = channel();
        for (edits, signed) in rounds {
            let mut updated = channel.config().clone();
            edits.iter().for_each(|edit| edit.make(&mut updated));
            let Ok(update) = compute_update(CHANNEL, channel.config(), &updated) else {
                let group = |config: &Config| meant(config.channel_group.as_ref().unwrap());
                prop_assert_eq!(group(channel.config()), group(&updated));
                continue;
            };
            let all = [admin(1), admin(2), orderer_admin()];
            let signers = all.into_iter().zip(signed).filter(|(_, signed)| *signed);
            let signers: Vec<_> = signers.map(|(signer, _)| signer).collect();
            let proposed = channel.propose(&sign(&update, &signers));
            match proposed {
                Ok(proposed) => {
                    let result = proposed.config.as_ref().unwrap().channel_group.as_ref().unwrap();
                    prop_assert_eq!(meant(result), meant(updated.channel_group.as_ref().unwrap()));
                    channel = next(&channel, &proposed);
                }
                Err(error) => {
                    let error = text(&error);
                    prop_assert!(error.contains("not satisfied"), "{}", error);
                    prop_assert!(!edits.iter().all(|edit| edit.is_signed(signed)));
                    continue;
                }
            }
            if let [edit] = edits.as_slice() {
                prop_assert!(edit.is_signed(signed));
            }
        }
    }
}
