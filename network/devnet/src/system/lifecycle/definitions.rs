//! Definitions: approving, committing and telling them, for one peer's organisation.

use bytes::Bytes;
use fabric_ledger::{
    lifecycle::{self, Approval, ChaincodeDefinition, LifecycleError},
    simulate::Simulator,
};
use fabric_protos::{
    lifecycle::{
        ApproveChaincodeDefinitionForMyOrgArgs, ApproveChaincodeDefinitionForMyOrgResult,
        ChaincodeEndorsementInfo, ChaincodeSource, ChaincodeValidationInfo,
        CheckCommitReadinessArgs, CheckCommitReadinessResult, CommitChaincodeDefinitionArgs,
        CommitChaincodeDefinitionResult, QueryApprovedChaincodeDefinitionArgs,
        QueryApprovedChaincodeDefinitionResult, QueryApprovedChaincodeDefinitionsResult,
        QueryChaincodeDefinitionArgs, QueryChaincodeDefinitionResult,
        QueryChaincodeDefinitionsResult,
        chaincode_source::{Local, Type, Unavailable},
        check_commit_readiness_result::Mismatches,
        query_approved_chaincode_definitions_result::ApprovedChaincodeDefinition,
        query_chaincode_definitions_result,
    },
    peer::CollectionConfigPackage,
};

use super::{Failure, result};
use crate::{Compat, channel::Channel, storage::View};

/// A transaction about definitions of a channel, at a peer of the organisation `msp_id`.
pub(super) struct On<'t, 'v> {
    pub(super) msp_id: &'t str,
    pub(super) compat: Compat,
    pub(super) channel: &'t Channel,
    pub(super) simulator: &'t mut Simulator<'v, View>,
}

impl On<'_, '_> {
    pub(super) fn approve(
        &mut self,
        arguments: ApproveChaincodeDefinitionForMyOrgArgs,
    ) -> Result<Bytes, Failure> {
        let package_id = match arguments.source.and_then(|source| source.r#type) {
            Some(Type::LocalPackage(local)) => Some(local.package_id),
            Some(Type::Unavailable(_)) | None => None,
        };
        let approval = Approval {
            name: arguments.name,
            definition: definition(
                arguments.sequence,
                ChaincodeEndorsementInfo {
                    version: arguments.version,
                    init_required: arguments.init_required,
                    endorsement_plugin: arguments.endorsement_plugin,
                },
                ChaincodeValidationInfo {
                    validation_plugin: arguments.validation_plugin,
                    validation_parameter: arguments.validation_parameter,
                },
                arguments.collections,
            ),
            package_id,
        };
        let config = &*self.channel.config();
        let repeated = self.compat.repeated_approval();
        lifecycle::approve(self.simulator, config, self.msp_id, approval, repeated)?;
        Ok(result(&ApproveChaincodeDefinitionForMyOrgResult {}))
    }

    pub(super) fn query_approved(
        &mut self,
        arguments: &QueryApprovedChaincodeDefinitionArgs,
    ) -> Result<Bytes, Failure> {
        let config = &*self.channel.config();
        let (name, sequence) = (&arguments.name, arguments.sequence);
        let approval =
            lifecycle::query_approved(self.simulator, config, self.msp_id, name, sequence)
                .map_err(|error| self.as_asked(error, sequence))?;
        let source = source(approval.package_id);
        let found = approval.definition;
        Ok(result(&QueryApprovedChaincodeDefinitionResult {
            sequence: found.sequence,
            version: found.endorsement_info.version,
            endorsement_plugin: found.endorsement_info.endorsement_plugin,
            validation_plugin: found.validation_info.validation_plugin,
            validation_parameter: found.validation_info.validation_parameter,
            collections: Some(found.collections),
            init_required: found.endorsement_info.init_required,
            source: Some(source),
        }))
    }

    /// Peers of 2.5 name the sequence that they were asked for, which may be 0.
    fn as_asked<E: std::error::Error>(
        &self,
        error: LifecycleError<E>,
        asked: i64,
    ) -> LifecycleError<E> {
        match error {
            LifecycleError::NotApproved { name, channel, .. }
                if !self.compat.tells_all_of_approvals() =>
            {
                LifecycleError::NotApproved {
                    name,
                    sequence: asked,
                    channel,
                }
            }
            other => other,
        }
    }

