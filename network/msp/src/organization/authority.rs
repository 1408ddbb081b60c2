//! A certificate authority that issues as `cryptogen` does (`internal/cryptogen/ca/ca.go`).

use std::net::IpAddr;
use std::time::SystemTime;

use aws_lc_rs::rand;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, DnValue,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    PublicKeyData, SanType, SerialNumber, SignatureAlgorithm, SigningKey,
};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::{OrganizationError, OrganizationSpec, PrivateKeyPem};
use crate::pem_text;
use crate::private_key::PrivateKey;

const OID_BASIC_CONSTRAINTS: [u64; 4] = [2, 5, 29, 19];
/// "Not an authority": a sequence without content.
const NO_AUTHORITY: [u8; 2] = [0x30, 0x00];
const SERIAL_NUMBER_LENGTH: usize = 16;

/// What an issued certificate is for.
#[derive(Debug, Default)]
pub(super) struct Usage {
    pub(super) unit: Option<&'static str>,
    pub(super) is_for_tls: bool,
    pub(super) alternative_names: Vec<String>,
}

/// For servers and clients alike.
pub(super) const TLS_USAGE: Usage = Usage {
    unit: None,
    is_for_tls: true,
    alternative_names: Vec::new(),
};

/// A self-signed authority.
#[derive(Debug)]
pub(super) struct Authority {
    pub(super) name: String,
    pub(super) certificate_pem: String,
    pub(super) private_key: PrivateKeyPem,
    params: CertificateParams,
    key: KeyPair,
}

/// A certificate and its key.
pub(super) struct Issued {
    pub(super) certificate_pem: String,
    pub(super) private_key: PrivateKeyPem,
}

impl Authority {
    pub(super) fn generate(name: &str, spec: &OrganizationSpec) -> Result<Self, OrganizationError> {
        let (KeyPair(key), private_key) = KeyPair::generate(spec, name)?;
        Self::of(name, spec, key, private_key)
    }

    /// The authority that has this key.
    pub(super) fn of(
        name: &str,
        spec: &OrganizationSpec,
        key: PrivateKey,
        private_key: PrivateKeyPem,
    ) -> Result<Self, OrganizationError> {
        let failed = |source| OrganizationError::Certificate {
            name: name.to_owned(),
            source,
        };
        let key = KeyPair(key);
        let mut params = params(spec, &key)?;
        params.distinguished_name = subject(name, DnType::OrganizationName, Some(&spec.domain));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
            KeyUsagePurpose::KeyCertSign,
            KeyUsagePurpose::CrlSign,
        ];
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ClientAuth,
            ExtendedKeyUsagePurpose::ServerAuth,
        ];
        // RFC 7093, section 2, method 1, in full length, as `cryptogen` names its keys.
        params.key_identifier_method =
            KeyIdMethod::PreSpecified(Sha256::digest(key.der_bytes()).to_vec());
        let certificate = params.self_signed(&key).map_err(failed)?;
        let certificate_pem = pem_text::encode(pem_text::CERTIFICATE, certificate.der());
        Ok(Self {
            name: name.to_owned(),
            certificate_pem,
            private_key,
            params,
            key,
        })
    }

    pub(super) fn issue(
        &self,
        name: &str,
        spec: &OrganizationSpec,
        usage: &Usage,
    ) -> Result<Issued, OrganizationError> {
        let failed = |source| OrganizationError::Certificate {
            name: name.to_owned(),
            source,
        };
        let (key, private_key) = KeyPair::generate(spec, &format!("{name} by {}", self.name))?;
        let mut params = params(spec, &key)?;
        params.distinguished_name = subject(name, DnType::OrganizationalUnitName, usage.unit);
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        if usage.is_for_tls {
            params.key_usages.push(KeyUsagePurpose::KeyEncipherment);
            params.extended_key_usages = vec![
                ExtendedKeyUsagePurpose::ServerAuth,
                ExtendedKeyUsagePurpose::ClientAuth,
            ];
        }
        for alternative in &usage.alternative_names {
            params
                .subject_alt_names
                .push(alternative_name(alternative).map_err(failed)?);
        }
        // Written by hand, because rcgen would add a subject key identifier, which `cryptogen` does not.
        let mut no_authority =
            CustomExtension::from_oid_content(&OID_BASIC_CONSTRAINTS, NO_AUTHORITY.to_vec());
        no_authority.set_criticality(true);
        params.custom_extensions.push(no_authority);
        let issuer = Issuer::from_params(&self.params, &self.key);
        let certificate = params.signed_by(&key, &issuer).map_err(failed)?;
        Ok(Issued {
            certificate_pem: pem_text::encode(pem_text::CERTIFICATE, certificate.der()),
            private_key,
        })
    }
}

/// A key as rcgen wants it. Certificates get low-S signatures, so their bytes are canonical.
#[derive(Debug)]
struct KeyPair(PrivateKey);

impl KeyPair {
    /// A fresh key, or the one that the organisation's seed has for this name.
    fn generate(
        spec: &OrganizationSpec,
        name: &str,
    ) -> Result<(Self, PrivateKeyPem), OrganizationError> {
        let made = match &spec.seed {
            None => PrivateKey::generate_p256(),
            Some(seed) => PrivateKey::from_seed(seed, &format!("{} {name}", spec.msp_id)),
        };
        let (key, pkcs8) = made.ok_or(OrganizationError::KeyGeneration)?;
        Ok((
            Self(key),
            PrivateKeyPem(pem_text::encode(pem_text::PRIVATE_KEY, &pkcs8)),
        ))
    }
}

impl PublicKeyData for KeyPair {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_key_bytes()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

impl SigningKey for KeyPair {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature = self
            .0
            .sign(message)
            .map_err(|_| rcgen::Error::RemoteKeyError)?;
        Ok(signature.to_vec())
    }
}

fn params(spec: &OrganizationSpec, key: &KeyPair) -> Result<CertificateParams, OrganizationError> {
    let mut serial_number = [0; SERIAL_NUMBER_LENGTH];
    if spec.seed.is_some() {
        // No two keys are the same, so no two serial numbers are.
        let digest = Sha256::digest(key.der_bytes());
        serial_number.copy_from_slice(&digest[..SERIAL_NUMBER_LENGTH]);
    } else {
        rand::fill(&mut serial_number).map_err(|_| OrganizationError::KeyGeneration)?;
    }
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from_slice(&serial_number));
    params.not_before = whole_minute(spec.not_before);
    params.not_after = whole_minute(spec.not_after);
    Ok(params)
}

fn whole_minute(moment: SystemTime) -> OffsetDateTime {
    let moment = OffsetDateTime::from(moment);
    moment.truncate_to_minute()
}

fn subject(common_name: &str, group: DnType, group_name: Option<&str>) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CountryName, text("US"));
    subject.push(DnType::StateOrProvinceName, text("California"));
    subject.push(DnType::LocalityName, text("San Francisco"));
    if let Some(group_name) = group_name {
        subject.push(group, text(group_name));
    }
    subject.push(DnType::CommonName, text(common_name));
    subject
}

/// `PrintableString` where the characters allow, as Go writes names.
fn text(value: &str) -> DnValue {
    match value.try_into() {
        Ok(printable) => DnValue::PrintableString(printable),
        Err(_) => DnValue::Utf8String(value.to_owned()),
    }
}

fn alternative_name(name: &str) -> Result<SanType, rcgen::Error> {
    match name.parse::<IpAddr>() {
        Ok(address) => Ok(SanType::IpAddress(address)),
        Err(_) => Ok(SanType::DnsName(name.try_into()?)),
    }
}
