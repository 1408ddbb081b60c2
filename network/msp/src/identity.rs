//! A validated identity of somebody else: what it may do, and whether it signed.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use fabric_protos::common::MspPrincipal;

use crate::IdentityError;
use crate::certificate::Certificate;
use crate::ecdsa_signature::Curve;
use crate::node_units::CertifiersId;
use crate::principal;
use crate::role::Roles;

/// An identity whose chain and units stand. It may have expired: see [`Identity::expires_at`].
#[derive(Debug)]
pub struct Identity {
    pub(crate) msp_id: String,
    pub(crate) certificate: Certificate,
    pub(crate) roles: Roles,
    pub(crate) certifiers_id: CertifiersId,
    pub(crate) issuer_curve: Option<Curve>,
}

impl Identity {
    /// The organisation.
    #[must_use]
    pub fn msp_id(&self) -> &str {
        &self.msp_id
    }

    /// The X.509 certificate, in DER.
    #[must_use]
    pub fn certificate(&self) -> &Bytes {
        &self.certificate.der
    }

    /// The certificate, in PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        self.certificate.to_pem()
    }

    /// The public key as a DER `SubjectPublicKeyInfo`, of which controllers of accounts are named
    /// by hash.
    #[must_use]
    pub fn public_key_der(&self) -> &Bytes {
        &self.certificate.public_key_info
    }

    /// The common name of the certificate; empty if it has none.
    #[must_use]
    pub fn common_name(&self) -> &str {
        &self.certificate.common_name
    }

    /// The organisational units of the certificate.
    #[must_use]
    pub fn organizational_units(&self) -> &[String] {
        &self.certificate.organizational_units
    }

    /// What the organisation lets the identity be.
    #[must_use]
    pub fn roles(&self) -> Roles {
        self.roles
    }

    /// When the certificate expires. Validation does not look at it, because old blocks stay
    /// valid; an endpoint must, before it serves the identity.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        moment(self.certificate.not_after)
    }

    /// Checks a signature of a message.
    ///
    /// # Errors
    ///
    /// [`IdentityError::HighS`] for the form that Fabric refuses, otherwise
    /// [`IdentityError::InvalidSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), IdentityError> {
        self.certificate
            .public_key
            .verify_message(message, signature)
    }

    /// Whether the identity meets a principal of a policy.
    ///
    /// # Errors
    ///
    /// [`IdentityError::MalformedPrincipal`] if the principal cannot be understood; for a policy
    /// that is the same as "no".
    pub fn satisfies(&self, principal: &MspPrincipal) -> Result<bool, IdentityError> {
        principal::satisfies(self, principal)
    }
}

/// Seconds since 1970 as a moment; what no clock can show is the beginning.
pub(crate) fn moment(seconds: i64) -> SystemTime {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let moment = if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    };
    moment.unwrap_or(SystemTime::UNIX_EPOCH)
}
