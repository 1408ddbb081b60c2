//! An identity of our own: a certificate with its private key.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use fabric_protos::msp::SerializedIdentity;
use prost::Message;

use crate::IdentityError;
use crate::certificate::Certificate;
use crate::identity::moment;
use crate::msp_folder::{self, KEYSTORE, SIGNCERTS};
use crate::private_key::PrivateKey;

/// Signs as a member of an organisation. Cheap to clone.
#[derive(Clone)]
pub struct SigningIdentity(Arc<Parts>);

struct Parts {
    msp_id: String,
    certificate: Certificate,
    certificate_pem: String,
    serialized: Bytes,
    key: PrivateKey,
}

impl SigningIdentity {
    /// Loads an MSP folder: the first certificate of `signcerts`, and whichever key of `keystore`
    /// belongs to it. File names do not matter.
    ///
    /// # Errors
    ///
    /// [`IdentityError::Unreadable`] or [`IdentityError::Missing`] for the folder,
    /// [`IdentityError::KeyMismatch`] if no key belongs to the certificate.
    pub fn from_msp_dir(
        dir: impl AsRef<Path>,
        msp_id: impl Into<String>,
    ) -> Result<Self, IdentityError> {
        let (signcerts, keystore) = (dir.as_ref().join(SIGNCERTS), dir.as_ref().join(KEYSTORE));
        let certificate = Certificate::from_pem(&first_certificate(&signcerts)?)?;
        let key = matching_key(&keystore, &certificate)?;
        Ok(Self::new(msp_id.into(), certificate, key))
    }

    /// An identity from the PEM texts of a certificate and of its key (PKCS#8 or SEC1).
    ///
    /// # Errors
    ///
    /// [`IdentityError::KeyMismatch`] if they do not belong together, and others for texts that
    /// are not what they should be.
    pub fn from_pem(
        msp_id: impl Into<String>,
        certificate_pem: impl AsRef<[u8]>,
        key_pem: impl AsRef<[u8]>,
    ) -> Result<Self, IdentityError> {
        let certificate = Certificate::from_pem(certificate_pem.as_ref())?;
        let key = PrivateKey::from_pem(key_pem.as_ref())?;
        if !belongs(&key, &certificate) {
            return Err(mismatch(
                &certificate,
                "take the key that was made with it".to_owned(),
            ));
        }
        Ok(Self::new(msp_id.into(), certificate, key))
    }

    fn new(msp_id: String, certificate: Certificate, key: PrivateKey) -> Self {
        let certificate_pem = certificate.to_pem();
        let id_bytes = Bytes::copy_from_slice(certificate_pem.as_bytes());
        let serialized = SerializedIdentity {
            mspid: msp_id.clone(),
            id_bytes,
        }
        .encode_to_vec()
        .into();
        Self(Arc::new(Parts {
            msp_id,
            certificate,
            certificate_pem,
            serialized,
            key,
        }))
    }

    /// The same identity with signatures that repeat: a message is always signed with the same
    /// bytes (RFC 6979). For chains that are to come out the same each time; ten times slower.
    ///
    /// # Errors
    ///
    /// [`IdentityError::UnusablePrivateKey`] if the cryptographic library does not give the key.
    pub fn repeatable(&self) -> Result<Self, IdentityError> {
        let certificate = Certificate::from_pem(self.0.certificate_pem.as_bytes())?;
        let key = self.0.key.repeatable()?;
        Ok(Self::new(self.0.msp_id.clone(), certificate, key))
    }

    /// The organisation.
    #[must_use]
    pub fn msp_id(&self) -> &str {
        &self.0.msp_id
    }

    /// The X.509 certificate, in DER.
    #[must_use]
    pub fn certificate(&self) -> &Bytes {
        &self.0.certificate.der
    }

    /// The certificate, in PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.0.certificate_pem
    }

    /// The public key as a DER `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn public_key_der(&self) -> &Bytes {
        &self.0.certificate.public_key_info
    }

    /// The bytes of a `SerializedIdentity`: what goes into `creator` and `endorser` fields.
    #[must_use]
    pub fn serialized(&self) -> &Bytes {
        &self.0.serialized
    }

    /// When the certificate expires; Fabric refuses the identity from then on.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        moment(self.0.certificate.not_after)
    }

    /// Signs a message: ECDSA over its SHA-256 digest, DER with low S (or Ed25519 over itself).
    ///
    /// # Errors
    ///
    /// [`IdentityError::SigningFailed`] if the cryptographic library fails.
    pub fn sign(&self, message: &[u8]) -> Result<Bytes, IdentityError> {
        self.0.key.sign(message)
    }

    /// Signs a SHA-256 digest that the caller made.
    ///
    /// # Errors
    ///
    /// [`IdentityError::UnusablePrivateKey`] for an Ed25519 key, which signs whole messages only.
    pub fn sign_digest(&self, digest: &[u8; 32]) -> Result<Bytes, IdentityError> {
        self.0.key.sign_digest(digest)
    }
}

impl fmt::Debug for SigningIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.0.certificate.common_name;
        formatter
            .debug_struct("SigningIdentity")
            .field("msp_id", &self.0.msp_id)
            .field("name", name)
            .finish_non_exhaustive()
    }
}

fn first_certificate(signcerts: &Path) -> Result<Bytes, IdentityError> {
    let texts = msp_folder::pem_texts(signcerts)
        .map_err(|(path, source)| IdentityError::Unreadable { path, source })?;
    texts
        .into_iter()
        .next()
        .ok_or_else(|| IdentityError::Missing {
            path: signcerts.into(),
            expected: "certificate",
        })
}

fn matching_key(keystore: &Path, certificate: &Certificate) -> Result<PrivateKey, IdentityError> {
    let files = msp_folder::files(keystore)
        .map_err(|(path, source)| IdentityError::Unreadable { path, source })?;
    let mut reason = None;
    let mut keys_seen = 0;
    for path in files {
        let text = fs::read(&path).map_err(|source| IdentityError::Unreadable { path, source })?;
        match PrivateKey::from_pem(&text) {
            Ok(key) if belongs(&key, certificate) => return Ok(key),
            Ok(_) => keys_seen += 1,
            Err(error) => reason = Some(error),
        }
    }
    match reason {
        // A damaged key next to good ones of others is no explanation.
        Some(error) if keys_seen == 0 => Err(error),
        _ if keys_seen == 0 => Err(IdentityError::Missing {
            path: keystore.into(),
            expected: "private key",
        }),
        _ => Err(mismatch(
            certificate,
            format!("{keys_seen} other keys are in {}", keystore.display()),
        )),
    }
}

fn belongs(key: &PrivateKey, certificate: &Certificate) -> bool {
    key.public_key_bytes() == certificate.public_key.bytes()
}

fn mismatch(certificate: &Certificate, hint: String) -> IdentityError {
    IdentityError::KeyMismatch {
        subject: certificate.common_name.clone(),
        hint,
    }
}
