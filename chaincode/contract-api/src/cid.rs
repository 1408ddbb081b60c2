//! Who signed a transaction, from the creator's certificate: what Fabric's `cid` packages offer.
//!
//! The peer has checked the certificate and the signature. This only reads.

mod name;

use std::collections::BTreeMap;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use x509_parser::{oid_registry::Oid, pem::parse_x509_pem, prelude::X509Certificate};

use crate::peer::Creator;
use name::DistinguishedName;

/// The certificate extension in which Fabric's CA puts attributes.
const ATTRIBUTES_OID: [u64; 9] = [1, 2, 3, 4, 5, 6, 7, 8, 1];

/// The identity that signed a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientIdentity {
    msp_id: String,
    certificate_pem: Vec<u8>,
    certificate_der: Vec<u8>,
    subject: DistinguishedName,
    issuer: DistinguishedName,
    attributes: BTreeMap<String, String>,
    public_key_sha256: [u8; 32],
}

/// Why an identity cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// Not PEM, or not an X.509 certificate in it.
    #[error("the creator's identity is not an X.509 certificate in PEM: {reason}")]
    Certificate {
        /// What the parser says.
        reason: String,
    },
    /// The attribute extension is there but is not Fabric's JSON.
    #[error("the attributes in the creator's certificate cannot be read: {reason}")]
    Attributes {
        /// What is wrong.
        reason: String,
    },
    /// The caller has not the attribute, or not of this value.
    #[error("the caller's certificate has no attribute {name} of value {value}")]
    Attribute {
        /// The attribute.
        name: String,
        /// The value asked for.
        value: String,
    },
}

impl ClientIdentity {
    /// Reads the creator of a proposal.
    pub fn of(creator: &Creator) -> Result<Self, IdentityError> {
        let unreadable = |reason: String| IdentityError::Certificate { reason };
        let (_, pem) = parse_x509_pem(&creator.certificate_pem)
            .map_err(|error| unreadable(error.to_string()))?;
        let certificate = pem
            .parse_x509()
            .map_err(|error| unreadable(error.to_string()))?;
        Ok(Self {
            msp_id: creator.msp_id.clone(),
            certificate_pem: creator.certificate_pem.clone(),
            certificate_der: pem.contents.clone(),
            subject: DistinguishedName::of(certificate.subject()),
            issuer: DistinguishedName::of(certificate.issuer()),
            attributes: attributes(&certificate)?,
            public_key_sha256: Sha256::digest(certificate.public_key().raw).into(),
        })
    }

    /// The organisation's MSP id.
    pub fn msp_id(&self) -> &str {
        &self.msp_id
    }

    /// The certificate as in the proposal.
    pub fn certificate_pem(&self) -> &[u8] {
        &self.certificate_pem
    }

    /// An attribute that the CA wrote into the certificate.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// The caller must have an attribute of this value (Go's `AssertAttributeValue`).
    pub fn require_attribute(&self, name: &str, value: &str) -> Result<(), IdentityError> {
        match self.attribute(name) {
            Some(own) if own == value => Ok(()),
            _ => Err(IdentityError::Attribute {
                name: name.to_owned(),
                value: value.to_owned(),
            }),
        }
    }

    /// All attributes that the CA wrote into the certificate.
    pub fn attributes(&self) -> &BTreeMap<String, String> {
        &self.attributes
    }

    /// The certificate in DER, for a parser of X.509 (Go's `GetX509Certificate`).
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate_der
    }

    /// The subject's common name: the enrolment id of the CA. Two organisations can give the same.
    pub fn common_name(&self) -> Option<&str> {
        self.subject.common_name()
    }

    /// The subject's organisational units: the `NodeOU` role (`client`, `admin`, …) and affiliations.
    pub fn organizational_units(&self) -> impl Iterator<Item = &str> {
        self.subject.organizational_units()
    }

    /// Whether the subject has this organisational unit.
    pub fn has_organizational_unit(&self, unit: &str) -> bool {
        self.organizational_units().any(|own| own == unit)
    }

    /// SHA-256 of the DER of `SubjectPublicKeyInfo`: stays the same when a certificate is renewed
    /// for the same key, and differs between organisations with equal subject names.
    pub fn public_key_sha256(&self) -> [u8; 32] {
        self.public_key_sha256
    }

    /// [`ClientIdentity::public_key_sha256`] in lower-case hexadecimal.
    pub fn public_key_hash(&self) -> String {
        hex::encode(self.public_key_sha256)
    }

    /// The client id as Go chaincode writes it (`cid.GetID`): base64 of `x509::subject::issuer`.
    pub fn id_go(&self) -> String {
        use base64::Engine;
        let plain = format!("x509::{}::{}", self.subject.to_go(), self.issuer.to_go());
        base64::engine::general_purpose::STANDARD.encode(plain)
    }

    /// The client id as Node chaincode writes it: `x509::/C=…/CN=…::/C=…/CN=…`.
    pub fn id_node(&self) -> String {
        format!(
            "x509::{}::{}",
            self.subject.to_node(),
            self.issuer.to_node()
        )
    }

    /// The client id as Java chaincode writes it: `x509::CN=…, O=…::CN=…, O=…`.
    pub fn id_java(&self) -> String {
        format!(
            "x509::{}::{}",
            self.subject.to_java(),
            self.issuer.to_java()
        )
    }
}

fn attributes(
    certificate: &X509Certificate<'_>,
) -> Result<BTreeMap<String, String>, IdentityError> {
    #[derive(Deserialize)]
    struct Extension {
        #[serde(default)]
        attrs: BTreeMap<String, String>,
    }
    let unreadable = |reason: String| IdentityError::Attributes { reason };
    let oid = Oid::from(&ATTRIBUTES_OID).map_err(|_| unreadable("bad object id".to_owned()))?;
    let extension = certificate
        .get_extension_unique(&oid)
        .map_err(|error| unreadable(error.to_string()))?;
    match extension {
        None => Ok(BTreeMap::new()),
        Some(extension) => serde_json::from_slice::<Extension>(extension.value)
            .map(|extension| extension.attrs)
            .map_err(|error| unreadable(error.to_string())),
    }
}
