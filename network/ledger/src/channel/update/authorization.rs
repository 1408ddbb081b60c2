//! Whether an update fits the configuration, and is signed by those whom each change takes.
//! (Fabric: common/configtx/update.go)

use std::collections::HashSet;

use fabric_protos::common::{ConfigGroup, ConfigUpdate, ConfigUpdateEnvelope};
use prost::Message;

use super::composition;
use super::elements::{self, Element, Elements, IdError, KeyError, ROOT};
use super::error::Wire;
use super::signatures::{self, SignatureError};
use crate::channel::ChannelConfig;
use crate::channel::group::PolicyRefusal;

/// Why an update is not authorised.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizationError {
    /// The update does not decode.
    #[error(transparent)]
    Undecodable(#[from] Wire),
    /// An update of another channel.
    #[error("ConfigUpdate for channel '{update}' but envelope for channel '{channel}'")]
    OtherChannel {
        /// The channel of the update.
        update: String,
        /// The channel that was to be updated.
        channel: String,
    },
    /// A name in the read set.
    #[error("error mapping ReadSet")]
    ReadSetKey(#[source] KeyError),
    /// The update was made on another state of the configuration.
    #[error("error validating ReadSet")]
    ReadSet(#[source] ReadSetError),
    /// A name in the write set.
    #[error("error mapping WriteSet")]
    WriteSetKey(#[source] KeyError),
    /// The signatures cannot be read.
    #[error(transparent)]
    Signatures(#[from] SignatureError),
    /// A change that cannot be made, or not by these signers.
    #[error("error validating DeltaSet")]
    Delta(#[source] DeltaError),
    /// A tree that lacks what it lists.
    #[error("could not turn configMap back to channelGroup: {0}")]
    Composition(String),
}

/// Where an update and the configuration disagree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadSetError {
    /// Read, and not there.
    #[error("existing config does not contain element for {0} but was in the read set")]
    Missing(String),
    /// Changed since.
    #[error(
        "proposed update requires that key {key} be at version {read}, but it is currently at version {current}"
    )]
    Version {
        /// The element.
        key: String,
        /// Its version in the update.
        read: u64,
        /// Its version.
        current: u64,
    },
}

/// Why a change cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum DeltaError {
    /// Nothing changes.
    #[error("delta set was empty -- update would have no effect")]
    Empty,
    /// An element that could never be changed again.
    #[error("invalid mod_policy for element {key}")]
    ModPolicy {
        /// The element.
        key: String,
        /// What is wrong.
        source: ModPolicyError,
    },
    /// A new element begins with version 0.
    #[error("attempted to set key {key} to version {version}, but key does not exist")]
    New {
        /// The element.
        key: String,
        /// The version that it should get.
        version: u64,
    },
    /// Versions count up by one.
    #[error("attempt to set key {key} to version {version}, but key is at version {current}")]
    Version {
        /// The element.
        key: String,
        /// The version that it should get.
        version: u64,
        /// Its version.
        current: u64,
    },
    /// Nobody may change the element.
    #[error("unexpected missing policy {policy} for item {key}")]
    MissingPolicy {
        /// The policy that the element names.
        policy: String,
        /// The element.
        key: String,
    },
    /// Not these signers.
    #[error("policy for {key} not satisfied")]
    Unsatisfied {
        /// The element.
        key: String,
        /// What the policy says.
        source: PolicyRefusal,
    },
}

/// Why a text names no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModPolicyError {
    /// No text.
    #[error("mod_policy not set")]
    Unset,
    /// A part of the path.
    #[error("path element at {position} is invalid")]
    Path {
        /// The part, from 0.
        position: usize,
        /// What is wrong with it.
        source: IdError,
    },
}

