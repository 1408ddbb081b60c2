//! A parsed certificate: the facts that membership rules ask for, taken out once.
//!
//! Parsing is as strict as Go's `x509.ParseCertificate` where that decides whether a peer accepts
//! a certificate: nothing may follow it, no extension may stand twice, and the two mentions of
//! the signature algorithm must agree.

use bytes::Bytes;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{ParsedExtension, X509Extension};
use x509_parser::prelude::FromDer;

use crate::IdentityError;
use crate::certificate_der::{Outline, with_low_s};
use crate::ecdsa_signature::Curve;
use crate::pem_text;
use crate::public_key::{PublicKey, SignatureAlgorithm};

/// A certificate with its facts.
#[derive(Debug)]
pub(crate) struct Certificate {
    pub(crate) der: Bytes,
    /// The part that the issuer signs.
    pub(crate) signed_part: Bytes,
    pub(crate) signature_algorithm: SignatureAlgorithm,
    pub(crate) signature: Vec<u8>,
    pub(crate) public_key: PublicKey,
    /// The public key as a `SubjectPublicKeyInfo`.
    pub(crate) public_key_info: Bytes,
    pub(crate) subject: Bytes,
    pub(crate) issuer: Bytes,
    pub(crate) common_name: String,
    pub(crate) organizational_units: Vec<String>,
    pub(crate) serial_number: Bytes,
    /// Seconds since 1970.
    pub(crate) not_before: i64,
    /// Seconds since 1970.
    pub(crate) not_after: i64,
    pub(crate) extensions: Extensions,
}

/// What the extensions say.
#[derive(Debug, Default)]
pub(crate) struct Extensions {
    pub(crate) is_authority: bool,
    pub(crate) path_length_max: Option<u32>,
    /// `None` without key usage: anything is allowed.
    pub(crate) may_sign_certificates: Option<bool>,
    /// `None` without extended key usage: anything is allowed.
    pub(crate) may_authenticate_server: Option<bool>,
    pub(crate) has_name_constraints: bool,
    pub(crate) has_unknown_critical: bool,
    pub(crate) subject_key_id: Option<Vec<u8>>,
}

impl Certificate {
    /// Reads the first block of a PEM text.
    pub(crate) fn from_pem(text: &[u8]) -> Result<Self, IdentityError> {
        let der = pem_text::first_block(text).ok_or(IdentityError::NotPem {
            expected: pem_text::CERTIFICATE,
        })?;
        Self::from_der(&der.into())
    }

    pub(crate) fn from_der(der: &Bytes) -> Result<Self, IdentityError> {
        let malformed = |reason| IdentityError::MalformedCertificate { reason };
        let (rest, parsed) =
            X509Certificate::from_der(der).map_err(|_| malformed("it is not DER of X.509"))?;
        if !rest.is_empty() {
            return Err(malformed("data follows it"));
        }
        let content = &parsed.tbs_certificate;
        if Outline::read(der).is_none() {
            return Err(malformed(
                "its outline is not DER, or it names two signature algorithms",
            ));
        }
        if content.extensions_map().is_err() {
            return Err(malformed("an extension stands twice"));
        }
        Ok(Self {
            signed_part: der.slice_ref(content.as_ref()),
            signature_algorithm: SignatureAlgorithm::from_identifier(&parsed.signature_algorithm)?,
            signature: parsed.signature_value.data.to_vec(),
            public_key: PublicKey::from_info(content.public_key())?,
            public_key_info: der.slice_ref(content.public_key().raw),
            subject: der.slice_ref(content.subject().as_raw()),
            issuer: der.slice_ref(content.issuer().as_raw()),
            common_name: common_name(&parsed),
            organizational_units: organizational_units(&parsed),
            serial_number: der.slice_ref(content.raw_serial()),
            not_before: content.validity().not_before.timestamp(),
            not_after: content.validity().not_after.timestamp(),
            extensions: Extensions::from_parsed(content.extensions())?,
            der: der.clone(),
        })
    }

    pub(crate) fn to_pem(&self) -> String {
        pem_text::encode(pem_text::CERTIFICATE, &self.der)
    }

    /// Whether this certificate's key signed the other one.
    pub(crate) fn signed(&self, other: &Self) -> bool {
        self.public_key.verify_document(
            other.signature_algorithm,
            &other.signed_part,
            &other.signature,
        )
    }

    /// The bytes by which Fabric compares certificates: the issuer's signature in low S.
    pub(crate) fn canonical_der(&self, issuer_curve: Option<Curve>) -> Bytes {
        match issuer_curve {
            Some(curve) if self.signature_algorithm.is_ecdsa() => with_low_s(&self.der, curve),
            _ => self.der.clone(),
        }
    }

    /// The same certificate in its canonical bytes.
    pub(crate) fn into_canonical(self, issuer_curve: Option<Curve>) -> Result<Self, IdentityError> {
        let canonical = self.canonical_der(issuer_curve);
        if canonical == self.der {
            Ok(self)
        } else {
            Self::from_der(&canonical)
        }
    }
}

impl Extensions {
    fn from_parsed(extensions: &[X509Extension<'_>]) -> Result<Self, IdentityError> {
        let mut facts = Self::default();
        for extension in extensions {
            match extension.parsed_extension() {
                ParsedExtension::BasicConstraints(constraints) => {
                    facts.is_authority = constraints.ca;
                    facts.path_length_max = constraints.path_len_constraint;
                }
                ParsedExtension::KeyUsage(usage) => {
                    facts.may_sign_certificates = Some(usage.key_cert_sign());
                }
                ParsedExtension::ExtendedKeyUsage(usage) => {
                    facts.may_authenticate_server = Some(usage.any || usage.server_auth);
                }
                ParsedExtension::SubjectKeyIdentifier(id) => {
                    facts.subject_key_id = Some(id.0.to_vec());
                }
                ParsedExtension::NameConstraints(_) => facts.has_name_constraints = true,
                ParsedExtension::ParseError { .. } => {
                    return Err(IdentityError::MalformedCertificate {
                        reason: "an extension is not DER",
                    });
                }
                ParsedExtension::AuthorityKeyIdentifier(_)
                | ParsedExtension::SubjectAlternativeName(_)
                | ParsedExtension::CertificatePolicies(_)
                | ParsedExtension::CRLDistributionPoints(_)
                | ParsedExtension::AuthorityInfoAccess(_) => {}
                _ => facts.has_unknown_critical |= extension.critical,
            }
        }
        Ok(facts)
    }
}

fn common_name(certificate: &X509Certificate<'_>) -> String {
    let name = certificate
        .subject()
        .iter_common_name()
        .next()
        .and_then(|name| name.as_str().ok());
    name.unwrap_or_default().to_owned()
}

fn organizational_units(certificate: &X509Certificate<'_>) -> Vec<String> {
    let units = certificate.subject().iter_organizational_unit();
    units
        .filter_map(|unit| unit.as_str().ok())
        .map(str::to_owned)
        .collect()
}
