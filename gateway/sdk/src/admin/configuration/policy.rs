//! Policies of a configuration's groups.

use std::collections::BTreeMap;
use std::fmt;

use fabric_protos::common::implicit_meta_policy::Rule;
use fabric_protos::common::policy::PolicyType;
use fabric_protos::common::{ConfigGroup, ImplicitMetaPolicy, Policy};

use prost::Message as _;

use super::edit::EditError;
use super::{ConfigurationError, read};
use crate::admin::policy::SignaturePolicy;

/// A policy of a group.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ChannelPolicy {
    /// By signatures.
    Signature(SignaturePolicy),
    /// By the policies of one name in the groups right below.
    Implicit {
        /// How many of them must be satisfied.
        rule: ImplicitRule,
        /// Their name.
        policy: String,
    },
    /// Of a kind that nodes no longer use, by its number.
    Other(i32),
}

/// How many policies below must be satisfied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImplicitRule {
    /// One.
    Any,
    /// All.
    All,
    /// More than half.
    Majority,
}

impl fmt::Display for ChannelPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signature(policy) => fmt::Display::fmt(policy, formatter),
            Self::Implicit { rule, policy } => {
                let rule = match rule {
                    ImplicitRule::Any => "ANY",
                    ImplicitRule::All => "ALL",
                    ImplicitRule::Majority => "MAJORITY",
                };
                write!(formatter, "{rule} {policy}")
            }
            Self::Other(kind) => write!(formatter, "a policy of kind {kind}"),
        }
    }
}

pub(super) fn all_of(
    path: &str,
    group: &ConfigGroup,
) -> Result<BTreeMap<String, ChannelPolicy>, ConfigurationError> {
    let present = group
        .policies
        .iter()
        .filter_map(|(name, policy)| Some((name, policy.policy.as_ref()?)));
    present
        .map(|(name, policy)| Ok((name.clone(), one(path, name, policy)?)))
        .collect()
}

fn one(path: &str, name: &str, policy: &Policy) -> Result<ChannelPolicy, ConfigurationError> {
    let part = || format!("{path}/{name}");
    Ok(match PolicyType::try_from(policy.r#type) {
        Ok(PolicyType::Signature) => {
            ChannelPolicy::Signature(SignaturePolicy::from_envelope(read(part, &policy.value)?))
        }
        Ok(PolicyType::ImplicitMeta) => {
            let implicit: ImplicitMetaPolicy = read(part, &policy.value)?;
            ChannelPolicy::Implicit {
                rule: match implicit.rule() {
                    Rule::Any => ImplicitRule::Any,
                    Rule::All => ImplicitRule::All,
                    Rule::Majority => ImplicitRule::Majority,
                },
                policy: implicit.sub_policy,
            }
        }
        _ => ChannelPolicy::Other(policy.r#type),
    })
}

/// The policy as a configuration has it.
pub(super) fn to_proto(policy: &ChannelPolicy) -> Result<Policy, EditError> {
    let (kind, value) = match policy {
        ChannelPolicy::Signature(policy) => {
            (PolicyType::Signature, policy.envelope().encode_to_vec())
        }
        ChannelPolicy::Implicit { rule, policy } => {
            let rule = match rule {
                ImplicitRule::Any => Rule::Any,
                ImplicitRule::All => Rule::All,
                ImplicitRule::Majority => Rule::Majority,
            };
            let implicit = ImplicitMetaPolicy {
                sub_policy: policy.clone(),
                rule: rule.into(),
            };
            (PolicyType::ImplicitMeta, implicit.encode_to_vec())
        }
        ChannelPolicy::Other(kind) => return Err(EditError::OtherPolicy { kind: *kind }),
    };
    Ok(Policy {
        r#type: kind.into(),
        value: value.into(),
    })
}
