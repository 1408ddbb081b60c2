//! Chaincode packages: what `peer lifecycle chaincode package` writes and peers install.
//!
//! A gzipped tar file with `metadata.json` and `code.tar.gz`, in which a chaincode that runs as a
//! service has `connection.json`. Reading is pure: bytes in, a package or the reason against it
//! out. Nothing is unpacked to disk, and memory is bounded whatever the archive claims.
//!
//! Sources: `core/chaincode/persistence/chaincode_package.go`, `core/container/externalbuilder`,
//! `ccaas_builder`.

mod archive;
mod connection;
mod error;
mod metadata;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

pub use connection::{ClientKey, Connection, Tls};
pub use error::PackageError;
pub use metadata::Metadata;

/// Largest package, compressed. One for a service holds an address and keys, a few kilobytes; the
/// bound leaves room for indexes and licences that tools add.
pub const PACKAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Largest package, unpacked with the code package in it: an archive bomb ends here.
pub const UNPACKED_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Entries of a package and of its code package, together.
pub const ENTRIES_MAX: usize = 10_000;

/// Largest `metadata.json`: three short texts.
pub const METADATA_BYTES_MAX: u64 = 64 * 1024;

/// Largest `connection.json`: an address and three PEM blocks.
pub const CONNECTION_BYTES_MAX: u64 = 1024 * 1024;

const METADATA_FILE: &str = "metadata.json";
const CODE_FILE: &str = "code.tar.gz";
const CONNECTION_FILE: &str = "connection.json";

/// A package that can be installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChaincodePackage {
    /// `label:SHA-256 of the bytes`: what peers and the chaincode's server know it by.
    pub id: String,
    /// What kind of package it is.
    pub metadata: Metadata,
    /// Where the chaincode's server is.
    pub connection: Connection,
}

impl ChaincodePackage {
    /// Reads a package.
    ///
    /// # Errors
    /// Where it is no package, holds what could do harm when unpacked, is larger than the bounds
    /// above, or is not for a chaincode that runs as a service.
    pub fn read(bytes: &[u8]) -> Result<Self, PackageError> {
        if bytes.len() > PACKAGE_BYTES_MAX {
            return Err(PackageError::TooLarge(bytes.len()));
        }
        let archive::Contents {
            metadata,
            connection,
        } = archive::read(bytes)?;
        let metadata = Metadata::read(&metadata)?;
        if !metadata.is_service() {
            return Err(PackageError::NotAService(metadata.r#type));
        }
        let connection = connection.ok_or(PackageError::NoConnection)?;
        Ok(Self {
            id: id(&metadata.label, bytes),
            metadata,
            connection: Connection::read(&connection)?,
        })
    }

    /// Writes a package: the same label and connection give the same bytes, and so the same id.
    ///
    /// # Errors
    /// Where label or connection are not what [`ChaincodePackage::read`] accepts.
    pub fn write(label: &str, connection: &Connection) -> Result<(Self, Bytes), PackageError> {
        let metadata = Metadata::service(label);
        let code = archive::write(&[(CONNECTION_FILE, &connection.to_json())])?;
        let bytes = archive::write(&[(METADATA_FILE, &metadata.to_json()), (CODE_FILE, &code)])?;
        Ok((Self::read(&bytes)?, bytes.into()))
    }
}

/// The id of a package.
pub fn id(label: &str, bytes: &[u8]) -> String {
    format!("{label}:{}", hex::encode(Sha256::digest(bytes)))
}
