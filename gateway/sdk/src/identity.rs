//! Who a gateway acts as: the identity that peers check, and the key that signs for it, here or elsewhere.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use fabric_msp::{IdentityError, SigningIdentity};
use fabric_protos::msp::SerializedIdentity;
use futures::future::BoxFuture;
use prost::Message as _;

/// A key that is not kept here: a hardware module, a signing service.
pub trait Signer: Send + Sync + 'static {
    /// Signs a whole message as Fabric expects of the key: ECDSA over its SHA-256 digest in DER
    /// with low S, or Ed25519 over the message itself.
    fn sign<'a>(&'a self, message: &'a [u8]) -> BoxFuture<'a, Result<Bytes, SignError>>;
}

/// A signer failed.
#[derive(Debug, thiserror::Error)]
#[error("the signer failed")]
pub struct SignError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl SignError {
    /// Wraps the failure of a signer.
    pub fn new(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

/// A member of an organisation. Cheap to clone.
#[derive(Clone)]
pub struct Identity {
    msp_id: Arc<str>,
    creator: Bytes,
    key: Key,
}

#[derive(Clone)]
enum Key {
    Here(SigningIdentity),
    Elsewhere(Arc<dyn Signer>),
    Absent,
}

impl Identity {
    /// Loads an MSP folder, `signcerts` and `keystore`, as `cryptogen` and Fabric's CA client make it.
    ///
    /// # Errors
    ///
    /// What [`SigningIdentity::from_msp_dir`] says of the folder.
    pub fn from_msp_dir(
        dir: impl AsRef<Path>,
        msp_id: impl Into<String>,
    ) -> Result<Self, IdentityError> {
        Ok(SigningIdentity::from_msp_dir(dir, msp_id)?.into())
    }

    /// An identity from the PEM texts of a certificate and of its private key.
    ///
    /// # Errors
    ///
    /// What [`SigningIdentity::from_pem`] says of the texts.
    pub fn from_pem(
        msp_id: impl Into<String>,
        certificate_pem: impl AsRef<[u8]>,
        key_pem: impl AsRef<[u8]>,
    ) -> Result<Self, IdentityError> {
        Ok(SigningIdentity::from_pem(msp_id, certificate_pem, key_pem)?.into())
    }

    /// An identity whose key signs through `signer`.
    pub fn with_signer(
        msp_id: &str,
        certificate_pem: impl AsRef<[u8]>,
        signer: Arc<dyn Signer>,
    ) -> Self {
        Self::new(msp_id, certificate_pem.as_ref(), Key::Elsewhere(signer))
    }

    /// An identity without a key: every step is signed off-line, with `with_signature`.
    pub fn without_key(msp_id: &str, certificate_pem: impl AsRef<[u8]>) -> Self {
        Self::new(msp_id, certificate_pem.as_ref(), Key::Absent)
    }

    fn new(msp_id: &str, certificate_pem: &[u8], key: Key) -> Self {
        let serialized = SerializedIdentity {
            mspid: msp_id.to_owned(),
            id_bytes: Bytes::copy_from_slice(certificate_pem),
        };
        Self {
            msp_id: msp_id.into(),
            creator: serialized.encode_to_vec().into(),
            key,
        }
    }

    /// The organisation.
    #[must_use]
    pub fn msp_id(&self) -> &str {
        &self.msp_id
    }

    /// The bytes by which peers know the identity: a `SerializedIdentity`.
    #[must_use]
    pub fn creator(&self) -> &Bytes {
        &self.creator
    }

    /// Whether it signs by itself.
    pub(crate) fn has_key(&self) -> bool {
        !matches!(self.key, Key::Absent)
    }

    /// Signs, or gives `None` if there is no key.
    pub(crate) async fn sign(&self, message: &[u8]) -> Option<Result<Bytes, SignError>> {
        match &self.key {
            Key::Here(identity) => Some(identity.sign(message).map_err(SignError::new)),
            Key::Elsewhere(signer) => Some(signer.sign(message).await),
            Key::Absent => None,
        }
    }
}

impl From<SigningIdentity> for Identity {
    fn from(identity: SigningIdentity) -> Self {
        let (msp_id, creator) = (identity.msp_id().into(), identity.serialized().clone());
        Self {
            msp_id,
            creator,
            key: Key::Here(identity),
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Identity")
            .field("msp_id", &self.msp_id)
            .finish_non_exhaustive()
    }
}
