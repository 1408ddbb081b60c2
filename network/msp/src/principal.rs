//! Whether an identity meets a principal: the conditions that signature policies are made of.

use bytes::Bytes;
use fabric_protos::common::msp_identity_anonymity::MspIdentityAnonymityType;
use fabric_protos::common::msp_principal::Classification;
use fabric_protos::common::msp_role::MspRoleType;
use fabric_protos::common::{
    CombinedPrincipal, MspIdentityAnonymity, MspPrincipal, MspRole, OrganizationUnit,
};
use fabric_protos::msp::SerializedIdentity;
use prost::Message;

use crate::certificate::Certificate;
use crate::identity::Identity;
use crate::role::Role;
use crate::{IdentityError, pem_text};

/// Looks at a principal and, for a combination, at every part however deep. The parts are kept in
/// a list, so a hostile depth costs no stack.
pub(crate) fn satisfies(
    identity: &Identity,
    principal: &MspPrincipal,
) -> Result<bool, IdentityError> {
    let mut open = vec![principal.clone()];
    let mut all_hold = true;
    while let Some(principal) = open.pop() {
        match Classification::try_from(principal.principal_classification) {
            Ok(Classification::Combined) => {
                let combined: CombinedPrincipal = decode(&principal.principal)?;
                if combined.principals.is_empty() {
                    return Err(malformed("No principals in CombinedPrincipal"));
                }
                open.extend(combined.principals);
            }
            Ok(single) => all_hold &= satisfies_single(identity, single, &principal.principal)?,
            Err(_) => return Err(malformed("invalid principal type")),
        }
    }
    Ok(all_hold)
}

fn satisfies_single(
    identity: &Identity,
    kind: Classification,
    content: &Bytes,
) -> Result<bool, IdentityError> {
    match kind {
        Classification::Role => has_role(identity, &decode(content)?),
        Classification::OrganizationUnit => Ok(is_in_unit(identity, &decode(content)?)),
        Classification::Identity => is_identity(identity, &decode(content)?),
        Classification::Anonymity => is_nominal(&decode(content)?),
        Classification::Combined => Err(malformed("a combination is no single principal")),
    }
}

fn has_role(identity: &Identity, asked: &MspRole) -> Result<bool, IdentityError> {
    let role = match MspRoleType::try_from(asked.role) {
        Ok(MspRoleType::Member) => Role::Member,
        Ok(MspRoleType::Admin) => Role::Admin,
        Ok(MspRoleType::Client) => Role::Client,
        Ok(MspRoleType::Peer) => Role::Peer,
        Ok(MspRoleType::Orderer) => Role::Orderer,
        Err(_) => return Err(malformed("invalid MSP role type")),
    };
    Ok(asked.msp_identifier == identity.msp_id && identity.roles.contains(role))
}

fn is_in_unit(identity: &Identity, unit: &OrganizationUnit) -> bool {
    unit.msp_identifier == identity.msp_id
        && identity
            .certificate
            .organizational_units
            .contains(&unit.organizational_unit_identifier)
        && unit.certifiers_identifier == identity.certifiers_id.as_slice()
}

fn is_identity(identity: &Identity, expected: &SerializedIdentity) -> Result<bool, IdentityError> {
    if expected.mspid != identity.msp_id {
        return Ok(false);
    }
    if expected.id_bytes.len() > pem_text::PEM_LENGTH_MAX {
        return Err(malformed("invalid identity principal, not a certificate"));
    }
    let expected = Certificate::from_pem(&expected.id_bytes)?;
    Ok(expected.canonical_der(identity.issuer_curve) == identity.certificate.der)
}

fn is_nominal(asked: &MspIdentityAnonymity) -> Result<bool, IdentityError> {
    match MspIdentityAnonymityType::try_from(asked.anonymity_type) {
        Ok(kind) => Ok(kind == MspIdentityAnonymityType::Nominal),
        Err(_) => Err(malformed("Unknown principal anonymity type")),
    }
}

fn decode<M: Message + Default>(content: &Bytes) -> Result<M, IdentityError> {
    M::decode(content.clone()).map_err(|_| malformed("it is not the message that its type names"))
}

fn malformed(reason: &'static str) -> IdentityError {
    IdentityError::MalformedPrincipal { reason }
}
