//! An organisation approves a definition: parameters and package go to its own collection.
//! (Fabric: core/chaincode/lifecycle/lifecycle.go, `ApproveChaincodeDefinitionForOrg`)

use fabric_protos::lifecycle::state_data::Type;

use super::check::{check_definition, current_sequence, with_defaults};
use super::error::{LifecycleError, Outcome};
use super::record::{NAMESPACES, Record, SOURCES, field};
use super::{ChaincodeDefinition, implicit_collection, query};
use crate::channel::ChannelConfig;
use crate::simulate::Simulator;
use crate::state::State;

/// An organisation's say.
#[derive(Clone, Debug, PartialEq)]
pub struct Approval {
    /// Name of the chaincode.
    pub name: String,
    /// What is approved.
    pub definition: ChaincodeDefinition,
    /// The package that the organisation's peers run; without one they do not.
    pub package_id: Option<String>,
}

/// What comes of an approval of the definition in force that the organisation has given already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeated {
    /// It is refused, as by peers of Fabric 3.
    Refused,
    /// It is recorded once more, as by peers of Fabric 2.5.
    Recorded,
}

/// Approves a definition for the organisation `msp_id`: the one in force or the next.
///
/// # Errors
/// Where the definition makes no sense, is neither of the two, differs from the one in force, or
/// is approved already with the same package.
pub fn approve<S: State>(
    simulator: &mut Simulator<'_, S>,
    channel: &ChannelConfig,
    msp_id: &str,
    approval: Approval,
    repeated: Repeated,
) -> Outcome<(), S> {
    let Approval {
        name,
        definition,
        package_id,
    } = approval;
    check_definition(simulator, channel, &name, &definition)?;
    let current = current_sequence(simulator, &name)?;
    let requested = definition.sequence;
    let next = current.saturating_add(1);
    check_sequence(requested, current)?;
    let definition = with_defaults(channel, definition)?;
    if requested == current {
        let committed = query::committed(simulator, &name)?
            .ok_or_else(|| LifecycleError::Malformed(name.clone()))?;
        if let Some(difference) = difference(&committed, &definition) {
            return Err(LifecycleError::DiffersFromCommitted {
                sequence: current,
                name,
                difference,
            });
        }
    }
    let collection = implicit_collection(msp_id);
    let private_name = format!("{name}#{requested}");
    let parameters = definition.parameters();
    let package = package(package_id.as_deref().unwrap_or_default());
    let is_checked = requested == next || repeated == Repeated::Refused;
    if is_checked && is_approved(simulator, &collection, &private_name, &parameters, &package)? {
        let sequence = requested;
        return Err(if requested == next {
            LifecycleError::ApprovedUncommitted { sequence, name }
        } else {
            LifecycleError::ApprovedCommitted { sequence, name }
        });
    }
    parameters.write_private(simulator, &collection, NAMESPACES, &private_name)?;
    package.write_private(simulator, &collection, SOURCES, &private_name)
}

fn check_sequence<E: std::error::Error>(
    requested: i64,
    current: i64,
) -> Result<(), LifecycleError<E>> {
    let next = current.saturating_add(1);
    if requested == 0 && current == 0 {
        return Err(LifecycleError::SequenceZero);
    }
    if requested < current {
        return Err(LifecycleError::SequencePassed { current, requested });
    }
    if requested > next {
        return Err(LifecycleError::SequenceAhead { requested, next });
    }
    Ok(())
}

/// What says which package runs a chaincode.
pub(super) fn package(id: &str) -> Record {
    Record {
        datatype: "ChaincodeLocalPackage",
        fields: vec![("PackageID", field(Type::String(id.to_owned())))],
    }
}

/// Whether the organisation has approved exactly this. Each part is read only where those before it
/// are the same, as on a real peer.
fn is_approved<S: State>(
    simulator: &mut Simulator<'_, S>,
    collection: &str,
    name: &str,
    parameters: &Record,
    package: &Record,
) -> Outcome<bool, S> {
    if !parameters.has_type(simulator, collection, NAMESPACES, name)? {
        return Ok(false);
    }
    let same = parameters.mismatches(simulator, collection, NAMESPACES, name)?;
    if !same.is_empty() {
        return Ok(false);
    }
    let package = package.mismatches(simulator, collection, SOURCES, name)?;
    Ok(package.is_empty())
}

/// The first difference of two definitions of one sequence.
fn difference(committed: &ChaincodeDefinition, passed: &ChaincodeDefinition) -> Option<String> {
    let (ours, theirs) = (&committed.endorsement_info, &passed.endorsement_info);
    let (validation, other) = (&committed.validation_info, &passed.validation_info);
    let init = (ours.init_required, theirs.init_required);
    let parameters = (
        hex::encode(&validation.validation_parameter),
        hex::encode(&other.validation_parameter),
    );
    let texts = [
        ("Version", ours.version.clone(), theirs.version.clone()),
        (
            "EndorsementPlugin",
            ours.endorsement_plugin.clone(),
            theirs.endorsement_plugin.clone(),
        ),
        ("InitRequired", init.0.to_string(), init.1.to_string()),
        (
            "ValidationPlugin",
            validation.validation_plugin.clone(),
            other.validation_plugin.clone(),
        ),
        ("ValidationParameter", parameters.0, parameters.1),
    ];
    for (field, expected, passed) in texts {
        if expected != passed {
            return Some(format!(
                "expected {field} '{expected}' does not match passed {field} '{passed}'"
            ));
        }
    }
    (committed.collections != passed.collections).then(|| "Collections do not match".to_owned())
}
