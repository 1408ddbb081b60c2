//! The crate's errors. An invalid credential is none of them: that is a verdict.

use thiserror::Error;

/// Why a credential could not be checked. The caller refuses, and may try again later.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The policy names nobody to trust, so nothing could ever pass it.
    #[error("the policy trusts no issuer; name at least one with `trust_issuer`")]
    NobodyTrusted,
    /// The trusted issuer's DID is of a method that this crate cannot resolve.
    #[error("cannot resolve {did}: only did:key is supported, with an Ed25519 or P-256 key")]
    CannotResolve {
        /// The issuer's DID.
        did: String,
    },
}

/// Why a text is not a usable key or DID.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not of the form `did:key:z...`.
    #[error("{did:?} is not a did:key; it has the form did:key:z...")]
    NotDidKey {
        /// What was given, cut to a readable length.
        did: String,
    },
    /// The multicodec is not Ed25519 or P-256, or the key bytes are not a point of that curve.
    #[error("the key of {did:?} is not a valid Ed25519 or P-256 public key")]
    UnsupportedKey {
        /// What was given, cut to a readable length.
        did: String,
    },
    /// The secret is not a private JWK of a supported kind.
    #[error("the secret is not a private JWK with an Ed25519 or P-256 key")]
    NotASecret,
    /// The operating system gave no randomness.
    #[error("cannot generate a key: no randomness from the operating system")]
    Generation,
}

/// Why a credential could not be issued.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum IssueError {
    /// A claim's name would overwrite the holder.
    #[error("a claim must not be called \"id\": that is the holder's DID")]
    ReservedClaim,
    /// The validity ends before it begins.
    #[error("the credential would end before it begins; give `valid` a later end")]
    EndsBeforeItBegins,
    /// The issuer's key did not sign.
    #[error("the issuer's key could not sign; load the key again")]
    Signing,
}
