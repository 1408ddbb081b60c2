//! A definition that organisations have approved comes into force.
//! (Fabric: core/chaincode/lifecycle/lifecycle.go, `CommitChaincodeDefinition`)

use std::collections::BTreeMap;

use super::check::{check_definition, current_sequence, with_defaults};
use super::error::{LifecycleError, Outcome};
use super::record::{NAMESPACES, Record};
use super::{ChaincodeDefinition, implicit_collection};
use crate::channel::ChannelConfig;
use crate::simulate::Simulator;
use crate::state::State;

/// Who has approved a definition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// By MSP id.
    pub approvals: BTreeMap<String, bool>,
    /// What those who have not have approved differently, by MSP id.
    pub mismatches: BTreeMap<String, Vec<String>>,
}

/// Who has approved what would be the next definition.
///
/// # Errors
/// Where it is not the next one.
pub fn check_commit_readiness<S: State>(
    simulator: &mut Simulator<'_, S>,
    channel: &ChannelConfig,
    name: &str,
    definition: ChaincodeDefinition,
) -> Outcome<Readiness, S> {
    readiness(simulator, channel, name, definition).map(|(_, readiness)| readiness)
}

/// Commits the next definition, at a peer of the organisation `msp_id`.
///
/// # Errors
/// Where it makes no sense, is not the next one, or that organisation has not approved it.
pub fn commit<S: State>(
    simulator: &mut Simulator<'_, S>,
    channel: &ChannelConfig,
    msp_id: &str,
    name: &str,
    definition: ChaincodeDefinition,
) -> Outcome<(), S> {
    check_definition(simulator, channel, name, &definition)?;
    let (definition, readiness) = readiness(simulator, channel, name, definition)?;
    definition.record().write(simulator, name)?;
    match readiness.approvals.get(msp_id) {
        Some(true) => Ok(()),
        _ => Err(LifecycleError::NotAgreed(msp_id.to_owned())),
    }
}

fn readiness<S: State>(
    simulator: &mut Simulator<'_, S>,
    channel: &ChannelConfig,
    name: &str,
    definition: ChaincodeDefinition,
) -> Outcome<(ChaincodeDefinition, Readiness), S> {
    let next = current_sequence(simulator, name)?.saturating_add(1);
    if definition.sequence != next {
        return Err(LifecycleError::SequenceNotNext {
            requested: definition.sequence,
            next,
        });
    }
    let definition = with_defaults(channel, definition)?;
    let readiness = approvals(simulator, channel, name, &definition)?;
    Ok((definition, readiness))
}

/// Who has approved exactly this definition.
pub(super) fn approvals<S: State>(
    simulator: &mut Simulator<'_, S>,
    channel: &ChannelConfig,
    name: &str,
    definition: &ChaincodeDefinition,
) -> Outcome<Readiness, S> {
    let private_name = format!("{name}#{}", definition.sequence);
    let parameters: Record = definition.parameters();
    let mut readiness = Readiness::default();
    for organization in channel.organizations() {
        let msp_id = &organization.msp_id;
        let collection = implicit_collection(msp_id);
        let mismatches =
            parameters.mismatches(simulator, &collection, NAMESPACES, &private_name)?;
        let agreed = mismatches.is_empty();
        readiness.approvals.insert(msp_id.clone(), agreed);
        if !agreed {
            readiness.mismatches.insert(msp_id.clone(), mismatches);
        }
    }
    Ok(readiness)
}
