//! Principals that can be compared: whether whoever is the one is the other too.
//!
//! Source: `common/policies/inquire/compare.go`.

use fabric_protos::{
    common::{
        MspPrincipal, MspRole, OrganizationUnit, msp_principal::Classification,
        msp_role::MspRoleType,
    },
    msp::SerializedIdentity,
};
use prost::Message as _;

/// A principal of a policy, decoded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Principal {
    message: MspPrincipal,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Role(MspRole),
    Unit(OrganizationUnit),
    Identity(SerializedIdentity),
}

impl Principal {
    /// Decodes a principal; none where it is malformed or of a kind that cannot be compared.
    pub(crate) fn read(message: &MspPrincipal) -> Option<Self> {
        let content = message.principal.clone();
        let kind = match Classification::try_from(message.principal_classification).ok()? {
            Classification::Role => Kind::Role(MspRole::decode(content).ok()?),
            Classification::OrganizationUnit => Kind::Unit(OrganizationUnit::decode(content).ok()?),
            Classification::Identity => Kind::Identity(SerializedIdentity::decode(content).ok()?),
            Classification::Anonymity | Classification::Combined => return None,
        };
        Some(Self {
            message: message.clone(),
            kind,
        })
    }

    pub(crate) fn message(&self) -> &MspPrincipal {
        &self.message
    }

    /// Whether all who are this are the other too, as far as the principals alone can tell.
    pub(crate) fn is_a(&self, other: &Self) -> bool {
        if self.msp_id() != other.msp_id() {
            return false;
        }
        match (&self.kind, &other.kind) {
            (_, Kind::Role(role)) if role.role() == MspRoleType::Member => true,
            (Kind::Role(this), Kind::Role(other)) => this.role == other.role,
            (Kind::Unit(this), Kind::Unit(other)) => this == other,
            (Kind::Identity(this), Kind::Identity(other)) => this == other,
            _ => false,
        }
    }

    fn msp_id(&self) -> &str {
        match &self.kind {
            Kind::Role(role) => &role.msp_identifier,
            Kind::Unit(unit) => &unit.msp_identifier,
            Kind::Identity(identity) => &identity.mspid,
        }
    }
}
