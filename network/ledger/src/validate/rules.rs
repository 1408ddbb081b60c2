//! Which endorsements a namespace asks for, looked up once per block.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use fabric_msp::Identity;
use fabric_protos::common::SignaturePolicyEnvelope;
use fabric_protos::peer::ApplicationPolicy;
use fabric_protos::peer::application_policy::Type;
use prost::Message;

use crate::channel::{ChannelConfig, LIFECYCLE_ENDORSEMENT_POLICY};
use crate::lifecycle::{
    self, ChaincodeDefinition, IMPLICIT_COLLECTION_PREFIX, Lookup, VALIDATION_PLUGIN,
};
use crate::policy;
use crate::state::State;

/// What a transaction must be endorsed by.
#[derive(Clone, Debug)]
pub(super) enum Rule {
    /// A policy of its own.
    Signature(SignaturePolicyEnvelope),
    /// A policy of the channel configuration, by path.
    Channel(String),
    /// A policy that does not decode: nobody satisfies it.
    Malformed,
}

/// The rules of one namespace.
#[derive(Debug)]
pub(super) enum NamespaceRules {
    /// No such chaincode on the channel, or one without policy.
    Undefined,
    /// A validation plugin that is not Fabric's own.
    UnknownPlugin,
    /// A chaincode's, or `_lifecycle`'s.
    Defined(DefinedRules),
}

/// The rules of a chaincode.
#[derive(Debug)]
pub(super) struct DefinedRules {
    /// For all that has no rule of its own.
    pub(super) endorsement: Rule,
    /// `None` for `_lifecycle`, which has implicit collections only.
    definition: Option<Box<ChaincodeDefinition>>,
    implicit: HashMap<String, Rule>,
}

/// Rules by namespace, as of one state and configuration.
#[derive(Debug, Default)]
pub(super) struct RulesCache(Mutex<HashMap<String, Arc<NamespaceRules>>>);

/// What the rules of a namespace depend on beside its definition.
pub(super) trait Organizations {
    /// MSP id and name in the configuration of each application organisation.
    fn organizations(&self) -> Vec<(&str, &str)>;

    /// Whether the channel has a policy at a path.
    fn has_policy(&self, path: &str) -> bool;
}

impl Organizations for ChannelConfig {
    fn organizations(&self) -> Vec<(&str, &str)> {
        let organizations = self.organizations().iter();
        organizations
            .map(|found| (found.msp_id.as_str(), found.group.as_str()))
            .collect()
    }

    fn has_policy(&self, path: &str) -> bool {
        self.has_policy(path)
    }
}

impl RulesCache {
    pub(super) fn get<S: State>(
        &self,
        channel: &impl Organizations,
        state: &S,
        namespace: &str,
    ) -> Result<Arc<NamespaceRules>, S::Error> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rules) = known.get(namespace) {
            return Ok(Arc::clone(rules));
        }
        drop(known);
        let rules = Arc::new(NamespaceRules::load(channel, state, namespace)?);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(namespace.to_owned(), Arc::clone(&rules));
        Ok(rules)
    }
}

impl NamespaceRules {
    pub(super) fn load<S: State>(
        channel: &impl Organizations,
        state: &S,
        namespace: &str,
    ) -> Result<Self, S::Error> {
        let implicit = implicit_rules(channel);
        if namespace == lifecycle::NAMESPACE {
            return Ok(Self::Defined(DefinedRules {
                endorsement: lifecycle_rule(channel),
                definition: None,
                implicit,
            }));
        }
        let Lookup::Defined(definition) = lifecycle::definition(state, namespace)? else {
            return Ok(Self::Undefined);
        };
        let validation = &definition.validation_info;
        if validation.validation_plugin.is_empty() || validation.validation_parameter.is_empty() {
            return Ok(Self::Undefined);
        }
        if validation.validation_plugin != VALIDATION_PLUGIN {
            return Ok(Self::UnknownPlugin);
        }
        Ok(Self::Defined(DefinedRules {
            endorsement: Rule::decode(validation.validation_parameter.clone()),
            definition: Some(definition),
            implicit,
        }))
    }
}

impl DefinedRules {
    /// The rule of a collection; `None` where there is no such collection.
    pub(super) fn collection(&self, name: &str) -> Option<Rule> {
        if let Some(msp_id) = name.strip_prefix(IMPLICIT_COLLECTION_PREFIX) {
            return self.implicit.get(msp_id).cloned();
        }
        let collection = self.definition.as_ref()?.collection(name)?;
        Some(match &collection.endorsement_policy {
            Some(policy) => Rule::new(policy.clone()),
            None => self.endorsement.clone(),
        })
    }
}

impl Rule {
    fn decode(bytes: Bytes) -> Self {
        ApplicationPolicy::decode(bytes).map_or(Self::Malformed, Self::new)
    }

    fn new(policy: ApplicationPolicy) -> Self {
        match policy.r#type {
            Some(Type::SignaturePolicy(policy)) => Self::Signature(policy),
            Some(Type::ChannelConfigPolicyReference(path)) => Self::Channel(path),
            None => Self::Malformed,
        }
    }

    pub(super) fn satisfied(&self, channel: &ChannelConfig, signers: &[Arc<Identity>]) -> bool {
        match self {
            Self::Signature(policy) => policy::evaluate(policy, signers).unwrap_or(false),
            Self::Channel(path) => channel.satisfies(path, signers),
            Self::Malformed => false,
        }
    }
}

fn lifecycle_rule(channel: &impl Organizations) -> Rule {
    if channel.has_policy(LIFECYCLE_ENDORSEMENT_POLICY) {
        return Rule::Channel(LIFECYCLE_ENDORSEMENT_POLICY.to_owned());
    }
    let organizations = channel.organizations().into_iter();
    let members: Vec<&str> = organizations.map(|(msp_id, _)| msp_id).collect();
    let majority = i32::try_from(members.len() / 2 + 1).unwrap_or(i32::MAX);
    Rule::Signature(policy::any_member(&members, majority))
}

/// The rule of each organisation's own collection, by MSP id.
fn implicit_rules(channel: &impl Organizations) -> HashMap<String, Rule> {
    let organizations = channel.organizations().into_iter();
    organizations
        .map(|(msp_id, group)| {
            let path = format!("/Channel/Application/{group}/Endorsement");
            let rule = match channel.has_policy(&path) {
                true => Rule::Channel(path),
                false => Rule::Signature(policy::any_member(&[msp_id], 1)),
            };
            (msp_id.to_owned(), rule)
        })
        .collect()
}
