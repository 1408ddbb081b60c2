//! Private keys: ECDSA on P-256 and P-384, and Ed25519. They sign and never leave this crate except as
//! the PEM text that an organisation is written with.

use aws_lc_rs::digest::{Digest, SHA256, SHA384, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair,
};
use bytes::Bytes;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use sha2::{Digest as _, Sha256};

use crate::IdentityError;
use crate::ecdsa_signature::{Curve, EcdsaSignature};
use crate::pem_text;
use crate::signature_memory::MEMORY;

/// Separates the keys of this crate from whatever else is derived from the same seed.
const SEED_DOMAIN: &[u8] = b"fabric-msp P-256 key";

/// A key that signs.
#[derive(Debug)]
pub(crate) enum PrivateKey {
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    /// Signs a message always with the same bytes (RFC 6979), at a tenth of the speed.
    Repeatable {
        pair: EcdsaKeyPair,
        signer: p256::ecdsa::SigningKey,
    },
    Ed25519(Ed25519KeyPair),
}

impl PrivateKey {
    /// A fresh P-256 key, and its PKCS#8 form.
    pub(crate) fn generate_p256() -> Option<(Self, Vec<u8>)> {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?;
        let pkcs8 = key.to_pkcs8v1().ok()?.as_ref().to_vec();
        Some((Self::P256(key), pkcs8))
    }

