//! Policies of the configuration as signature policies, which say whose signatures satisfy them.
//! (Fabric: common/policies/convert.go)

use fabric_protos::common::signature_policy::{NOutOf, Type};
use fabric_protos::common::{MspPrincipal, SignaturePolicy, SignaturePolicyEnvelope};

use super::group::{GroupPolicy, PolicyGroup, threshold};

/// The same policy by signatures. `None` where a group has no policy of the name that an
/// ImplicitMeta policy asks for, or a rule is malformed.
// As deep as the configuration, which the protobuf decoder bounds at 100.
pub(super) fn signature_policy(
    group: &PolicyGroup,
    policy: &GroupPolicy,
) -> Option<SignaturePolicyEnvelope> {
    let (rule, sub_policy) = match policy {
        GroupPolicy::Signature(policy) => return Some(policy.clone()),
        GroupPolicy::ImplicitMeta { rule, sub_policy } => (*rule, sub_policy),
    };
    let mut identities = Vec::new();
    let mut rules = Vec::new();
    for group in group.groups.values() {
        let below = signature_policy(group, group.policies.get(sub_policy)?)?;
        let places: Vec<_> = below
            .identities
            .into_iter()
            .map(|identity| place(&mut identities, identity))
            .collect();
        rules.push(moved(&below.rule?, &places)?);
    }
    Some(SignaturePolicyEnvelope {
        version: 0,
        rule: Some(SignaturePolicy {
            r#type: Some(Type::NOutOf(NOutOf {
                n: i32::try_from(threshold(rule, rules.len())).ok()?,
                rules,
            })),
        }),
        identities,
    })
}

/// Where a principal stands in the list, to which it is added when it is new.
fn place(identities: &mut Vec<MspPrincipal>, identity: MspPrincipal) -> usize {
    let known = identities.iter().position(|known| *known == identity);
    known.unwrap_or_else(|| {
        identities.push(identity);
        identities.len() - 1
    })
}

/// A rule whose principals have moved.
// As deep as the policy, which the protobuf decoder bounds at 100.
fn moved(rule: &SignaturePolicy, places: &[usize]) -> Option<SignaturePolicy> {
    let r#type = match rule.r#type.as_ref()? {
        Type::SignedBy(index) => {
            let place = places.get(usize::try_from(*index).ok()?)?;
            Type::SignedBy(i32::try_from(*place).ok()?)
        }
        Type::NOutOf(NOutOf { n, rules }) => {
            let rules = rules.iter().map(|rule| moved(rule, places));
            Type::NOutOf(NOutOf {
                n: *n,
                rules: rules.collect::<Option<_>>()?,
            })
        }
    };
    Some(SignaturePolicy {
        r#type: Some(r#type),
    })
}
