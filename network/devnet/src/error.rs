//! Why a network does not start, or a deployment is refused.

use std::path::PathBuf;

/// A failure of the embedded network itself. What clients do wrong is answered on the wire.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DevnetError {
    /// A value that the network cannot be started with.
    #[error("{0}")]
    Configuration(String),
    /// The folder holds something else than was asked for.
    #[error("the folder holds another network: {0}; use another folder, or remove this one")]
    OtherNetwork(String),
    /// Another process runs a network there.
    #[error("a network runs in {} already; stop it with `selvedge network down`, or use another folder", dir.display())]
    InUse {
        /// The folder.
        dir: PathBuf,
    },
    /// A file or folder could not be read or written.
    #[error("cannot use {}; check that the folder exists and may be written", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The state file is not what a network writes.
    #[error("{} is not the state file of an embedded network; use another folder", path.display())]
    StateFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// An endpoint could not listen.
    #[error("cannot listen on {address}; stop what uses it, or choose other ports")]
    Listen {
        /// The address.
        address: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Organisations could not be made or read.
    #[error("cannot use the organisations' certificates; remove the folder to make new ones")]
    Identity(#[source] BoxError),
    /// Blocks or state could not be read or written.
    #[error("cannot use the ledger; if its file is damaged, remove the network's folder")]
    Storage(#[source] BoxError),
    /// The channel's configuration or a block of its chain makes no sense.
    #[error("the ledger holds what no network writes: {0}; remove the network's folder")]
    Corrupt(String),
    /// The folder's network had a ledger that is there no more.
    #[error("the ledger of channel `{channel}` is gone: {} is missing or empty; put it back, or remove the network's folder", path.display())]
    LostLedger {
        /// The channel.
        channel: String,
        /// Where its ledger should be.
        path: PathBuf,
    },
    /// A chaincode could not be deployed.
    #[error("chaincode `{name}` was not deployed: {reason}")]
    Deployment {
        /// Name of the chaincode.
        name: String,
        /// What to change.
        reason: String,
    },
    /// What was asked for cannot be done; the text says what can.
    #[error("{0}")]
    Refused(String),
    /// A file that should be a dump is none.
    #[error("{} cannot be loaded: {reason}; give a file that `selvedge network dump` wrote", path.display())]
    Dump {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No channel of this name.
    #[error("the network has no channel `{0}`; `selvedge network status` names those it has")]
    UnknownChannel(String),
    /// The network is being shut down, or its committer has failed.
    #[error("the network has stopped")]
    Stopped,
}

/// Any cause.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