/// The tree that the update makes of the configuration.
pub(super) fn resulting(
    channel: &ChannelConfig,
    envelope: &ConfigUpdateEnvelope,
) -> Result<ConfigGroup, AuthorizationError> {
    let update = ConfigUpdate::decode(envelope.config_update.clone()).map_err(Wire::from)?;
    if update.channel_id != channel.channel() {
        return Err(AuthorizationError::OtherChannel {
            update: update.channel_id,
            channel: channel.channel().to_owned(),
        });
    }
    let current = elements::of(channel.config().channel_group.as_ref());
    let current = current.map_err(AuthorizationError::ReadSetKey)?;
    let read = elements::of(update.read_set.as_ref()).map_err(AuthorizationError::ReadSetKey)?;
    check_read_set(&current, &read).map_err(AuthorizationError::ReadSet)?;
    let write = elements::of(update.write_set.as_ref()).map_err(AuthorizationError::WriteSetKey)?;
    let mut delta = write;
    delta.retain(|key, element| {
        let read = read.get(key);
        read.is_none_or(|read| read.item.version() != element.item.version())
    });
    let signers = signatures::signers(channel, envelope)?;
    check_delta(channel, &current, &delta, &signers).map_err(AuthorizationError::Delta)?;
    let mut proposed = current;
    proposed.extend(delta);
    composition::tree(&proposed, ROOT).map_err(AuthorizationError::Composition)
}

fn check_read_set(current: &Elements<'_>, read: &Elements<'_>) -> Result<(), ReadSetError> {
    for (key, element) in read {
        let Some(known) = current.get(key) else {
            return Err(ReadSetError::Missing(key.clone()));
        };
        let (read, current) = (element.item.version(), known.item.version());
        if read != current {
            let key = key.clone();
            return Err(ReadSetError::Version { key, read, current });
        }
    }
    Ok(())
}

fn check_delta(
    channel: &ChannelConfig,
    current: &Elements<'_>,
    delta: &Elements<'_>,
    signers: &signatures::Signers,
) -> Result<(), DeltaError> {
    if delta.is_empty() {
        return Err(DeltaError::Empty);
    }
    // Most changes of an update ask the same few policies.
    let mut satisfied = HashSet::new();
    for (key, element) in delta {
        let version = element.item.version();
        check_mod_policy(element.item.mod_policy()).map_err(|source| DeltaError::ModPolicy {
            key: key.clone(),
            source,
        })?;
        let Some(known) = current.get(key) else {
            match version {
                0 => continue,
                _ => {
                    let key = key.clone();
                    return Err(DeltaError::New { key, version });
                }
            }
        };
        let current = known.item.version();
        if version != current.wrapping_add(1) {
            return Err(DeltaError::Version {
                key: key.clone(),
                version,
                current,
            });
        }
        let asked = (elements::context(key, known), known.item.mod_policy());
        if satisfied.contains(&asked) {
            continue;
        }
        check_policy(channel, key, known, signers)?;
        satisfied.insert(asked);
    }
    Ok(())
}

fn check_policy(
    channel: &ChannelConfig,
    key: &str,
    element: &Element<'_>,
    signers: &signatures::Signers,
) -> Result<(), DeltaError> {
    let name = element.item.mod_policy();
    let root = channel.policies();
    let context = elements::context(key, element);
    let group = match name.starts_with('/') {
        true => Some(root),
        false => root.group(context.strip_prefix(ROOT).unwrap_or_default()),
    };
    let found = group.and_then(|group| group.find(name));
    let Some((group, policy)) = found else {
        return Err(DeltaError::MissingPolicy {
            policy: name.to_owned(),
            key: key.to_owned(),
        });
    };
    let verdict = group.verdict(policy, signers);
    verdict.map_err(|source| DeltaError::Unsatisfied {
        key: key.to_owned(),
        source,
    })
}

fn check_mod_policy(name: &str) -> Result<(), ModPolicyError> {
    if name.is_empty() {
        return Err(ModPolicyError::Unset);
    }
    let relative = name.strip_prefix('/').unwrap_or(name);
    for (position, part) in relative.split('/').enumerate() {
        elements::check_id(part).map_err(|source| ModPolicyError::Path { position, source })?;
    }
    Ok(())
}
