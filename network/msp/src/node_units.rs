//! Organisational units that give roles ("`NodeOUs`"), and units that an organisation recognises.

use bytes::Bytes;
use fabric_protos::msp::{FabricMspConfig, FabricNodeOUs, FabricOuIdentifier};

use crate::certificate::Certificate;
use crate::error::{IdentityError, MspError};
use crate::role::{Role, Roles};

/// SHA-256 over the chain of authorities that certify a unit.
pub(crate) type CertifiersId = [u8; 32];

/// A unit's name, and which chain must stand behind it; `None` for any.
#[derive(Debug)]
pub(crate) struct Unit {
    name: String,
    certifiers_id: Option<CertifiersId>,
}

/// The units of one organisation.
#[derive(Debug, Default)]
pub(crate) struct Units {
    /// Roles by unit; `None` where the organisation does not tell its members apart.
    roles: Option<Vec<(Role, Unit)>>,
    /// When not empty, an identity must have one of them.
    recognized: Vec<Unit>,
}

impl Units {
    /// Reads the units of a definition. `certifiers_id_of` answers for the PEM certificate of an
    /// authority of the organisation.
    pub(crate) fn from_config(
        config: &FabricMspConfig,
        certifiers_id_of: impl Fn(&str, &Bytes) -> Result<CertifiersId, MspError>,
    ) -> Result<Self, MspError> {
        let unit_of = |identifier: &FabricOuIdentifier| {
            let name = identifier.organizational_unit_identifier.clone();
            let tied = !identifier.certificate.is_empty();
            let certifiers_id = tied
                .then(|| certifiers_id_of(&name, &identifier.certificate))
                .transpose()?;
            Ok(Unit {
                name,
                certifiers_id,
            })
        };
        let recognized = config
            .organizational_unit_identifiers
            .iter()
            .map(|identifier| {
                let name = identifier.organizational_unit_identifier.clone();
                let certifiers_id = Some(certifiers_id_of(&name, &identifier.certificate)?);
                Ok(Unit {
                    name,
                    certifiers_id,
                })
            });
        let recognized = recognized.collect::<Result<_, _>>()?;
        let Some(node_units) = config.fabric_node_ous.as_ref() else {
            return Ok(Self {
                roles: None,
                recognized,
            });
        };
        let units =
            named_units(node_units).map(|(role, identifier)| Ok((role, unit_of(identifier)?)));
        let units: Vec<_> = units.collect::<Result<_, _>>()?;
        let enforced = node_units.enable && !units.is_empty();
        Ok(Self {
            roles: enforced.then_some(units),
            recognized,
        })
    }

    /// Whether some unit makes an administrator.
    pub(crate) fn name_administrators(&self) -> bool {
        self.roles
            .iter()
            .flatten()
            .any(|(role, _)| *role == Role::Admin)
    }

    /// Whether members are told apart by unit.
    pub(crate) fn are_enforced(&self) -> bool {
        self.roles.is_some()
    }

    /// Whether a unit of the certificate has the name of one of these roles.
    pub(crate) fn name_one_of(&self, certificate: &Certificate, roles: &[Role]) -> bool {
        self.roles.iter().flatten().any(|(role, unit)| {
            roles.contains(role) && certificate.organizational_units.contains(&unit.name)
        })
    }

    /// The roles that the units of a valid identity give.
    pub(crate) fn roles(
        &self,
        certificate: &Certificate,
        chain: &CertifiersId,
    ) -> Result<Roles, IdentityError> {
        let invalid = |reason: &str| {
            Err(IdentityError::InvalidUnits {
                reason: reason.to_owned(),
            })
        };
        self.check_recognized(certificate, chain)?;
        let Some(units) = &self.roles else {
            return Ok(Roles::MEMBER);
        };
        let mut found = None;
        for name in &certificate.organizational_units {
            // Where two roles share a name, the later one's certifiers count, as in Fabric.
            let Some((_, unit)) = units.iter().rev().find(|(_, unit)| unit.name == *name) else {
                continue;
            };
            if unit
                .certifiers_id
                .is_some_and(|expected| expected != *chain)
            {
                return invalid("certifiersIdentifier does not match");
            }
            if found.replace(name).is_some() {
                return invalid(
                    "the identity must have a client, a peer, an orderer, or an admin OU role to be valid, not a combination of them",
                );
            }
        }
        let Some(name) = found else {
            return invalid(
                "the identity does not have an OU that resolves to client, peer, orderer, or admin role",
            );
        };
        let given = units.iter().filter(|(_, unit)| unit.name == *name);
        Ok(given.fold(Roles::MEMBER, |roles, (role, _)| roles.with(*role)))
    }

    fn check_recognized(
        &self,
        certificate: &Certificate,
        chain: &CertifiersId,
    ) -> Result<(), IdentityError> {
        let has_one = self.recognized.iter().any(|unit| {
            unit.certifiers_id == Some(*chain)
                && certificate.organizational_units.contains(&unit.name)
        });
        if self.recognized.is_empty() || has_one {
            return Ok(());
        }
        Err(IdentityError::InvalidUnits {
            reason: format!(
                "none of the identity's organizational units {:?} are in the MSP",
                certificate.organizational_units
            ),
        })
    }
}

fn named_units(units: &FabricNodeOUs) -> impl Iterator<Item = (Role, &FabricOuIdentifier)> {
    [
        (Role::Client, units.client_ou_identifier.as_ref()),
        (Role::Peer, units.peer_ou_identifier.as_ref()),
        (Role::Admin, units.admin_ou_identifier.as_ref()),
        (Role::Orderer, units.orderer_ou_identifier.as_ref()),
    ]
    .into_iter()
    .filter_map(|(role, identifier)| Some((role, identifier?)))
}
