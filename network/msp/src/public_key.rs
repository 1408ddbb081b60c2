//! Public keys of certificates: checking of messages, and of other certificates.

use aws_lc_rs::digest::{Digest, SHA256, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1,
    ECDSA_P521_SHA512_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey,
    VerificationAlgorithm,
};
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use crate::IdentityError;
use crate::ecdsa_signature::{Curve, EcdsaSignature};
use crate::signature_memory::MEMORY;

const OID_EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const OID_P256: &str = "1.2.840.10045.3.1.7";
const OID_P384: &str = "1.3.132.0.34";
const OID_P521: &str = "1.3.132.0.35";
const OID_RSA: &str = "1.2.840.113549.1.1.1";
const OID_ED25519: &str = "1.3.101.112";
const OID_ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";
const OID_ECDSA_SHA384: &str = "1.2.840.10045.4.3.3";
const OID_ECDSA_SHA512: &str = "1.2.840.10045.4.3.4";
const OID_RSA_SHA256: &str = "1.2.840.113549.1.1.11";
const OID_RSA_SHA384: &str = "1.2.840.113549.1.1.12";
const OID_RSA_SHA512: &str = "1.2.840.113549.1.1.13";
/// First byte of a point that is not compressed; other forms have no place in a certificate.
const POINT_UNCOMPRESSED: u8 = 0x04;

/// What kind of key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyAlgorithm {
    Ecdsa(Curve),
    Ed25519,
    /// Of authorities alone: a peer takes no message that is signed with one
    /// (`bccsp/sw/keyimport.go`).
    Rsa,
}

/// How a certificate or a revocation list is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignatureAlgorithm {
    Ecdsa(Hash),
    Rsa(Hash),
    Ed25519,
}

/// What a certificate or a revocation list is hashed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl SignatureAlgorithm {
    pub(crate) fn from_identifier(
        identifier: &AlgorithmIdentifier<'_>,
    ) -> Result<Self, IdentityError> {
        match identifier.algorithm.to_id_string().as_str() {
            OID_ECDSA_SHA256 => Ok(Self::Ecdsa(Hash::Sha256)),
            OID_ECDSA_SHA384 => Ok(Self::Ecdsa(Hash::Sha384)),
            OID_ECDSA_SHA512 => Ok(Self::Ecdsa(Hash::Sha512)),
            OID_RSA_SHA256 => Ok(Self::Rsa(Hash::Sha256)),
            OID_RSA_SHA384 => Ok(Self::Rsa(Hash::Sha384)),
            OID_RSA_SHA512 => Ok(Self::Rsa(Hash::Sha512)),
            OID_ED25519 => Ok(Self::Ed25519),
            other => Err(IdentityError::UnsupportedAlgorithm(other.to_owned())),
        }
    }

    pub(crate) fn is_ecdsa(self) -> bool {
        matches!(self, Self::Ecdsa(_))
    }
}

/// A key, parsed once and used for many signatures.
#[derive(Debug)]
pub(crate) struct PublicKey {
    algorithm: KeyAlgorithm,
    bytes: Vec<u8>,
    messages: ParsedPublicKey,
}

impl PublicKey {
    pub(crate) fn from_info(info: &SubjectPublicKeyInfo<'_>) -> Result<Self, IdentityError> {
        let algorithm = key_algorithm(&info.algorithm)?;
        let bytes = info.subject_public_key.data.to_vec();
        let malformed = IdentityError::MalformedCertificate {
            reason: "its public key is no key of its kind",
        };
        if matches!(algorithm, KeyAlgorithm::Ecdsa(_)) && bytes.first() != Some(&POINT_UNCOMPRESSED)
        {
            return Err(malformed);
        }
        match ParsedPublicKey::new(message_verification(algorithm), &bytes) {
            Ok(messages) => Ok(Self {
                algorithm,
                bytes,
                messages,
            }),
            Err(_) => Err(malformed),
        }
    }

    pub(crate) fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The point, or the 32 bytes of an Ed25519 key.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The curve, when it is an ECDSA key.
    pub(crate) fn curve(&self) -> Option<Curve> {
        match self.algorithm {
            KeyAlgorithm::Ecdsa(curve) => Some(curve),
            KeyAlgorithm::Ed25519 | KeyAlgorithm::Rsa => None,
        }
    }

    /// Checks a signature of a message: over SHA-256 and with low S for ECDSA. One that verified
    /// lately is not computed again.
    pub(crate) fn verify_message(
        &self,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), IdentityError> {
        let digest = digest(&SHA256, message);
        if MEMORY.knows(&self.bytes, &digest, signature) {
            return Ok(());
        }
        match self.algorithm {
            KeyAlgorithm::Ecdsa(curve) => self.verify_digest(curve, &digest, signature)?,
            KeyAlgorithm::Ed25519 => self
                .messages
                .verify_sig(message, signature)
                .map_err(|_| IdentityError::InvalidSignature)?,
            KeyAlgorithm::Rsa => return Err(IdentityError::InvalidSignature),
        }
        MEMORY.remember(&self.bytes, &digest, signature);
        Ok(())
    }

