//! Policies of the configuration: signatures of an organisation's roles, and ImplicitMeta rules.

use fabric_protos::common::{
    ConfigPolicy, ImplicitMetaPolicy, MspPrincipal, MspRole, Policy, SignaturePolicy,
    SignaturePolicyEnvelope, implicit_meta_policy::Rule, msp_principal::Classification,
    msp_role::MspRoleType, policy::PolicyType, signature_policy,
};
use prost::Message as _;

/// Whose signatures it takes to change anything of the network's configuration.
pub(super) const ADMINS: &str = "Admins";

/// One signature of any of these roles of the organisation.
pub(super) fn any_of(msp_id: &str, roles: &[MspRoleType]) -> ConfigPolicy {
    let rules = (0i32..).take(roles.len()).map(|index| SignaturePolicy {
        r#type: Some(signature_policy::Type::SignedBy(index)),
    });
    let envelope = SignaturePolicyEnvelope {
        version: 0,
        rule: Some(SignaturePolicy {
            r#type: Some(signature_policy::Type::NOutOf(signature_policy::NOutOf {
                n: 1,
                rules: rules.collect(),
            })),
        }),
        identities: roles.iter().map(|role| principal(msp_id, *role)).collect(),
    };
    policy(PolicyType::Signature, envelope.encode_to_vec())
}

/// A rule over the policies of this name one level down.
pub(super) fn implicit(sub_policy: &str, rule: Rule) -> ConfigPolicy {
    let meta = ImplicitMetaPolicy {
        sub_policy: sub_policy.to_owned(),
        rule: rule.into(),
    };
    policy(PolicyType::ImplicitMeta, meta.encode_to_vec())
}

fn principal(msp_id: &str, role: MspRoleType) -> MspPrincipal {
    let role = MspRole {
        msp_identifier: msp_id.to_owned(),
        role: role.into(),
    };
    MspPrincipal {
        principal_classification: Classification::Role.into(),
        principal: role.encode_to_vec().into(),
    }
}

fn policy(r#type: PolicyType, value: Vec<u8>) -> ConfigPolicy {
    ConfigPolicy {
        version: 0,
        policy: Some(Policy {
            r#type: r#type.into(),
            value: value.into(),
        }),
        mod_policy: ADMINS.to_owned(),
    }
}
