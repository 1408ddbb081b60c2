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

/// Why signers do not satisfy a policy, in Fabric's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyRefusal {
    /// No policy of this name.
    #[error("no such policy: '{0}'")]
    Missing(String),
    /// A signature policy asks for others, or for more.
    #[error("signature set did not satisfy policy")]
    Signatures,
    /// Too few of the groups below are satisfied.
    #[error(
        "implicit policy evaluation failed - {satisfied} sub-policies were satisfied, but this policy requires {required} of the '{sub_policy}' sub-policies to be satisfied"
    )]
    ImplicitMeta {
        /// Groups that are.
        satisfied: usize,
        /// Groups that should be.
        required: usize,
        /// The policy that is asked in each.
        sub_policy: String,
    },
}

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

    /// The group at a path below this one, `/Application/Org1MSP`; this one where it is empty.
    pub(super) fn group(&self, path: &str) -> Option<&Self> {
        let mut names = path.split('/').filter(|name| !name.is_empty());
        names.try_fold(self, |group, name| group.groups.get(name))
    }

    /// Whether the signers satisfy a policy of this group.
    fn satisfies(&self, policy: &GroupPolicy, signers: &[Arc<Identity>]) -> bool {
        self.verdict(policy, signers).is_ok()
    }

    /// The same, with what is missing.
    pub(super) fn verdict(
        &self,
        policy: &GroupPolicy,
        signers: &[Arc<Identity>],
    ) -> Result<(), PolicyRefusal> {
        match policy {
            GroupPolicy::Signature(policy) => match policy::evaluate(policy, signers) {
                Ok(true) => Ok(()),
                Ok(false) | Err(_) => Err(PolicyRefusal::Signatures),
            },
            GroupPolicy::ImplicitMeta { rule, sub_policy } => {
                let satisfied = self
                    .groups
                    .values()
                    .filter(|group| {
                        let policy = group.find(sub_policy);
                        policy.is_some_and(|(group, policy)| group.satisfies(policy, signers))
                    })
                    .count();
                let required = threshold(*rule, self.groups.len());
                match satisfied >= required {
                    true => Ok(()),
                    false => Err(PolicyRefusal::ImplicitMeta {
                        satisfied,
                        required,
                        sub_policy: sub_policy.clone(),
                    }),
                }
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
