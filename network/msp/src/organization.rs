//! Organisations for development and tests: authorities, nodes, an administrator and users, with
//! certificates like those of `cryptogen`.
//!
//! The private keys of the authorities are at hand and on disk in clear text. That is what a
//! development network needs and what no production network may have.

mod authority;
mod folder;
mod spec;

use std::fmt;
use std::path::Path;

use fabric_protos::msp::{FabricCryptoConfig, FabricMspConfig, FabricNodeOUs, FabricOuIdentifier};

pub use spec::{NodeSpec, OrganizationKind, OrganizationSpec};

use self::authority::{Authority, TLS_USAGE, Usage};
use crate::error::{IdentityError, MspError, OrganizationError};
use crate::layout::{ADMIN, OrganizationLayout};
use crate::msp::Msp;
use crate::private_key::PrivateKey;
use crate::signing_identity::SigningIdentity;

/// A generated organisation, with all keys.
#[derive(Debug)]
pub struct Organization {
    spec: OrganizationSpec,
    authority: Authority,
    tls_authority: Authority,
    members: Vec<Member>,
}

/// A node, administrator or user of a generated organisation.
#[derive(Debug)]
pub struct Member {
    short_name: String,
    name: String,
    is_node: bool,
    identity: SigningIdentity,
    private_key: PrivateKeyPem,
    tls: TlsMaterial,
}

/// Certificate and key for TLS, good for servers and clients.
#[derive(Debug)]
pub struct TlsMaterial {
    /// The certificate, in PEM.
    pub certificate_pem: String,
    /// Its key, PKCS#8 in PEM.
    pub private_key: PrivateKeyPem,
    /// The authority that issued it, in PEM.
    pub authority_pem: String,
}

/// A private key in PEM (PKCS#8). It does not show in debug output.
#[derive(Clone)]
pub struct PrivateKeyPem(String);

impl PrivateKeyPem {
    /// The key itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PrivateKeyPem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PrivateKeyPem(..)")
    }
}

impl Member {
    /// Name within the organisation: `peer0`, `Admin`, `User1`.
    #[must_use]
    pub fn short_name(&self) -> &str {
        &self.short_name
    }

    /// Common name: `peer0.org1.example.com`, `User1@org1.example.com`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Signs for the member.
    #[must_use]
    pub fn identity(&self) -> &SigningIdentity {
        &self.identity
    }

    /// The key of the identity.
    #[must_use]
    pub fn private_key(&self) -> &PrivateKeyPem {
        &self.private_key
    }

    /// Certificate and key for TLS.
    #[must_use]
    pub fn tls(&self) -> &TlsMaterial {
        &self.tls
    }
}

impl Organization {
    /// Makes all keys and certificates of an organisation.
    ///
    /// # Errors
    ///
    /// [`OrganizationError::InvalidSpec`] for names and dates that cannot stand in certificates.
    pub fn generate(spec: &OrganizationSpec) -> Result<Self, OrganizationError> {
        spec.check()?;
        let mut organization = Self {
            authority: Authority::generate(&format!("ca.{}", spec.domain), spec)?,
            tls_authority: Authority::generate(&format!("tlsca.{}", spec.domain), spec)?,
            members: Vec::new(),
            spec: spec.clone(),
        };
        for node in &spec.nodes {
            organization.add_node(node)?;
        }
        organization.add_user(ADMIN, "admin")?;
        for number in 1..=spec.users {
            organization.add_user(&format!("User{number}"), "client")?;
        }
        Ok(organization)
    }

    /// One more client of an organisation that was generated before, from the private key of its
    /// authority for identities: PEM, in `ca/priv_sk` of its folder. The certificate has the dates of
    /// `spec`, which may be over.
    ///
    /// # Errors
    ///
    /// [`OrganizationError::Identity`] where the text holds no such key; otherwise as
    /// [`Organization::generate`].
    pub fn enroll(
        authority_key_pem: &str,
        spec: &OrganizationSpec,
        name: &str,
    ) -> Result<SigningIdentity, OrganizationError> {
        spec.check()?;
        let refused = |source: IdentityError| OrganizationError::Identity {
            name: name.to_owned(),
            source,
        };
        let key = PrivateKey::from_pem(authority_key_pem.as_bytes()).map_err(refused)?;
        let key_pem = PrivateKeyPem(authority_key_pem.to_owned());
        let authority = Authority::of(&format!("ca.{}", spec.domain), spec, key, key_pem)?;
        let usage = Usage {
            unit: Some("client"),
            ..Usage::default()
        };
        let issued = authority.issue(name, spec, &usage)?;
        let (certificate, key) = (&issued.certificate_pem, issued.private_key.expose());
        SigningIdentity::from_pem(&spec.msp_id, certificate, key).map_err(refused)
    }

