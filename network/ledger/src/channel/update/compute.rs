//! The update that leads from one configuration to another. (Fabric: internal/configtxlator/update)

use std::collections::BTreeMap;

use fabric_protos::common::{Config, ConfigGroup, ConfigPolicy, ConfigUpdate, ConfigValue};

/// Why there is no update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComputeError {
    /// One of the two is empty.
    #[error("no channel group included for {0} config")]
    NoChannelGroup(&'static str),
    /// The two are the same, whatever their versions.
    #[error("no differences detected between original and updated config")]
    NoDifference,
}

/// The update that makes `updated` of `original`, as Fabric's `configtxlator compute_update` does:
/// the versions in `updated` do not matter.
///
/// # Errors
/// Where there is nothing to change.
pub fn compute_update(
    channel: &str,
    original: &Config,
    updated: &Config,
) -> Result<ConfigUpdate, ComputeError> {
    let missing = ComputeError::NoChannelGroup;
    let original = original.channel_group.as_ref();
    let original = original.ok_or(missing("original"))?;
    let updated = updated.channel_group.as_ref();
    let updated = updated.ok_or(missing("updated"))?;
    let change = group_change(original, updated);
    match change.differs {
        true => Ok(ConfigUpdate {
            channel_id: channel.to_owned(),
            read_set: Some(change.read),
            write_set: Some(change.write),
            ..Default::default()
        }),
        false => Err(ComputeError::NoDifference),
    }
}

/// What changes below a name.
struct Change<T> {
    /// What the change rests on.
    read: T,
    /// What it writes.
    write: T,
    differs: bool,
}

/// What changes among the children of one kind.
struct Changes<T> {
    read: BTreeMap<String, T>,
    write: BTreeMap<String, T>,
    /// Those that stay as they are.
    same: BTreeMap<String, T>,
    /// Whether there are others than before.
    members_differ: bool,
}

impl<T: Clone> Changes<T> {
    fn are_none(&self) -> bool {
        self.read.is_empty() && self.write.is_empty()
    }

    /// A list of members is changed as a whole.
    fn name_all(&mut self) {
        for (name, same) in std::mem::take(&mut self.same) {
            self.read.insert(name.clone(), same.clone());
            self.write.insert(name, same);
        }
    }
}

/// An element without children.
trait Leaf: Clone {
    fn version(&self) -> u64;
    fn is_same(&self, other: &Self) -> bool;
    fn at(&self, version: u64) -> Self;
    fn mention(version: u64) -> Self;
}

impl Leaf for ConfigValue {
    fn version(&self) -> u64 {
        self.version
    }

    fn is_same(&self, other: &Self) -> bool {
        self.mod_policy == other.mod_policy && self.value == other.value
    }

    fn at(&self, version: u64) -> Self {
        Self {
            version,
            ..self.clone()
        }
    }

    fn mention(version: u64) -> Self {
        Self {
            version,
            ..Self::default()
        }
    }
}

impl Leaf for ConfigPolicy {
    fn version(&self) -> u64 {
        self.version
    }

    fn is_same(&self, other: &Self) -> bool {
        self.mod_policy == other.mod_policy && self.policy == other.policy
    }

    fn at(&self, version: u64) -> Self {
        Self {
            version,
            ..self.clone()
        }
    }

    fn mention(version: u64) -> Self {
        Self {
            version,
            ..Self::default()
        }
    }
}

fn leaf_changes<T: Leaf>(
    original: &BTreeMap<String, T>,
    updated: &BTreeMap<String, T>,
) -> Changes<T> {
    let mut changes = Changes {
        read: BTreeMap::new(),
        write: BTreeMap::new(),
        same: BTreeMap::new(),
        members_differ: !original.keys().eq(updated.keys()),
    };
    for (name, updated) in updated {
        let (into, leaf) = match original.get(name) {
            Some(known) if known.is_same(updated) => {
                (&mut changes.same, T::mention(known.version()))
            }
            Some(known) => (
                &mut changes.write,
                updated.at(known.version().wrapping_add(1)),
            ),
            None => (&mut changes.write, updated.at(0)),
        };
        into.insert(name.clone(), leaf);
    }
    changes
}

// As deep as the configuration, which the protobuf decoder bounds at 100.
fn group_changes(
    original: &BTreeMap<String, ConfigGroup>,
    updated: &BTreeMap<String, ConfigGroup>,
) -> Changes<ConfigGroup> {
    let mut changes = Changes {
        read: BTreeMap::new(),
        write: BTreeMap::new(),
        same: BTreeMap::new(),
        members_differ: !original.keys().eq(updated.keys()),
    };
    for (name, updated) in updated {
        let Some(known) = original.get(name) else {
            let added = ConfigGroup {
                version: 0,
                mod_policy: updated.mod_policy.clone(),
                ..group_change(&ConfigGroup::default(), updated).write
            };
            changes.write.insert(name.clone(), added);
            continue;
        };
        let change = group_change(known, updated);
        if change.differs {
            changes.read.insert(name.clone(), change.read);
            changes.write.insert(name.clone(), change.write);
        } else {
            changes.same.insert(name.clone(), change.read);
        }
    }
    changes
}

fn group_change(original: &ConfigGroup, updated: &ConfigGroup) -> Change<ConfigGroup> {
    let mut policies = leaf_changes(&original.policies, &updated.policies);
    let mut values = leaf_changes(&original.values, &updated.values);
    let mut groups = group_changes(&original.groups, &updated.groups);
    let differs_itself = policies.members_differ
        || values.members_differ
        || groups.members_differ
        || original.mod_policy != updated.mod_policy;
    if differs_itself {
        policies.name_all();
        values.name_all();
        groups.name_all();
    }
    let differs =
        differs_itself || !(policies.are_none() && values.are_none() && groups.are_none());
    let read = ConfigGroup {
        version: original.version,
        policies: policies.read,
        values: values.read,
        groups: groups.read,
        ..Default::default()
    };
    let mut write = ConfigGroup {
        version: original.version,
        policies: policies.write,
        values: values.write,
        groups: groups.write,
        ..Default::default()
    };
    if differs_itself {
        write.version = original.version.wrapping_add(1);
        write.mod_policy.clone_from(&updated.mod_policy);
    }
    Change {
        read,
        write,
        differs,
    }
}
