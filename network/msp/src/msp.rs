//! An organisation's definition: who may vouch for its members, and how their roles are told.
//!
//! It is set up in Fabric's order (`msp/mspimplsetup.go`, `setupV142`): authorities, revocation
//! lists, TLS authorities, units, administrators. Whatever a peer would refuse is refused.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;

use bytes::Bytes;
use fabric_protos::msp::{FabricMspConfig, MspConfig, SerializedIdentity};
use prost::Message;
use sha2::{Digest, Sha256};

use crate::authority::{
    authorities, canonical_authority, check_tls_authorities, checked_authority,
};
use crate::certificate::Certificate;
use crate::chain::{Authorities, Issuers};
use crate::error::{IdentityError, MspError};
use crate::identity::Identity;
use crate::node_units::{CertifiersId, Units};
use crate::public_key::KeyAlgorithm;
use crate::revocation::RevocationList;
use crate::role::Role;
use crate::{manager, msp_folder};

/// `MSPConfig.type` of an X.509 organisation.
const TYPE_FABRIC: i32 = 0;

/// An organisation of a channel.
pub struct Msp {
    config: FabricMspConfig,
    authorities: Authorities,
    /// Authorities that certify other authorities, and therefore no members.
    inner_authorities: HashSet<Bytes>,
    revocation_lists: Vec<RevocationList>,
    units: Units,
    /// Canonical certificates of the administrators named one by one.
    administrators: HashSet<Bytes>,
    accepts_ed25519: bool,
}

impl Msp {
    /// Sets up an organisation from a channel's configuration.
    ///
    /// # Errors
    ///
    /// [`MspError`] says what a peer would refuse in it.
    pub fn from_config(config: &FabricMspConfig) -> Result<Self, MspError> {
        check_hashes(config)?;
        let mut msp = Self {
            config: FabricMspConfig {
                signing_identity: None,
                ..config.clone()
            },
            authorities: authorities(config)?,
            inner_authorities: HashSet::new(),
            revocation_lists: revocation_lists(config)?,
            units: Units::default(),
            administrators: HashSet::new(),
            accepts_ed25519: false,
        };
        msp.check_authorities()?;
        check_tls_authorities(config)?;
        msp.units = Units::from_config(config, |unit, certificate| {
            msp.certifiers_id(unit, certificate)
        })?;
        msp.administrators = msp.named_administrators()?;
        Ok(msp)
    }

    /// Reads an organisation from an MSP folder: its own, or that of any of its members.
    ///
    /// # Errors
    ///
    /// [`MspError::Unreadable`] and [`MspError::MalformedConfigFile`] for the folder, otherwise as
    /// [`Msp::from_config`].
    pub fn from_dir(dir: impl AsRef<Path>, msp_id: impl Into<String>) -> Result<Self, MspError> {
        Self::from_config(&msp_folder::read(dir.as_ref(), msp_id.into())?)
    }

    /// Accepts members with Ed25519 keys, as channels with the capability `V3_0` do.
    #[must_use]
    pub fn accepting_ed25519(mut self) -> Self {
        self.accepts_ed25519 = true;
        self
    }