    /// The P-256 key that a seed has for a name, and its PKCS#8 form. Its signatures repeat.
    pub(crate) fn from_seed(seed: &[u8; 32], name: &str) -> Option<(Self, Vec<u8>)> {
        // A digest beyond the order of the curve is no key: the chance is 1 in 4 billion.
        let signer = (0..u8::MAX).find_map(|attempt| {
            let scalar = Sha256::new()
                .chain_update(SEED_DOMAIN)
                .chain_update(seed)
                .chain_update([attempt])
                .chain_update(name)
                .finalize();
            p256::ecdsa::SigningKey::from_bytes(&scalar).ok()
        })?;
        let der = signer.to_pkcs8_der().ok()?;
        let pair =
            EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der.as_bytes());
        let pair = pair.ok()?;
        let pkcs8 = pair.to_pkcs8v1().ok()?.as_ref().to_vec();
        Some((Self::Repeatable { pair, signer }, pkcs8))
    }

    /// The same key, with signatures that repeat. Those of Ed25519 always do.
    pub(crate) fn repeatable(&self) -> Result<Self, IdentityError> {
        let unusable = IdentityError::UnusablePrivateKey {
            reason: "it cannot be written as PKCS#8",
        };
        match self {
            Self::P256(pair) | Self::Repeatable { pair, .. } => {
                let Ok(der) = pair.to_pkcs8v1() else {
                    return Err(unusable);
                };
                match (
                    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.as_ref()),
                    p256::ecdsa::SigningKey::from_pkcs8_der(der.as_ref()),
                ) {
                    (Ok(pair), Ok(signer)) => Ok(Self::Repeatable { pair, signer }),
                    _ => Err(unusable),
                }
            }
            Self::P384(_) => Err(IdentityError::UnusablePrivateKey {
                reason: "signatures of P-384 keys do not repeat; take a P-256 key",
            }),
            Self::Ed25519(key) => match key.to_pkcs8() {
                Ok(der) => Self::from_der(der.as_ref()),
                Err(_) => Err(unusable),
            },
        }
    }

    /// Reads PKCS#8 or SEC1; an `EC PARAMETERS` block before the key is skipped.
    pub(crate) fn from_pem(text: &[u8]) -> Result<Self, IdentityError> {
        let blocks = pem_text::blocks(text);
        let unusable = |reason| Err(IdentityError::UnusablePrivateKey { reason });
        let Some(block) = blocks
            .iter()
            .find(|block| block.tag().ends_with(pem_text::PRIVATE_KEY))
        else {
            return Err(IdentityError::NotPem {
                expected: pem_text::PRIVATE_KEY,
            });
        };
        if block.tag().starts_with("ENCRYPTED") || block.headers().iter().next().is_some() {
            return unusable("it is encrypted; decrypt it with `openssl pkcs8`");
        }
        Self::from_der(block.contents())
    }

    fn from_der(der: &[u8]) -> Result<Self, IdentityError> {
        if let Ok(key) = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der) {
            return Ok(Self::P256(key));
        }
        if let Ok(key) = EcdsaKeyPair::from_private_key_der(&ECDSA_P384_SHA384_FIXED_SIGNING, der) {
            return Ok(Self::P384(key));
        }
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(der)
            .map(Self::Ed25519)
            .map_err(|_| IdentityError::UnusablePrivateKey {
                reason: "it must be an ECDSA P-256, P-384 or Ed25519 key in PKCS#8 or SEC1 form",
            })
    }

    /// The point, or the 32 bytes of an Ed25519 key, as in a certificate.
    pub(crate) fn public_key_bytes(&self) -> &[u8] {
        match self {
            Self::P256(pair) | Self::P384(pair) | Self::Repeatable { pair, .. } => {
                pair.public_key().as_ref()
            }
            Self::Ed25519(key) => key.public_key().as_ref(),
        }
    }

    /// Signs a message: its SHA-256 digest for ECDSA, with low S in DER.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Bytes, IdentityError> {
        let digest = digest(&SHA256, message);
        let Self::Ed25519(key) = self else {
            return self.sign_hashed(&digest);
        };
        let signature = key
            .try_sign(message)
            .map_err(|_| IdentityError::SigningFailed)?;
        MEMORY.remember(self.public_key_bytes(), &digest, signature.as_ref());
        Ok(Bytes::copy_from_slice(signature.as_ref()))
    }

    /// Signs a SHA-256 digest; ECDSA only, since Ed25519 signs whole messages.
    pub(crate) fn sign_digest(&self, digest: &[u8; 32]) -> Result<Bytes, IdentityError> {
        let digest =
            Digest::import_less_safe(digest, &SHA256).map_err(|_| IdentityError::SigningFailed)?;
        self.sign_hashed(&digest)
    }

    /// What is signed here need not be verified in this process again.
    fn sign_hashed(&self, digest: &Digest) -> Result<Bytes, IdentityError> {
        let signature = match self {
            Self::P256(key) => key
                .sign_digest(digest)
                .map_err(|_| IdentityError::SigningFailed)
                .and_then(|halves| low_s(halves.as_ref(), Curve::P256))?,
            Self::P384(key) => key
                .sign_digest(&widened(digest)?)
                .map_err(|_| IdentityError::SigningFailed)
                .and_then(|halves| low_s(halves.as_ref(), Curve::P384))?,
            Self::Repeatable { signer, .. } => {
                let halves: p256::ecdsa::Signature = signer
                    .sign_prehash(digest.as_ref())
                    .map_err(|_| IdentityError::SigningFailed)?;
                low_s(&halves.to_bytes(), Curve::P256)?
            }
            Self::Ed25519(_) => {
                return Err(IdentityError::UnusablePrivateKey {
                    reason: "an Ed25519 key signs whole messages, not digests",
                });
            }
        };
        MEMORY.remember(self.public_key_bytes(), digest, &signature);
        Ok(signature)
    }
}

/// The digest as a number of as many bytes as P-384 has: peers check SHA-256 whatever the curve
/// (`bccsp/sw/ecdsa.go`), and zeros in front do not change a number.
fn widened(digest: &Digest) -> Result<Digest, IdentityError> {
    let mut wide = [0; 48];
    wide[16..].copy_from_slice(digest.as_ref());
    Digest::import_less_safe(&wide, &SHA384).map_err(|_| IdentityError::SigningFailed)
}

fn low_s(halves: &[u8], curve: Curve) -> Result<Bytes, IdentityError> {
    let signature = EcdsaSignature::from_halves(halves).ok_or(IdentityError::SigningFailed)?;
    Ok(signature.into_low_s(curve).to_der().into())
}
