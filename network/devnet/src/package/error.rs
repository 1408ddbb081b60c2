//! Why a package is refused: in a real peer's words where it refuses too.

use super::{
    CONNECTION_BYTES_MAX, ENTRIES_MAX, METADATA_BYTES_MAX, PACKAGE_BYTES_MAX, UNPACKED_BYTES_MAX,
};

/// A reason against a package.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// More bytes than any package for a service has.
    #[error(
        "the package has {0} bytes, at most {PACKAGE_BYTES_MAX} are read; package connection.json alone"
    )]
    TooLarge(usize),
    /// More bytes once unpacked.
    #[error("the package unpacks to more than {UNPACKED_BYTES_MAX} bytes")]
    Bomb,
    /// More entries.
    #[error("the package has more than {ENTRIES_MAX} entries")]
    TooManyEntries,
    /// Not gzip.
    #[error("error reading as gzip stream: {0}")]
    Gzip(String),
    /// Not tar.
    #[error("error inspecting next tar header: {0}")]
    Tar(String),
    /// A link, a device or a folder where only files are.
    #[error("tar entry {name} is not a regular file, type {kind}")]
    NotRegular {
        /// Its name.
        name: String,
        /// Tar's type flag.
        kind: u8,
    },
    /// Nothing to run.
    #[error("did not find a code package inside the package")]
    NoCode,
    /// Nothing about it.
    #[error("did not find any package metadata (missing metadata.json)")]
    NoMetadata,
    /// A file of this name stands in the package twice, which readers take differently.
    #[error("{0} stands in the package more than once")]
    Twice(&'static str),
    /// More than three short texts.
    #[error("metadata.json has more than {METADATA_BYTES_MAX} bytes")]
    MetadataTooLarge,
    /// Not JSON, or not such.
    #[error("could not unmarshal metadata.json as json: {0}")]
    Metadata(#[source] serde_json::Error),
    /// A label that makes no file name.
    #[error(
        "invalid label '{0}'. Label must be non-empty, can only consist of alphanumerics, symbols from '.+-_', and can only begin with alphanumerics"
    )]
    Label(String),
    /// A label that no file system would take, with what a peer adds to it.
    #[error("the label has {0} characters; use a shorter one, at most {max}", max = super::metadata::LABEL_LENGTH_MAX)]
    LabelTooLong(usize),
    /// Not gzip inside.
    #[error("error retrieving DB artifacts from code package: {0}")]
    Code(String),
    /// A path that leads out of where it would be unpacked.
    #[error(
        "could not create build context: could not untar source package: tar contains the absolute or escaping path '{0}'"
    )]
    Path(String),
    /// A link or a device in the code.
    #[error(
        "could not create build context: could not untar source package: invalid file type '{kind}' contained in archive for file '{name}'"
    )]
    FileType {
        /// Its name.
        name: String,
        /// Tar's type flag.
        kind: u8,
    },
    /// Code that a peer would have to build.
    #[error(
        "a package of type '{0}' is not built here; run the chaincode as a service and give its package the type 'ccaas'"
    )]
    NotAService(String),
    /// No address.
    #[error("connection.json not found in the code package")]
    NoConnection,
    /// More than an address and keys.
    #[error("connection.json has more than {CONNECTION_BYTES_MAX} bytes")]
    ConnectionTooLarge,
    /// Not JSON, or not such.
    #[error("malformed connection.json: {0}")]
    Connection(#[source] serde_json::Error),
    /// An address that nothing listens on.
    #[error("`{0}` is no address; give host and port, as 127.0.0.1:9999")]
    Address(String),
    /// A time that is none.
    #[error("`{0}` is no dial timeout; give a duration, as 10s")]
    DialTimeout(String),
    /// Part of what TLS needs.
    #[error("chaincode tls {0} not provided")]
    Tls(&'static str),
}

impl PackageError {
    /// Whether the archive itself is at fault; otherwise it is what a peer would build of it.
    pub fn is_archive(&self) -> bool {
        !matches!(
            self,
            Self::Path(_)
                | Self::FileType { .. }
                | Self::NotAService(_)
                | Self::NoConnection
                | Self::ConnectionTooLarge
                | Self::Connection(_)
                | Self::Address(_)
                | Self::DialTimeout(_)
                | Self::Tls(_)
        )
    }
}
