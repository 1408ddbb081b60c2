//! What organisations agree on about a chaincode, as arguments of `_lifecycle`.

use bytes::Bytes;
use fabric_ledger::policy;
use fabric_protos::lifecycle::{
    ApproveChaincodeDefinitionForMyOrgArgs, ChaincodeSource, CheckCommitReadinessArgs,
    CommitChaincodeDefinitionArgs,
    chaincode_source::{Local, Type},
};
use fabric_protos::peer::{ApplicationPolicy, application_policy};
use prost::Message as _;

/// The chaincode that is never run.
pub(crate) const NAME: &str = "flow";

/// What is agreed on.
#[derive(Clone)]
pub(crate) struct Definition {
    pub(crate) sequence: i64,
    pub(crate) version: &'static str,
    pub(crate) policy: &'static str,
    pub(crate) init_required: bool,
}

pub(crate) const FIRST: Definition = Definition {
    sequence: 1,
    version: "1",
    policy: "OR('Org1MSP.peer','Org2MSP.peer')",
    init_required: false,
};

impl Definition {
    fn parameter(&self) -> Bytes {
        let policy = policy::parse(self.policy).expect("a policy");
        let policy = ApplicationPolicy {
            r#type: Some(application_policy::Type::SignaturePolicy(policy)),
        };
        policy.encode_to_vec().into()
    }

    /// The argument of the function of `_lifecycle`.
    pub(crate) fn approval(&self, package: Option<&str>) -> Vec<u8> {
        let local = |id: &str| ChaincodeSource {
            r#type: Some(Type::LocalPackage(Local {
                package_id: id.to_owned(),
            })),
        };
        ApproveChaincodeDefinitionForMyOrgArgs {
            name: NAME.to_owned(),
            sequence: self.sequence,
            version: self.version.to_owned(),
            endorsement_plugin: "escc".to_owned(),
            validation_plugin: "vscc".to_owned(),
            validation_parameter: self.parameter(),
            init_required: self.init_required,
            source: package.map(local),
            ..Default::default()
        }
        .encode_to_vec()
    }

    /// The argument of the function of `_lifecycle`.
    pub(crate) fn readiness(&self) -> Vec<u8> {
        CheckCommitReadinessArgs {
            name: NAME.to_owned(),
            sequence: self.sequence,
            version: self.version.to_owned(),
            endorsement_plugin: "escc".to_owned(),
            validation_plugin: "vscc".to_owned(),
            validation_parameter: self.parameter(),
            init_required: self.init_required,
            ..Default::default()
        }
        .encode_to_vec()
    }

    /// The argument of the function of `_lifecycle`.
    pub(crate) fn commitment(&self) -> Vec<u8> {
        CommitChaincodeDefinitionArgs {
            name: NAME.to_owned(),
            sequence: self.sequence,
            version: self.version.to_owned(),
            endorsement_plugin: "escc".to_owned(),
            validation_plugin: "vscc".to_owned(),
            validation_parameter: self.parameter(),
            init_required: self.init_required,
            ..Default::default()
        }
        .encode_to_vec()
    }
}
