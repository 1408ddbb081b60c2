//! What a peer tells about definitions: those in force, and those that its organisation approved.
//! (Fabric: core/chaincode/lifecycle/lifecycle.go)

use std::collections::BTreeMap;

use bytes::Bytes;
use fabric_protos::lifecycle::state_data::Type;
use fabric_protos::lifecycle::{StateData, StateMetadata};
use prost::Message;

use super::check::current_sequence;
use super::commit::approvals;
use super::error::{LifecycleError, Outcome};
use super::record::{NAMESPACES, SOURCES, field_key, metadata_key};
use super::{Approval, ChaincodeDefinition, DATATYPE, NAMESPACE, implicit_collection, typed};
use crate::channel::ChannelConfig;
use crate::simulate::Simulator;
use crate::state::State;

/// The definition in force, every key of it recorded as read; `None` where there is none.
///
/// # Errors
/// Where state holds what no peer writes.
pub(super) fn committed<S: State>(
    simulator: &mut Simulator<'_, S>,
    name: &str,
) -> Outcome<Option<ChaincodeDefinition>, S> {
    let Some(metadata) = simulator.get(NAMESPACE, &metadata_key(NAMESPACES, name))? else {
        return Ok(None);
    };
    let malformed = || LifecycleError::Malformed(name.to_owned());
    match StateMetadata::decode(metadata) {
        Ok(metadata) if metadata.datatype == DATATYPE => {}
        _ => return Err(malformed()),
    }
    let mut field = |field: &str| -> Outcome<Option<Type>, S> {
        let value = simulator.get(NAMESPACE, &field_key(NAMESPACES, name, field))?;
        Ok(decode_field(value))
    };
    let (sequence, endorsement) = (field("Sequence")?, field("EndorsementInfo")?);
    let (validation, collections) = (field("ValidationInfo")?, field("Collections")?);
    typed(sequence, endorsement, validation, collections)
        .map(Some)
        .ok_or_else(malformed)
}

/// The definition in force, and which organisations have approved it.
///
/// # Errors
/// Where there is none.
pub fn query_definition<S: State>(
    simulator: &mut Simulator<'_, S>,
    channel: &ChannelConfig,
    name: &str,
) -> Outcome<(ChaincodeDefinition, BTreeMap<String, bool>), S> {
    let definition =
        committed(simulator, name)?.ok_or_else(|| LifecycleError::NotDefined(name.to_owned()))?;
    let readiness = approvals(simulator, channel, name, &definition)?;
    Ok((definition, readiness.approvals))
}

/// All definitions in force, by name.
///
/// # Errors
/// Where state holds what no peer writes.
pub fn query_definitions<S: State>(
    simulator: &mut Simulator<'_, S>,
) -> Outcome<BTreeMap<String, ChaincodeDefinition>, S> {
    let prefix = metadata_key(NAMESPACES, "");
    let range = simulator.open_range(NAMESPACE, &prefix, &format!("{prefix}\u{7f}"));
    let mut names = Vec::new();
    while let Some(entry) = simulator.next_in_range(range)? {
        if let Some(name) = entry.key.strip_prefix(&prefix) {
            names.push(name.to_owned());
        }
    }
    let mut definitions = BTreeMap::new();
    for name in names {
        if let Some(definition) = committed(simulator, &name)? {
            definitions.insert(name, definition);
        }
    }
    Ok(definitions)
}

/// What the organisation `msp_id` has approved: at `sequence`, or with 0 for the next sequence or
/// else for the one in force.
///
/// # Errors
/// Where it has approved no such definition, or its plaintext is not here.
pub fn query_approved<S: State>(
    simulator: &mut Simulator<'_, S>,
    channel: &ChannelConfig,
    msp_id: &str,
    name: &str,
    sequence: i64,
) -> Outcome<Approval, S> {
    let collection = implicit_collection(msp_id);
    let mut requested = sequence;
    if requested == 0 {
        requested = current_sequence(simulator, name)?;
        let next = requested.saturating_add(1);
        let key = metadata_key(NAMESPACES, &format!("{name}#{next}"));
        if simulator
            .get_private(NAMESPACE, &collection, &key)?
            .is_some()
        {
            requested = next;
        }
    }
    let found = approval(simulator, &collection, name, requested)?;
    found.ok_or_else(|| LifecycleError::NotApproved {
        name: name.to_owned(),
        sequence: requested,
        channel: channel.channel().to_owned(),
    })
}

/// Everything that the organisation `msp_id` has approved, by name and sequence.
///
/// # Errors
/// Where the collection holds what no peer writes, or after a write.
pub fn query_all_approved<S: State>(
    simulator: &mut Simulator<'_, S>,
    msp_id: &str,
) -> Outcome<Vec<Approval>, S> {
    let collection = implicit_collection(msp_id);
    let prefix = metadata_key(NAMESPACES, "");
    let end = format!("{prefix}\u{7f}");
    let range = simulator.open_private_range(NAMESPACE, &collection, &prefix, &end, usize::MAX)?;
    let mut names = Vec::new();
    while let Some(entry) = simulator.next_in_range(range)? {
        let private_name = entry.key.strip_prefix(&prefix).unwrap_or_default();
        let parts = private_name.rsplit_once('#');
        let parts = parts.and_then(|(name, number)| Some((name.to_owned(), number.parse().ok()?)));
        names.push(parts.ok_or_else(|| LifecycleError::Malformed(private_name.to_owned()))?);
    }
    let mut approvals = Vec::new();
    for (name, sequence) in names {
        approvals.extend(approval(simulator, &collection, &name, sequence)?);
    }
    Ok(approvals)
}

/// Reads one approval's plaintext.
pub(super) fn approval<S: State>(
    simulator: &mut Simulator<'_, S>,
    collection: &str,
    name: &str,
    sequence: i64,
) -> Outcome<Option<Approval>, S> {
    let private_name = format!("{name}#{sequence}");
    let mut read = |key: String| simulator.get_private(NAMESPACE, collection, &key);
    if read(metadata_key(NAMESPACES, &private_name))?.is_none() {
        return Ok(None);
    }
    let mut field = |space: &str, field: &str| -> Outcome<Option<Type>, S> {
        Ok(decode_field(read(field_key(space, &private_name, field))?))
    };
    let endorsement = field(NAMESPACES, "EndorsementInfo")?;
    let validation = field(NAMESPACES, "ValidationInfo")?;
    let collections = field(NAMESPACES, "Collections")?;
    let package_id = match field(SOURCES, "PackageID")? {
        Some(Type::String(id)) if !id.is_empty() => Some(id),
        _ => None,
    };
    let definition = typed(
        Some(Type::Int64(sequence)),
        endorsement,
        validation,
        collections,
    )
    .ok_or_else(|| LifecycleError::Malformed(private_name.clone()))?;
    Ok(Some(Approval {
        name: name.to_owned(),
        definition,
        package_id,
    }))
}

/// A field's content; an absent field reads as its type's default, as an empty message does.
fn decode_field(value: Option<Bytes>) -> Option<Type> {
    match value {
        None => Some(Type::Bytes(Bytes::new())),
        Some(value) => StateData::decode(value).ok()?.r#type,
    }
}
