//! `did:key` (W3C CCG did:key v0.7) with Ed25519 and P-256 keys: parsing, generating, signing.
//! It never touches the network: the key is the identifier.

use std::fmt;

use ssi::JWK;
use ssi::claims::jws;
use ssi::dids::DIDKey as Method;
use ssi::jwk::Algorithm;
use ssi::multicodec::{ED25519_PUB, MultiEncodedBuf, P256_PUB};
use ssi::security::MultibaseBuf;
use ssi::security::multibase::Base;

use crate::error::KeyError;

/// A multibase P-256 key is 50 characters and an Ed25519 key 48; nothing longer is worth decoding.
const DID_LENGTH_MAX: usize = 128;

/// A decentralised identifier whose key is known: today `did:key` alone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Did(String);

impl Did {
    /// Takes a DID apart and checks that its key is one this crate can use.
    ///
    /// # Errors
    /// [`KeyError`] when it is no `did:key`, or its key is not Ed25519 or P-256.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        public_key(text).map(|_| Self(text.to_owned()))
    }

    /// The identifier, `did:key:z...`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The one verification method of the DID: `did:key:zX#zX`.
    pub(crate) fn verification_method(&self) -> String {
        let id = self.0.trim_start_matches("did:key:");
        format!("{}#{id}", self.0)
    }
}

impl fmt::Display for Did {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Did {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Did({})", self.0)
    }
}

/// A DID together with its private key: an issuer or a holder.
#[derive(Clone)]
pub struct DidKey {
    did: Did,
    secret: JWK,
}

impl DidKey {
    /// A new Ed25519 key.
    ///
    /// # Errors
    /// [`KeyError::Generation`] without randomness.
    pub fn generate_ed25519() -> Result<Self, KeyError> {
        Self::from_key(JWK::generate_ed25519().map_err(|_| KeyError::Generation)?)
    }

    /// A new P-256 key.
    ///
    /// # Errors
    /// [`KeyError::Generation`] without randomness.
    pub fn generate_p256() -> Result<Self, KeyError> {
        Self::from_key(JWK::generate_p256())
    }

    /// Reads what [`DidKey::to_secret_json`] wrote: a private JWK (RFC 7517).
    ///
    /// # Errors
    /// [`KeyError::NotASecret`] when the text is no private key of a supported kind.
    pub fn from_secret_json(text: &str) -> Result<Self, KeyError> {
        let key: JWK = serde_json::from_str(text).map_err(|_| KeyError::NotASecret)?;
        if key.is_public() {
            return Err(KeyError::NotASecret);
        }
        Self::from_key(key)
    }

    /// The private key as a JWK. Whoever reads it can sign as this DID.
    #[must_use]
    pub fn to_secret_json(&self) -> String {
        serde_json::json!(self.secret).to_string()
    }

    /// The public identifier.
    #[must_use]
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// The JOSE algorithm that goes with the key.
    pub(crate) fn algorithm(&self) -> Algorithm {
        algorithm(&self.secret).unwrap_or(Algorithm::EdDSA)
    }

    /// Signs `message`; nothing on failure.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        jws::sign_bytes(self.algorithm(), message, &self.secret).ok()
    }

    fn from_key(secret: JWK) -> Result<Self, KeyError> {
        algorithm(&secret).ok_or(KeyError::NotASecret)?;
        let did = Method::generate(&secret).map_err(|_| KeyError::NotASecret)?;
        Ok(Self {
            did: Did::parse(did.as_str())?,
            secret,
        })
    }
}

impl fmt::Debug for DidKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DidKey({}, secret)", self.did)
    }
}

/// The public key inside a `did:key`.
pub(crate) fn public_key(did: &str) -> Result<JWK, KeyError> {
    let shown = || did.chars().take(DID_LENGTH_MAX).collect::<String>();
    let not_did_key = || KeyError::NotDidKey { did: shown() };
    let id = did.strip_prefix("did:key:").ok_or_else(not_did_key)?;
    if did.len() > DID_LENGTH_MAX || !id.starts_with('z') || !id.is_ascii() {
        return Err(not_did_key());
    }
    let (base, bytes) = MultibaseBuf::new(id.to_owned())
        .decode()
        .map_err(|_| not_did_key())?;
    // Codecs of private keys and of other curves have no place in an identifier, and the library
    // panics on private keys of another length.
    let key = MultiEncodedBuf::new(bytes)
        .ok()
        .filter(|encoded| matches!(encoded.codec(), ED25519_PUB | P256_PUB))
        .and_then(|encoded| JWK::from_multicodec(&encoded).ok());
    match key {
        Some(key) if base == Base::Base58Btc && key.is_public() && algorithm(&key).is_some() => {
            Ok(key)
        }
        _ => Err(KeyError::UnsupportedKey { did: shown() }),
    }
}

/// The one algorithm that a key may be used with; none for kinds that are not supported.
pub(crate) fn algorithm(key: &JWK) -> Option<Algorithm> {
    match key.get_algorithm() {
        Some(algorithm @ (Algorithm::EdDSA | Algorithm::ES256)) => Some(algorithm),
        _ => None,
    }
}