    /// The organisation's name, such as `Org1MSP`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.config.name
    }

    /// The definition, as it goes into a channel's configuration.
    #[must_use]
    pub fn to_config(&self) -> FabricMspConfig {
        self.config.clone()
    }

    /// The definition in its envelope: the value `MSP` of the organisation's configuration group.
    #[must_use]
    pub fn to_msp_config(&self) -> MspConfig {
        MspConfig {
            r#type: TYPE_FABRIC,
            config: self.config.encode_to_vec().into(),
        }
    }

    /// Certificates of the authorities for TLS, in PEM: roots, then intermediates.
    pub fn tls_authorities(&self) -> impl Iterator<Item = &Bytes> {
        self.config
            .tls_root_certs
            .iter()
            .chain(&self.config.tls_intermediate_certs)
    }

    /// Validates an identity of this organisation.
    ///
    /// # Errors
    ///
    /// [`IdentityError`] says why it is refused.
    pub fn identity(&self, serialized: &[u8]) -> Result<Identity, IdentityError> {
        let SerializedIdentity { mspid, id_bytes } = manager::decode(serialized)?;
        if mspid != self.config.name {
            return Err(IdentityError::OtherMsp {
                expected: self.config.name.clone(),
                received: mspid,
            });
        }
        self.identity_from_pem(&id_bytes)
    }

    /// Validates a certificate of this organisation.
    ///
    /// # Errors
    ///
    /// [`IdentityError`] says why it is refused.
    pub fn identity_from_pem(&self, certificate_pem: &[u8]) -> Result<Identity, IdentityError> {
        let certificate = Certificate::from_pem(certificate_pem)?;
        if certificate.public_key.algorithm() == KeyAlgorithm::Ed25519 && !self.accepts_ed25519 {
            return Err(IdentityError::UnsupportedAlgorithm("Ed25519".to_owned()));
        }
        let (certificate, issuers) = self.canonical(certificate)?;
        let Some(issuer) = self.member_issuer(&certificate, &issuers)? else {
            return Err(IdentityError::InvalidChain {
                reason: "expected a chain of length at least 2, got 1",
            });
        };
        if self
            .revocation_lists
            .iter()
            .any(|list| list.revokes(&certificate, issuer))
        {
            return Err(IdentityError::Revoked);
        }
        let certifiers_id = certifiers_id(issuers.iter().map(AsRef::as_ref));
        let mut roles = self.units.roles(&certificate, &certifiers_id)?;
        if self.administrators.contains(&certificate.der) {
            roles = roles.with(Role::Admin);
        }
        let issuer_curve = issuer.public_key.curve();
        Ok(Identity {
            msp_id: self.config.name.clone(),
            certificate,
            roles,
            certifiers_id,
            issuer_curve,
        })
    }

    /// The certificate in its canonical bytes, and its chain.
    fn canonical(&self, certificate: Certificate) -> Result<(Certificate, Issuers), IdentityError> {
        let issuers = self.authorities.issuers(&certificate)?;
        let curve = issuers.first().and_then(|issuer| issuer.public_key.curve());
        Ok((certificate.into_canonical(curve)?, issuers))
    }

    /// The authority right above a member, which must not certify other authorities.
    fn member_issuer<'a>(
        &self,
        certificate: &Certificate,
        issuers: &'a Issuers,
    ) -> Result<Option<&'a Certificate>, IdentityError> {
        let invalid = |reason| Err(IdentityError::NotMember { reason });
        if certificate.extensions.is_authority {
            return invalid("a Certificate Authority cannot be used as an identity");
        }
        let issuer = issuers.first().map(AsRef::as_ref);
        if issuer.is_some_and(|issuer: &Certificate| self.inner_authorities.contains(&issuer.der)) {
            return invalid("parent certificate should be a leaf of the certification tree");
        }
        Ok(issuer)
    }

    fn check_authorities(&mut self) -> Result<(), MspError> {
        let Authorities {
            roots,
            intermediates,
        } = &self.authorities;
        let placed = [("root", roots), ("intermediate", intermediates)];
        for (place, certificates) in placed {
            for (position, certificate) in certificates.iter().enumerate() {
                let issuers =
                    checked_authority(certificate, &self.authorities).and_then(|issuers| {
                        let revoked = issuers.first().is_some_and(|issuer| {
                            self.revocation_lists
                                .iter()
                                .any(|list| list.revokes(certificate, issuer))
                        });
                        if revoked {
                            Err(IdentityError::Revoked)
                        } else {
                            Ok(issuers)
                        }
                    });
                let issuers = issuers.map_err(|source| self.invalid(place, position, source))?;
                self.inner_authorities
                    .extend(issuers.iter().map(|issuer| issuer.der.clone()));
            }
        }
        Ok(())
    }

    /// Hash of the chain from an authority of this organisation upwards.
    fn certifiers_id(&self, unit: &str, certificate_pem: &Bytes) -> Result<CertifiersId, MspError> {
        let unknown = || MspError::UnknownCertifier {
            msp_id: self.config.name.clone(),
            unit: unit.to_owned(),
        };
        let certificate = Certificate::from_pem(certificate_pem).map_err(|_| unknown())?;
        let certificate =
            canonical_authority(certificate, &self.authorities).map_err(|_| unknown())?;
        let is_inner = self.inner_authorities.contains(&certificate.der);
        let issuers = self
            .authorities
            .issuers(&certificate)
            .map_err(|_| unknown())?;
        if !self.authorities.contains(&certificate.der) || (is_inner && !issuers.is_empty()) {
            return Err(unknown());
        }
        Ok(certifiers_id(
            [&certificate]
                .into_iter()
                .chain(issuers.iter().map(AsRef::as_ref)),
        ))
    }

    fn named_administrators(&self) -> Result<HashSet<Bytes>, MspError> {
        let named = self.config.admins.iter().enumerate();
        let named: HashSet<Bytes> = named
            .map(|(position, pem)| {
                self.named_administrator(pem)
                    .map_err(|source| self.invalid("admin", position, source))
            })
            .collect::<Result<_, _>>()?;
        if named.is_empty() && !self.units.name_administrators() {
            return Err(MspError::NoAdministrators {
                msp_id: self.config.name.clone(),
            });
        }
        Ok(named)
    }

    fn named_administrator(&self, pem: &[u8]) -> Result<Bytes, IdentityError> {
        if !self.units.are_enforced() {
            return Ok(self.identity_from_pem(pem)?.certificate.der);
        }
        let (certificate, _) = self.canonical(Certificate::from_pem(pem)?)?;
        if self
            .units
            .name_one_of(&certificate, &[Role::Client, Role::Admin])
        {
            return Ok(certificate.der);
        }
        Err(IdentityError::InvalidUnits {
            reason: "an admin must be a client or an admin".to_owned(),
        })
    }

    fn invalid(&self, place: &'static str, position: usize, source: IdentityError) -> MspError {
        MspError::InvalidCertificate {
            msp_id: self.config.name.clone(),
            place,
            position,
            source,
        }
    }
}