    /// What the organisation was made from.
    #[must_use]
    pub fn spec(&self) -> &OrganizationSpec {
        &self.spec
    }

    /// Its nodes, then `Admin`, then its users.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// A member by short name.
    #[must_use]
    pub fn member(&self, short_name: &str) -> Option<&Member> {
        self.members
            .iter()
            .find(|member| member.short_name == short_name)
    }

    /// The authority for identities, in PEM.
    #[must_use]
    pub fn authority_pem(&self) -> &str {
        &self.authority.certificate_pem
    }

    /// The authority for TLS, in PEM.
    #[must_use]
    pub fn tls_authority_pem(&self) -> &str {
        &self.tls_authority.certificate_pem
    }

    /// The definition of the organisation, as it goes into a channel's configuration.
    #[must_use]
    pub fn msp_config(&self) -> FabricMspConfig {
        let certificate = self.authority.certificate_pem.clone();
        let unit = |name: &str| {
            Some(FabricOuIdentifier {
                certificate: certificate.clone().into(),
                organizational_unit_identifier: name.to_owned(),
            })
        };
        FabricMspConfig {
            name: self.spec.msp_id.clone(),
            root_certs: vec![certificate.clone().into()],
            crypto_config: Some(FabricCryptoConfig {
                signature_hash_family: "SHA2".to_owned(),
                identity_identifier_hash_function: "SHA256".to_owned(),
            }),
            tls_root_certs: vec![self.tls_authority.certificate_pem.clone().into()],
            fabric_node_ous: Some(FabricNodeOUs {
                enable: true,
                client_ou_identifier: unit("client"),
                peer_ou_identifier: unit("peer"),
                admin_ou_identifier: unit("admin"),
                orderer_ou_identifier: unit("orderer"),
            }),
            ..FabricMspConfig::default()
        }
    }

    /// The organisation, set up to validate its members.
    ///
    /// # Errors
    ///
    /// None for an organisation that was generated without error.
    pub fn msp(&self) -> Result<Msp, MspError> {
        Msp::from_config(&self.msp_config())
    }

    /// Writes all files of the organisation below a folder `organizations`, and says where.
    ///
    /// # Errors
    ///
    /// [`OrganizationError::AlreadyExists`] rather than overwrite keys that somebody may use.
    pub fn write_to(
        &self,
        organizations_dir: impl AsRef<Path>,
    ) -> Result<OrganizationLayout, OrganizationError> {
        let layout = OrganizationLayout::new(organizations_dir, self.spec.kind, &self.spec.domain);
        folder::write(self, &layout)?;
        Ok(layout)
    }

    fn add_node(&mut self, node: &NodeSpec) -> Result<(), OrganizationError> {
        let unit = match self.spec.kind {
            OrganizationKind::Peer => "peer",
            OrganizationKind::Orderer => "orderer",
        };
        let name = format!("{}.{}", node.host, self.spec.domain);
        let mut alternative_names = vec![name.clone(), node.host.clone()];
        alternative_names.extend(node.alternative_names.iter().cloned());
        let member = self.member_of(&node.host, name, unit, alternative_names)?;
        self.members.push(Member {
            is_node: true,
            ..member
        });
        Ok(())
    }

    fn add_user(&mut self, short_name: &str, unit: &'static str) -> Result<(), OrganizationError> {
        let name = format!("{short_name}@{}", self.spec.domain);
        let member = self.member_of(short_name, name, unit, Vec::new())?;
        self.members.push(member);
        Ok(())
    }

    fn member_of(
        &self,
        short_name: &str,
        name: String,
        unit: &'static str,
        tls_alternative_names: Vec<String>,
    ) -> Result<Member, OrganizationError> {
        let identity_usage = Usage {
            unit: Some(unit),
            ..Usage::default()
        };
        let identity = self.authority.issue(&name, &self.spec, &identity_usage)?;
        let tls_usage = Usage {
            alternative_names: tls_alternative_names,
            ..TLS_USAGE
        };
        let tls = self.tls_authority.issue(&name, &self.spec, &tls_usage)?;
        let refused = |source: IdentityError| OrganizationError::Identity {
            name: name.clone(),
            source,
        };
        Ok(Member {
            identity: SigningIdentity::from_pem(
                &self.spec.msp_id,
                &identity.certificate_pem,
                identity.private_key.expose(),
            )
            .map_err(refused)?,
            private_key: identity.private_key,
            tls: TlsMaterial {
                certificate_pem: tls.certificate_pem,
                private_key: tls.private_key,
                authority_pem: self.tls_authority.certificate_pem.clone(),
            },
            short_name: short_name.to_owned(),
            is_node: false,
            name,
        })
    }
}
