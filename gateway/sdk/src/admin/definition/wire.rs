//! Definitions on the wire: Fabric has one message for each call, all with the same fields.

use fabric_protos::lifecycle as wire;

use super::{ChaincodeDefinition, PackageId};
use crate::admin::collection::Collection;
use crate::admin::policy::EndorsementPolicy;

/// Sets the fields that the arguments of all calls have.
macro_rules! arguments {
    ($definition:expr, $kind:ident $(, $field:ident: $value:expr)?) => {
        wire::$kind {
            // What does not fit is more than any channel gets to, and is refused by the peers.
            sequence: i64::try_from($definition.sequence).unwrap_or(i64::MAX),
            name: $definition.name.clone(),
            version: $definition.version.clone(),
            endorsement_plugin: $definition.endorsement_plugin.clone(),
            validation_plugin: $definition.validation_plugin.clone(),
            validation_parameter: $definition.endorsement_policy.to_parameter(),
            collections: Collection::list_to_proto(&$definition.collections),
            init_required: $definition.init_required,
            $($field: $value,)?
        }
    };
}

/// Reads the fields that the answers of all calls have. Says which part is not well-formed.
macro_rules! definition {
    ($answer:expr, $name:expr) => {
        ChaincodeDefinition {
            sequence: u64::try_from($answer.sequence).map_err(|_| "a negative sequence")?,
            name: $name,
            version: $answer.version,
            endorsement_plugin: $answer.endorsement_plugin,
            validation_plugin: $answer.validation_plugin,
            endorsement_policy: EndorsementPolicy::from_parameter(&$answer.validation_parameter)
                .ok_or("an endorsement policy of an unknown kind")?,
            collections: Collection::list_from_proto($answer.collections)
                .ok_or("a collection of an unknown kind")?,
            init_required: $answer.init_required,
        }
    };
}

/// A definition, or the part of it that is not well-formed.
type Read<T> = Result<T, &'static str>;

impl ChaincodeDefinition {
    pub(in crate::admin) fn to_approval(
        &self,
        package_id: Option<&PackageId>,
    ) -> wire::ApproveChaincodeDefinitionForMyOrgArgs {
        arguments!(
            self,
            ApproveChaincodeDefinitionForMyOrgArgs,
            source: Some(source(package_id))
        )
    }

    pub(in crate::admin) fn to_readiness(&self) -> wire::CheckCommitReadinessArgs {
        arguments!(self, CheckCommitReadinessArgs)
    }

    pub(in crate::admin) fn to_commit(&self) -> wire::CommitChaincodeDefinitionArgs {
        arguments!(self, CommitChaincodeDefinitionArgs)
    }
}

pub(in crate::admin) fn approved(
    name: &str,
    answer: wire::QueryApprovedChaincodeDefinitionResult,
) -> Read<super::ApprovedDefinition> {
    Ok(super::ApprovedDefinition {
        package_id: package_of(answer.source),
        definition: definition!(answer, name.to_owned()),
    })
}

pub(in crate::admin) fn approved_one_of(
    answer: wire::query_approved_chaincode_definitions_result::ApprovedChaincodeDefinition,
) -> Read<super::ApprovedDefinition> {
    Ok(super::ApprovedDefinition {
        package_id: package_of(answer.source),
        definition: definition!(answer, answer.name),
    })
}

pub(in crate::admin) fn committed(
    name: &str,
    answer: wire::QueryChaincodeDefinitionResult,
) -> Read<super::CommittedDefinition> {
    Ok(super::CommittedDefinition {
        approvals: answer.approvals,
        definition: definition!(answer, name.to_owned()),
    })
}

pub(in crate::admin) fn committed_one_of(
    answer: wire::query_chaincode_definitions_result::ChaincodeDefinition,
) -> Read<super::CommittedDefinition> {
    Ok(super::CommittedDefinition {
        approvals: std::collections::BTreeMap::new(),
        definition: definition!(answer, answer.name),
    })
}

fn source(package_id: Option<&PackageId>) -> wire::ChaincodeSource {
    let source = match package_id {
        Some(id) => wire::chaincode_source::Type::LocalPackage(wire::chaincode_source::Local {
            package_id: id.to_string(),
        }),
        None => wire::chaincode_source::Type::Unavailable(wire::chaincode_source::Unavailable {}),
    };
    wire::ChaincodeSource {
        r#type: Some(source),
    }
}

fn package_of(source: Option<wire::ChaincodeSource>) -> Option<PackageId> {
    match source?.r#type? {
        wire::chaincode_source::Type::LocalPackage(local) => Some(local.package_id)
            .filter(|id| !id.is_empty())
            .map(PackageId::from),
        wire::chaincode_source::Type::Unavailable(_) => None,
    }
}
