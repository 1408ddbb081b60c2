//! What every definition must keep to: names, versions, collections, defaults.
//! (Fabric: core/chaincode/lifecycle/scc.go, `validateInput`)

use fabric_protos::lifecycle::StateData;
use fabric_protos::lifecycle::state_data::Type;
use fabric_protos::peer::application_policy;
use fabric_protos::peer::{ApplicationPolicy, CollectionConfigPackage};
use prost::Message;

use super::error::{LifecycleError, Outcome};
use super::{ChaincodeDefinition, NAMESPACE, collections, field_key, query};
use crate::channel::{ChannelConfig, ENDORSEMENT_POLICY};
use crate::lifecycle::{ENDORSEMENT_PLUGIN, VALIDATION_PLUGIN};
use crate::simulate::Simulator;
use crate::state::State;

/// Names that belong to peers.
const SYSTEM_NAMES: [&str; 5] = ["cscc", "escc", "lscc", "qscc", "vscc"];

/// The system chaincode of former versions, which a peer asks for names that it does not find.
const LEGACY_NAMESPACE: &str = "lscc";

/// Checks name, version and collections, these against those in force too.
pub(super) fn check_definition<S: State>(
    simulator: &mut Simulator<'_, S>,
    channel: &ChannelConfig,
    name: &str,
    definition: &ChaincodeDefinition,
) -> Outcome<(), S> {
    if !is_name(name) {
        return Err(LifecycleError::Name(name.to_owned()));
    }
    if SYSTEM_NAMES.contains(&name) {
        return Err(LifecycleError::SystemName(name.to_owned()));
    }
    let version = &definition.endorsement_info.version;
    if !is_version(version) {
        return Err(LifecycleError::Version(version.clone()));
    }
    let package = &definition.collections;
    collections::check(package, channel.msps()).map_err(LifecycleError::Collections)?;
    let committed = if let Some(committed) = query::committed(simulator, name)? {
        committed.collections
    } else {
        simulator.get(LEGACY_NAMESPACE, name)?;
        CollectionConfigPackage::default()
    };
    collections::check_against(package, &committed).map_err(LifecycleError::Collections)
}

/// Letters and digits in groups joined by single `-` or `_`.
fn is_name(name: &str) -> bool {
    name.split(['-', '_'])
        .all(|group| !group.is_empty() && group.chars().all(|c| c.is_ascii_alphanumeric()))
}

fn is_version(version: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_.+-".contains(c);
    !version.is_empty() && version.chars().all(allowed)
}

/// Sequence of the definition in force, recorded as read; 0 where there is none.
pub(super) fn current_sequence<S: State>(
    simulator: &mut Simulator<'_, S>,
    name: &str,
) -> Outcome<i64, S> {
    let Some(value) = simulator.get(NAMESPACE, &field_key(name, "Sequence"))? else {
        return Ok(0);
    };
    match StateData::decode(value).map(|data| data.r#type) {
        Ok(Some(Type::Int64(sequence))) => Ok(sequence),
        Ok(None) => Ok(0),
        _ => Err(LifecycleError::Malformed(name.to_owned())),
    }
}

/// The definition with the channel's defaults for what it leaves out.
pub(super) fn with_defaults<E: std::error::Error>(
    channel: &ChannelConfig,
    mut definition: ChaincodeDefinition,
) -> Result<ChaincodeDefinition, LifecycleError<E>> {
    let plugin = &mut definition.endorsement_info.endorsement_plugin;
    if plugin.is_empty() {
        ENDORSEMENT_PLUGIN.clone_into(plugin);
    }
    let validation = &mut definition.validation_info;
    if validation.validation_plugin.is_empty() {
        VALIDATION_PLUGIN.clone_into(&mut validation.validation_plugin);
    }
    if validation.validation_parameter.is_empty() {
        if !channel.has_policy(ENDORSEMENT_POLICY) {
            return Err(LifecycleError::NoDefaultPolicy {
                channel: channel.channel().to_owned(),
                policy: ENDORSEMENT_POLICY,
            });
        }
        let reference = ENDORSEMENT_POLICY.to_owned();
        let policy = ApplicationPolicy {
            r#type: Some(application_policy::Type::ChannelConfigPolicyReference(
                reference,
            )),
        };
        validation.validation_parameter = policy.encode_to_vec().into();
    }
    Ok(definition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_follow_fabrics_patterns() {
        let check = |is: fn(&str) -> bool, good: &[&str], bad: &[&str]| {
            for text in good {
                assert!(is(text), "{text}");
            }
            for text in bad {
                assert!(!is(text), "{text}");
            }
        };
        check(
            is_name,
            &["a", "a-b_c9"],
            &["", "-a", "a-", "a--b", "a.b", "ä"],
        );
        check(
            is_version,
            &["1", "_", "1.0-rc+7"],
            &["", "1 0", "1/0", "ü"],
        );
    }
}
