//! What the channel requires of those who endorse a call: the policies of a chaincode and its
//! collections, as signature policies.
//!
//! Source: `core/chaincode/lifecycle/metadata_provider.go`.

use std::collections::BTreeMap;

use fabric_ledger::{
    channel::{ChannelConfig, LIFECYCLE_ENDORSEMENT_POLICY},
    lifecycle::IMPLICIT_COLLECTION_PREFIX,
};
use fabric_protos::{
    common::{
        MspPrincipal, MspRole, SignaturePolicy, SignaturePolicyEnvelope,
        msp_principal::Classification,
        msp_role::MspRoleType,
        signature_policy::{NOutOf, Type as Rule},
    },
    peer::{
        ApplicationPolicy, CollectionConfigPackage, StaticCollectionConfig,
        application_policy::Type, collection_config::Payload, collection_policy_config,
    },
};
use prost::Message as _;

/// A chaincode of the channel, as far as endorsing goes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Requirement {
    pub(crate) chaincode: String,
    pub(crate) sequence: i64,
    pub(crate) policy: SignaturePolicyEnvelope,
    pub(crate) collections: BTreeMap<String, Collection>,
}

/// A private collection.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Collection {
    /// Who may have the data: whoever is one of these. None where the configuration does not say.
    pub(crate) members: Option<Vec<MspPrincipal>>,
    /// Instead of the chaincode's policy.
    pub(crate) policy: Option<SignaturePolicyEnvelope>,
}

impl Requirement {
    /// Of a chaincode defined like this, for a call that touches these collections. None where a
    /// policy refers to one that the channel does not have.
    pub(crate) fn new(
        config: &ChannelConfig,
        (chaincode, sequence): (&str, i64),
        policy: &ApplicationPolicy,
        defined: &CollectionConfigPackage,
        touched: &[String],
    ) -> Option<Self> {
        let mut collections = BTreeMap::new();
        for one in &defined.config {
            let Some(Payload::StaticCollectionConfig(one)) = &one.payload else {
                continue;
            };
            let collection = Collection::new(config, one, touched.contains(&one.name))?;
            collections.insert(one.name.clone(), collection);
        }
        for name in touched {
            if let Some(msp_id) = name.strip_prefix(IMPLICIT_COLLECTION_PREFIX) {
                collections.insert(name.clone(), Collection::implicit(msp_id));
            }
        }
        Some(Self {
            chaincode: chaincode.to_owned(),
            sequence,
            policy: signature_policy(config, policy)?,
            collections,
        })
    }

    /// Of the system chaincode that keeps the definitions.
    pub(crate) fn lifecycle(config: &ChannelConfig, touched: &[String]) -> Option<Self> {
        let reference = LIFECYCLE_ENDORSEMENT_POLICY.to_owned();
        let policy = ApplicationPolicy {
            r#type: Some(Type::ChannelConfigPolicyReference(reference)),
        };
        let none = CollectionConfigPackage::default();
        Self::new(
            config,
            (fabric_ledger::lifecycle::NAMESPACE, 1),
            &policy,
            &none,
            touched,
        )
    }
}

impl Collection {
    /// Its own endorsement policy matters only where it is touched.
    fn new(
        config: &ChannelConfig,
        collection: &StaticCollectionConfig,
        touched: bool,
    ) -> Option<Self> {
        let members = collection.member_orgs_policy.as_ref();
        let members = members.and_then(|policy| policy.payload.as_ref());
        let own = collection.endorsement_policy.as_ref().filter(|_| touched);
        Some(Self {
            members: members.map(
                |collection_policy_config::Payload::SignaturePolicy(policy)| {
                    policy.identities.clone()
                },
            ),
            policy: match own {
                Some(policy) => Some(signature_policy(config, policy)?),
                None => None,
            },
        })
    }

    /// What every organisation has to itself.
    fn implicit(msp_id: &str) -> Self {
        let member = MspRole {
            msp_identifier: msp_id.to_owned(),
            role: MspRoleType::Member.into(),
        };
        let member = MspPrincipal {
            principal_classification: Classification::Role.into(),
            principal: member.encode_to_vec().into(),
        };
        let signed = SignaturePolicy {
            r#type: Some(Rule::SignedBy(0)),
        };
        let policy = SignaturePolicyEnvelope {
            version: 0,
            rule: Some(SignaturePolicy {
                r#type: Some(Rule::NOutOf(NOutOf {
                    n: 1,
                    rules: vec![signed],
                })),
            }),
            identities: vec![member.clone()],
        };
        Self {
            members: Some(vec![member]),
            policy: Some(policy),
        }
    }
}

fn signature_policy(
    config: &ChannelConfig,
    policy: &ApplicationPolicy,
) -> Option<SignaturePolicyEnvelope> {
    match policy.r#type.as_ref()? {
        Type::SignaturePolicy(policy) => Some(policy.clone()),
        Type::ChannelConfigPolicyReference(path) => config.signature_policy(path),
    }
}
