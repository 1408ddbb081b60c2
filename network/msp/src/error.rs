//! What can go wrong, one enumeration per question that a caller asks.

use std::path::PathBuf;

/// An identity was refused, or could not be loaded or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The input is larger than any real identity.
    #[error("the identity has {length} bytes, more than the {length_max} accepted")]
    TooLong {
        /// Size of the input.
        length: usize,
        /// Largest size accepted.
        length_max: usize,
    },
    /// The bytes are not a `SerializedIdentity`.
    #[error("could not deserialize a SerializedIdentity")]
    NotSerializedIdentity(#[source] prost::DecodeError),
    /// No organisation of this name is known here.
    #[error("MSP {0} is not defined on channel")]
    UnknownMsp(String),
    /// The identity names another organisation than the one asked.
    #[error("expected MSP ID {expected}, received {received}")]
    OtherMsp {
        /// The organisation asked.
        expected: String,
        /// The organisation named by the identity.
        received: String,
    },
    /// The text holds no PEM block of the kind needed.
    #[error("could not decode the PEM structure; expected a block labelled {expected}")]
    NotPem {
        /// The label needed.
        expected: &'static str,
    },
    /// The certificate is not well-formed.
    #[error("the certificate cannot be parsed: {reason}")]
    MalformedCertificate {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A key or signature algorithm that is not accepted.
    #[error(
        "the algorithm {0} is not supported; a peer takes ECDSA on P-256, P-384 or P-521, and RSA of 2,048 bits or more from authorities"
    )]
    UnsupportedAlgorithm(String),
    /// No authority of the organisation issued the certificate.
    #[error("the supplied identity is not valid: x509: certificate signed by unknown authority")]
    UnknownAuthority,
    /// The certificate has a chain, but no member's: it is an authority's, or its issuer's are.
    #[error("the supplied identity is not valid: {reason}")]
    NotMember {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The certificate does not stand up to its chain.
    #[error("the supplied identity is not valid: {reason}")]
    InvalidChain {
        /// The rule that it breaks.
        reason: &'static str,
    },
    /// The certificate is on a revocation list.
    #[error("The certificate has been revoked")]
    Revoked,
    /// The organisational units of the certificate do not make a role.
    #[error("could not validate identity's OUs: {reason}")]
    InvalidUnits {
        /// The rule that they break.
        reason: String,
    },
    /// The signature is not the identity's signature of the message.
    #[error("The signature is invalid")]
    InvalidSignature,
    /// The signature is right but not in the form with the smaller S.
    #[error("Invalid S. Must be smaller than half the order")]
    HighS,
    /// A principal of a policy is not well-formed.
    #[error("the principal cannot be understood: {reason}")]
    MalformedPrincipal {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The private key is not well-formed, encrypted, or of another kind.
    #[error("the private key cannot be used: {reason}")]
    UnusablePrivateKey {
        /// What is wrong with it and what to do.
        reason: &'static str,
    },
    /// The private key belongs to another certificate.
    #[error("no private key matches the certificate of {subject}; {hint}")]
    KeyMismatch {
        /// Common name of the certificate.
        subject: String,
        /// Where a matching key was looked for.
        hint: String,
    },
    /// The cryptographic library refused to sign.
    #[error("signing failed")]
    SigningFailed,
    /// A file or folder cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A folder holds no file of the kind needed.
    #[error("no {expected} found in {}", path.display())]
    Missing {
        /// The folder.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
    },
}

/// The definition of an organisation was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MspError {
    /// There is no root authority.
    #[error("expected at least one CA certificate for MSP {msp_id}")]
    NoAuthority {
        /// The organisation.
        msp_id: String,
    },
    /// A certificate of the definition is not acceptable in its place.
    #[error("{place} certificate {position} of MSP {msp_id} is invalid")]
    InvalidCertificate {
        /// The organisation.
        msp_id: String,
        /// `root`, `intermediate`, `TLS root`, `TLS intermediate`, `admin` or `organizational unit`.
        place: &'static str,
        /// Position in its list, from 0.
        position: usize,
        /// Why.
        #[source]
        source: IdentityError,
    },
    /// A revocation list is not well-formed.
    #[error("revocation list {position} of MSP {msp_id} is invalid: {reason}")]
    InvalidRevocationList {
        /// The organisation.
        msp_id: String,
        /// Position in its list, from 0.
        position: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// An organisational unit is tied to a certificate that is no authority of the organisation.
    #[error(
        "the certificate of organizational unit {unit} is no root or intermediate authority of MSP {msp_id}"
    )]
    UnknownCertifier {
        /// The organisation.
        msp_id: String,
        /// The unit.
        unit: String,
    },
    /// Nobody could ever administer the organisation.
    #[error(
        "administrators must be declared for MSP {msp_id} when no admin ou classification is set"
    )]
    NoAdministrators {
        /// The organisation.
        msp_id: String,
    },
    /// A hash function other than SHA-2.
    #[error("the hash function {name} of MSP {msp_id} is not supported; use SHA2 and SHA256")]
    UnsupportedHash {
        /// The organisation.
        msp_id: String,
        /// The function.
        name: String,
    },
    /// A file or folder cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// `config.yaml` is not in the form that this crate reads.
    #[error("{}: line {line}: {reason}", path.display())]
    MalformedConfigFile {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// An organisation could not be generated or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OrganizationError {
    /// A name or date of the specification cannot stand in a certificate.
    #[error("the organisation cannot be generated: {reason}")]
    InvalidSpec {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A certificate could not be made.
    #[error("cannot make the certificate of {name}")]
    Certificate {
        /// Common name.
        name: String,
        /// Why.
        #[source]
        source: rcgen::Error,
    },
    /// A key could not be generated.
    #[error("the system gave no key")]
    KeyGeneration,
    /// What was generated is refused by this crate's own rules.
    #[error("the generated identity of {name} is refused")]
    Identity {
        /// Common name.
        name: String,
        /// Why.
        #[source]
        source: IdentityError,
    },
    /// There is something where the organisation should be written.
    #[error("{} exists; remove it or choose another folder", path.display())]
    AlreadyExists {
        /// The folder.
        path: PathBuf,
    },
    /// A file or folder cannot be written.
    #[error("cannot write {}", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}
