//! The tree of policies in a channel configuration. (Fabric: common/policies)

use std::collections::BTreeMap;
use std::sync::Arc;

use fabric_msp::Identity;
use fabric_protos::common::implicit_meta_policy::Rule;
use fabric_protos::common::policy::PolicyType;
use fabric_protos::common::{ConfigGroup, ImplicitMetaPolicy, Policy, SignaturePolicyEnvelope};
use prost::Message;

use super::ChannelError;
use crate::policy;

/// The policies of a group and of the groups below it.
#[derive(Debug)]
pub(super) struct PolicyGroup {
    pub(super) groups: BTreeMap<String, PolicyGroup>,
    pub(super) policies: BTreeMap<String, GroupPolicy>,
}

/// A policy of a group.
#[derive(Debug)]
pub(super) enum GroupPolicy {
    /// By signatures.
    Signature(SignaturePolicyEnvelope),
    /// By the policies of one name in the groups right below.
    ImplicitMeta { rule: Rule, sub_policy: String },
}

impl PolicyGroup {
    // As deep as the configuration, which the protobuf decoder bounds at 100.
    pub(super) fn new(path: &str, group: &ConfigGroup) -> Result<Self, ChannelError> {
        let mut groups = BTreeMap::new();
        for (name, group) in &group.groups {
            let group = Self::new(&format!("{path}/{name}"), group)?;
            groups.insert(name.clone(), group);
        }
        let mut policies = BTreeMap::new();
        for (name, policy) in &group.policies {
            let Some(policy) = &policy.policy else {
                continue;
            };
            let policy = GroupPolicy::new(policy).map_err(|source| ChannelError::Policy {
                path: format!("{path}/{name}"),
                source,
            })?;
            policies.extend(policy.map(|policy| (name.clone(), policy)));
        }
        Ok(Self { groups, policies })
    }

    /// The policy at a path, `/Channel/…` or relative to the channel's group, with its group.
    pub(super) fn find(&self, path: &str) -> Option<(&Self, &GroupPolicy)> {
        let relative = match path.strip_prefix('/') {
            Some(absolute) => absolute.strip_prefix("Channel/")?,
            None => path,
        };
        let mut group = self;
        let mut parts = relative.split('/').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return group.policies.get(part).map(|policy| (group, policy));
            }
            group = group.groups.get(part)?;
        }
        None
    }

    /// Whether the signers satisfy a policy of this group.
    pub(super) fn satisfies(&self, policy: &GroupPolicy, signers: &[Arc<Identity>]) -> bool {
        match policy {
            GroupPolicy::Signature(policy) => policy::evaluate(policy, signers).unwrap_or(false),
            GroupPolicy::ImplicitMeta { rule, sub_policy } => {
                let satisfied = self
                    .groups
                    .values()
                    .filter(|group| {
                        let policy = group.policies.get(sub_policy);
                        policy.is_some_and(|policy| group.satisfies(policy, signers))
                    })
                    .count();
                satisfied >= threshold(*rule, self.groups.len())
            }
        }
    }
}

impl GroupPolicy {
    /// `None` for types that nothing satisfies.
    fn new(policy: &Policy) -> Result<Option<Self>, prost::DecodeError> {
        match PolicyType::try_from(policy.r#type) {
            Ok(PolicyType::Signature) => {
                let policy = SignaturePolicyEnvelope::decode(policy.value.clone())?;
                Ok(Some(Self::Signature(policy)))
            }
            Ok(PolicyType::ImplicitMeta) => {
                let policy = ImplicitMetaPolicy::decode(policy.value.clone())?;
                Ok(Some(Self::ImplicitMeta {
                    rule: policy.rule(),
                    sub_policy: policy.sub_policy,
                }))
            }
            _ => Ok(None),
        }
    }
}

/// How many of the groups below must be satisfied.
pub(super) fn threshold(rule: Rule, groups: usize) -> usize {
    match rule {
        _ if groups == 0 => 0,
        Rule::Any => 1,
        Rule::All => groups,
        Rule::Majority => groups / 2 + 1,
    }
}