    fn verify_digest(
        &self,
        curve: Curve,
        digest: &Digest,
        signature: &[u8],
    ) -> Result<(), IdentityError> {
        let parsed = EcdsaSignature::from_der(signature).ok_or(IdentityError::InvalidSignature)?;
        if !parsed.is_low_s(curve) {
            return Err(IdentityError::HighS);
        }
        self.messages
            .verify_digest_sig(digest, &parsed.to_der())
            .map_err(|_| IdentityError::InvalidSignature)
    }

    /// Checks the signature of a certificate or a revocation list; S may be high there.
    pub(crate) fn verify_document(
        &self,
        algorithm: SignatureAlgorithm,
        document: &[u8],
        signature: &[u8],
    ) -> bool {
        document_verification(self.algorithm, algorithm).is_some_and(|verification| {
            UnparsedPublicKey::new(verification, &self.bytes)
                .verify(document, signature)
                .is_ok()
        })
    }
}

fn key_algorithm(identifier: &AlgorithmIdentifier<'_>) -> Result<KeyAlgorithm, IdentityError> {
    let unsupported = |name: String| Err(IdentityError::UnsupportedAlgorithm(name));
    match identifier.algorithm.to_id_string().as_str() {
        OID_ED25519 => Ok(KeyAlgorithm::Ed25519),
        OID_RSA => Ok(KeyAlgorithm::Rsa),
        OID_EC_PUBLIC_KEY => {
            let curve = identifier
                .parameters
                .as_ref()
                .and_then(|any| any.as_oid().ok());
            match curve
                .map(|oid| oid.to_id_string())
                .unwrap_or_default()
                .as_str()
            {
                OID_P256 => Ok(KeyAlgorithm::Ecdsa(Curve::P256)),
                OID_P384 => Ok(KeyAlgorithm::Ecdsa(Curve::P384)),
                OID_P521 => Ok(KeyAlgorithm::Ecdsa(Curve::P521)),
                other => unsupported(format!("ECDSA on curve {other}")),
            }
        }
        other => unsupported(other.to_owned()),
    }
}

/// Messages are hashed with SHA-256 whatever the curve, as a channel's configuration has it.
fn message_verification(key: KeyAlgorithm) -> &'static dyn VerificationAlgorithm {
    match key {
        KeyAlgorithm::Ecdsa(curve) => ecdsa_verification(curve, Hash::Sha256),
        KeyAlgorithm::Ed25519 => &ED25519,
        KeyAlgorithm::Rsa => rsa_verification(Hash::Sha256),
    }
}

fn document_verification(
    key: KeyAlgorithm,
    signature: SignatureAlgorithm,
) -> Option<&'static dyn VerificationAlgorithm> {
    match (key, signature) {
        (KeyAlgorithm::Ecdsa(curve), SignatureAlgorithm::Ecdsa(hash)) => {
            Some(ecdsa_verification(curve, hash))
        }
        (KeyAlgorithm::Rsa, SignatureAlgorithm::Rsa(hash)) => Some(rsa_verification(hash)),
        (KeyAlgorithm::Ed25519, SignatureAlgorithm::Ed25519) => Some(&ED25519),
        _ => None,
    }
}

fn ecdsa_verification(curve: Curve, hash: Hash) -> &'static dyn VerificationAlgorithm {
    match (curve, hash) {
        (Curve::P256, Hash::Sha256) => &ECDSA_P256_SHA256_ASN1,
        (Curve::P256, Hash::Sha384) => &ECDSA_P256_SHA384_ASN1,
        (Curve::P256, Hash::Sha512) => &ECDSA_P256_SHA512_ASN1,
        (Curve::P384, Hash::Sha256) => &ECDSA_P384_SHA256_ASN1,
        (Curve::P384, Hash::Sha384) => &ECDSA_P384_SHA384_ASN1,
        (Curve::P384, Hash::Sha512) => &ECDSA_P384_SHA512_ASN1,
        (Curve::P521, Hash::Sha256) => &ECDSA_P521_SHA256_ASN1,
        (Curve::P521, Hash::Sha384) => &ECDSA_P521_SHA384_ASN1,
        (Curve::P521, Hash::Sha512) => &ECDSA_P521_SHA512_ASN1,
    }
}

fn rsa_verification(hash: Hash) -> &'static dyn VerificationAlgorithm {
    match hash {
        Hash::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
        Hash::Sha384 => &RSA_PKCS1_2048_8192_SHA384,
        Hash::Sha512 => &RSA_PKCS1_2048_8192_SHA512,
    }
}