impl fmt::Debug for Msp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Msp")
            .field("id", &self.config.name)
            .finish_non_exhaustive()
    }
}

fn check_hashes(config: &FabricMspConfig) -> Result<(), MspError> {
    let Some(hashes) = &config.crypto_config else {
        return Ok(());
    };
    let allowed = [
        (&hashes.signature_hash_family, "SHA2"),
        (&hashes.identity_identifier_hash_function, "SHA256"),
    ];
    match allowed
        .into_iter()
        .find(|(name, only)| !name.is_empty() && name != only)
    {
        Some((name, _)) => Err(MspError::UnsupportedHash {
            msp_id: config.name.clone(),
            name: name.clone(),
        }),
        None => Ok(()),
    }
}

fn revocation_lists(config: &FabricMspConfig) -> Result<Vec<RevocationList>, MspError> {
    let lists = config
        .revocation_list
        .iter()
        .enumerate()
        .map(|(position, text)| {
            RevocationList::parse(text).map_err(|reason| MspError::InvalidRevocationList {
                msp_id: config.name.clone(),
                position,
                reason,
            })
        });
    lists.collect()
}

fn certifiers_id<'a>(chain: impl IntoIterator<Item = &'a Certificate>) -> CertifiersId {
    let hash = chain.into_iter().fold(Sha256::new(), |hash, certificate| {
        hash.chain_update(&certificate.der)
    });
    hash.finalize().into()
}
