//! Users with certificates, one CA per organisation.

use std::collections::BTreeMap;

use rcgen::{CertificateParams, CustomExtension, DistinguishedName, DnType, Issuer, KeyPair};

use super::TestingError;
use crate::peer::Creator;

/// Where Fabric's CA puts attributes.
const ATTRIBUTES_OID: [u64; 9] = [1, 2, 3, 4, 5, 6, 7, 8, 1];

/// Someone who can sign a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User(Creator);

impl User {
    /// The identity as it stands in a proposal.
    pub fn creator(&self) -> &Creator {
        &self.0
    }
}

/// What a user's certificate says beside the name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UserOptions {
    role: String,
    attributes: BTreeMap<String, String>,
}

impl Default for UserOptions {
    /// A client without attributes.
    fn default() -> Self {
        Self::role("client")
    }
}

impl UserOptions {
    /// An administrator of the organisation.
    pub fn admin() -> Self {
        Self::role("admin")
    }

    /// The `NodeOU` role: an organisational unit of the subject.
    pub fn role(role: &str) -> Self {
        Self {
            role: role.to_owned(),
            attributes: BTreeMap::new(),
        }
    }

    /// Adds an attribute, as Fabric's CA writes it.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: &str) -> Self {
        self.attributes.insert(name.to_owned(), value.to_owned());
        self
    }
}

/// All users made so far, and the CAs that signed their certificates.
#[derive(Default)]
pub(super) struct Users {
    authorities: BTreeMap<String, Issuer<'static, KeyPair>>,
    made: BTreeMap<(String, String, UserOptions), User>,
}

impl Users {
    pub(super) fn user(
        &mut self,
        msp_id: &str,
        name: &str,
        options: UserOptions,
    ) -> Result<User, TestingError> {
        let wanted = (msp_id.to_owned(), name.to_owned(), options);
        if let Some(user) = self.made.get(&wanted) {
            return Ok(user.clone());
        }
        let certificate_pem = self.certificate(msp_id, name, &wanted.2)?.into_bytes();
        let user = User(Creator {
            msp_id: msp_id.to_owned(),
            certificate_pem,
        });
        self.made.insert(wanted, user.clone());
        Ok(user)
    }

    fn certificate(
        &mut self,
        msp_id: &str,
        name: &str,
        options: &UserOptions,
    ) -> Result<String, TestingError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = distinguished(Some(&options.role), name);
        if !options.attributes.is_empty() {
            let attributes = serde_json::json!({ "attrs": options.attributes }).to_string();
            let extension =
                CustomExtension::from_oid_content(&ATTRIBUTES_OID, attributes.into_bytes());
            params.custom_extensions.push(extension);
        }
        let authority = self.authority(msp_id)?;
        Ok(params.signed_by(&KeyPair::generate()?, authority)?.pem())
    }

    fn authority(&mut self, msp_id: &str) -> Result<&Issuer<'static, KeyPair>, TestingError> {
        if !self.authorities.contains_key(msp_id) {
            let mut params = CertificateParams::default();
            params.distinguished_name = distinguished(None, &format!("ca.{msp_id}"));
            let authority = Issuer::new(params, KeyPair::generate()?);
            self.authorities.insert(msp_id.to_owned(), authority);
        }
        // It was put there just now, if it was not there before.
        self.authorities
            .get(msp_id)
            .ok_or(rcgen::Error::CouldNotParseCertificate.into())
    }
}

fn distinguished(role: Option<&str>, name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    if let Some(role) = role {
        distinguished.push(DnType::OrganizationalUnitName, role);
    }
    distinguished.push(DnType::CommonName, name);
    distinguished
}
