//! Whether the policies of a configuration can be evaluated. (Fabric: common/policies/policy.go)

use fabric_protos::common::policy::PolicyType;
use fabric_protos::common::{ConfigGroup, ImplicitMetaPolicy, Policy, SignaturePolicyEnvelope};
use prost::Message;

use super::error::PolicyDefinitionError;
use crate::policy::{self, PolicyError};

/// Looks at every policy of a group, and of those below it.
// As deep as the configuration, which the protobuf decoder bounds at 100.
pub(super) fn check(path: &str, group: &ConfigGroup) -> Result<(), PolicyDefinitionError> {
    for (name, group) in &group.groups {
        check(&format!("{path}/{name}"), group)?;
    }
    for (name, policy) in &group.policies {
        let Some(policy) = &policy.policy else {
            return Err(PolicyDefinitionError::Missing {
                name: name.clone(),
                path: path.to_owned(),
            });
        };
        check_policy(name, path, policy)?;
    }
    Ok(())
}

fn check_policy(name: &str, path: &str, policy: &Policy) -> Result<(), PolicyDefinitionError> {
    let (name, path) = (name.to_owned(), path.to_owned());
    match PolicyType::try_from(policy.r#type) {
        Ok(PolicyType::ImplicitMeta) => ImplicitMetaPolicy::decode(policy.value.clone())
            .map(drop)
            .map_err(|source| PolicyDefinitionError::ImplicitMeta {
                name,
                path,
                source: source.into(),
            }),
        Ok(PolicyType::Signature) => check_signature_policy(policy)
            .map_err(|reason| PolicyDefinitionError::Signature { name, path, reason }),
        _ => Err(PolicyDefinitionError::UnknownType {
            name,
            path,
            policy_type: policy.r#type,
        }),
    }
}

fn check_signature_policy(policy: &Policy) -> Result<(), String> {
    let policy = SignaturePolicyEnvelope::decode(policy.value.clone()).map_err(
        |_| "Error unmarshalling to SignaturePolicy: proto: cannot parse invalid wire-format data",
    )?;
    if policy.version != 0 {
        let version = policy.version;
        return Err(format!(
            "This evaluator only understands messages of version 0, but version was {version}"
        ));
    }
    policy::check(&policy).map_err(|error| match error {
        PolicyError::EmptyRule if policy.rule.is_none() => "Empty policy element".to_owned(),
        PolicyError::EmptyRule => "Unknown type: <nil>:<nil>".to_owned(),
        PolicyError::UnknownPrincipal { index, length } => format!(
            "identity index out of range, requested {index}, but identities length is {length}"
        ),
    })
}