    pub(super) fn query_all_approved(&mut self) -> Result<Bytes, Failure> {
        let mut approved_chaincode_definitions = Vec::new();
        for approval in lifecycle::query_all_approved(self.simulator, self.msp_id)? {
            let found = approval.definition;
            approved_chaincode_definitions.push(ApprovedChaincodeDefinition {
                name: approval.name,
                sequence: found.sequence,
                version: found.endorsement_info.version,
                endorsement_plugin: found.endorsement_info.endorsement_plugin,
                validation_plugin: found.validation_info.validation_plugin,
                validation_parameter: found.validation_info.validation_parameter,
                collections: Some(found.collections),
                init_required: found.endorsement_info.init_required,
                source: Some(source(approval.package_id)),
            });
        }
        Ok(result(&QueryApprovedChaincodeDefinitionsResult {
            approved_chaincode_definitions,
        }))
    }

    pub(super) fn check_commit_readiness(
        &mut self,
        arguments: CheckCommitReadinessArgs,
    ) -> Result<Bytes, Failure> {
        let definition = definition(
            arguments.sequence,
            ChaincodeEndorsementInfo {
                version: arguments.version,
                init_required: arguments.init_required,
                endorsement_plugin: arguments.endorsement_plugin,
            },
            ChaincodeValidationInfo {
                validation_plugin: arguments.validation_plugin,
                validation_parameter: arguments.validation_parameter,
            },
            arguments.collections,
        );
        let config = &*self.channel.config();
        let name = &arguments.name;
        let ready = lifecycle::check_commit_readiness(self.simulator, config, name, definition)?;
        Ok(result(&CheckCommitReadinessResult {
            approvals: ready.approvals,
            mismatches: ready
                .mismatches
                .into_iter()
                .filter(|_| self.compat.tells_all_of_approvals())
                .map(|(msp_id, items)| (msp_id, Mismatches { items }))
                .collect(),
        }))
    }

    pub(super) fn commit(
        &mut self,
        arguments: CommitChaincodeDefinitionArgs,
    ) -> Result<Bytes, Failure> {
        let definition = definition(
            arguments.sequence,
            ChaincodeEndorsementInfo {
                version: arguments.version,
                init_required: arguments.init_required,
                endorsement_plugin: arguments.endorsement_plugin,
            },
            ChaincodeValidationInfo {
                validation_plugin: arguments.validation_plugin,
                validation_parameter: arguments.validation_parameter,
            },
            arguments.collections,
        );
        let config = &*self.channel.config();
        let name = &arguments.name;
        lifecycle::commit(self.simulator, config, self.msp_id, name, definition)?;
        Ok(result(&CommitChaincodeDefinitionResult {}))
    }

    pub(super) fn query(
        &mut self,
        arguments: &QueryChaincodeDefinitionArgs,
    ) -> Result<Bytes, Failure> {
        let config = &*self.channel.config();
        let (found, approvals) =
            lifecycle::query_definition(self.simulator, config, &arguments.name)?;
        Ok(result(&QueryChaincodeDefinitionResult {
            sequence: found.sequence,
            version: found.endorsement_info.version,
            endorsement_plugin: found.endorsement_info.endorsement_plugin,
            validation_plugin: found.validation_info.validation_plugin,
            validation_parameter: found.validation_info.validation_parameter,
            collections: Some(found.collections),
            init_required: found.endorsement_info.init_required,
            approvals,
        }))
    }

    pub(super) fn query_all(&mut self) -> Result<Bytes, Failure> {
        let definitions = lifecycle::query_definitions(self.simulator)?;
        let definitions = definitions.into_iter().map(|(name, found)| {
            query_chaincode_definitions_result::ChaincodeDefinition {
                name,
                sequence: found.sequence,
                version: found.endorsement_info.version,
                endorsement_plugin: found.endorsement_info.endorsement_plugin,
                validation_plugin: found.validation_info.validation_plugin,
                validation_parameter: found.validation_info.validation_parameter,
                collections: Some(found.collections),
                init_required: found.endorsement_info.init_required,
            }
        });
        Ok(result(&QueryChaincodeDefinitionsResult {
            chaincode_definitions: definitions.collect(),
        }))
    }
}

fn definition(
    sequence: i64,
    endorsement_info: ChaincodeEndorsementInfo,
    validation_info: ChaincodeValidationInfo,
    collections: Option<CollectionConfigPackage>,
) -> ChaincodeDefinition {
    ChaincodeDefinition {
        sequence,
        endorsement_info,
        validation_info,
        collections: collections.unwrap_or_default(),
    }
}

fn source(package_id: Option<String>) -> ChaincodeSource {
    let r#type = match package_id {
        Some(package_id) => Type::LocalPackage(Local { package_id }),
        None => Type::Unavailable(Unavailable {}),
    };
    ChaincodeSource {
        r#type: Some(r#type),
    }
}
