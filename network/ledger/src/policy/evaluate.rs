//! Evaluation of signature policies. (Fabric: common/cauthdsl/cauthdsl.go)

use std::sync::Arc;

use fabric_msp::Identity;
use fabric_protos::common::signature_policy::Type;
use fabric_protos::common::{MspPrincipal, SignaturePolicy, SignaturePolicyEnvelope};

/// Whoever signed; real identities, or stand-ins in tests.
pub trait Signer {
    /// Whether the signer is what the principal asks for. A principal that makes no sense asks for
    /// something that nobody is.
    fn is(&self, principal: &MspPrincipal) -> bool;
}

impl Signer for Identity {
    fn is(&self, principal: &MspPrincipal) -> bool {
        self.satisfies(principal).unwrap_or(false)
    }
}

impl<T: Signer + ?Sized> Signer for &T {
    fn is(&self, principal: &MspPrincipal) -> bool {
        (**self).is(principal)
    }
}

impl<T: Signer + ?Sized> Signer for Arc<T> {
    fn is(&self, principal: &MspPrincipal) -> bool {
        (**self).is(principal)
    }
}

/// Why a policy cannot be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// No rule, or a rule without type.
    #[error("the policy has an empty rule")]
    EmptyRule,
    /// The rule names a principal that is not in the policy's list.
    #[error("the policy names principal {index}, its list has {length}")]
    UnknownPrincipal {
        /// Place in the list.
        index: i32,
        /// Length of the list.
        length: usize,
    },
}

/// Whether the signers, each of whom counts once, satisfy the policy. `signers` are distinct
/// identities whose signatures were found good.
///
/// A principal takes the first signer, in their order, that fits and is not taken yet; nothing is
/// tried again. So the order of signers can matter, as it does in Fabric.
///
/// # Errors
/// Where the policy is malformed, in any part of it.
pub fn evaluate<S: Signer>(
    policy: &SignaturePolicyEnvelope,
    signers: &[S],
) -> Result<bool, PolicyError> {
    check(policy)?;
    let Some(rule) = &policy.rule else {
        return Err(PolicyError::EmptyRule);
    };
    let mut taken = vec![false; signers.len()];
    Ok(satisfied(rule, &policy.identities, signers, &mut taken))
}

/// Whether the policy is well formed.
///
/// # Errors
/// What is wrong with it.
pub fn check(policy: &SignaturePolicyEnvelope) -> Result<(), PolicyError> {
    let rule = policy.rule.as_ref().ok_or(PolicyError::EmptyRule)?;
    check_rule(rule, policy.identities.len())
}

// Both recursions are as deep as the policy, which the protobuf decoder bounds at 100.

fn check_rule(rule: &SignaturePolicy, principals: usize) -> Result<(), PolicyError> {
    match rule.r#type.as_ref().ok_or(PolicyError::EmptyRule)? {
        Type::SignedBy(index) => {
            let known = usize::try_from(*index).is_ok_and(|index| index < principals);
            known.then_some(()).ok_or(PolicyError::UnknownPrincipal {
                index: *index,
                length: principals,
            })
        }
        Type::NOutOf(gate) => gate
            .rules
            .iter()
            .try_for_each(|rule| check_rule(rule, principals)),
    }
}

fn satisfied<S: Signer>(
    rule: &SignaturePolicy,
    principals: &[MspPrincipal],
    signers: &[S],
    taken: &mut Vec<bool>,
) -> bool {
    match &rule.r#type {
        None => false,
        Some(Type::SignedBy(index)) => {
            let principal = usize::try_from(*index)
                .ok()
                .and_then(|index| principals.get(index));
            principal.is_some_and(|principal| take_signer(principal, signers, taken))
        }
        Some(Type::NOutOf(gate)) => {
            let mut count = 0;
            for rule in &gate.rules {
                // A rule that fails must not keep the signers that its parts took.
                let mut trial = taken.clone();
                if satisfied(rule, principals, signers, &mut trial) {
                    count += 1;
                    *taken = trial;
                }
            }
            count >= gate.n
        }
    }
}

fn take_signer<S: Signer>(principal: &MspPrincipal, signers: &[S], taken: &mut [bool]) -> bool {
    for (signer, taken) in signers.iter().zip(taken) {
        if !*taken && signer.is(principal) {
            *taken = true;
            return true;
        }
    }
    false
}
