//! What can go wrong while a server is started, used or stopped. Every variant carries what a
//! person needs to act: the remedy, the command's own output or the end of the server's log.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A failure of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A program is not on this machine.
    #[error("{program} was not found; {remedy}")]
    ProgramMissing {
        /// The program's file name.
        program: String,
        /// What to type to get it.
        remedy: String,
    },
    /// A server ended although nobody stopped it.
    #[error("{name} ended by itself; the end of {}:\n{log_tail}", .log.display())]
    ProcessEnded {
        /// The server's name, as in its log file.
        name: String,
        /// Its log file.
        log: PathBuf,
        /// The last lines of that file.
        log_tail: String,
    },
    /// A condition did not become true in time.
    #[error("{what} took longer than {deadline:?}\n{detail}")]
    DeadlinePassed {
        /// What was waited for.
        what: String,
        /// The time it had.
        deadline: Duration,
        /// What was seen last: an answer, an error or the end of a log.
        detail: String,
    },
    /// A command line tool gave up.
    #[error("`{command}` failed ({status}):\n{output}")]
    CommandFailed {
        /// The command with its arguments.
        command: String,
        /// Its exit status.
        status: String,
        /// Everything it printed.
        output: String,
    },
    /// A file or process operation failed.
    #[error("cannot {action} {}", .path.display())]
    Io {
        /// The operation.
        action: &'static str,
        /// What it was applied to.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// No port of the range could be reserved.
    #[error("no free port between {first} and {last}")]
    NoFreePort {
        /// First port tried.
        first: u16,
        /// Last port tried.
        last: u16,
    },
    /// Certificates and keys could not be made.
    #[error("cannot make the certificates of an organisation")]
    Organization(#[from] fabric_msp::OrganizationError),
    /// The embedded network gave up.
    #[error("the embedded network failed")]
    Embedded(#[from] fabric_devnet::DevnetError),
    /// The embedded network cannot do what a real one can.
    #[error("{operation} needs real Fabric; set SELVEDGE_NETWORK=fabric")]
    Unsupported {
        /// What was asked for.
        operation: &'static str,
    },
    /// An address, or the TLS settings for it, cannot be used.
    #[error(transparent)]
    Endpoint(#[from] fabric_gateway_sdk::EndpointError),
    /// An administrator's certificate or key cannot be used.
    #[error(transparent)]
    Identity(#[from] fabric_gateway_sdk::IdentityError),
    /// A chaincode cannot be packaged.
    #[error(transparent)]
    Package(#[from] fabric_gateway_sdk::admin::PackageError),
    /// An endorsement policy cannot be read.
    #[error(transparent)]
    Policy(#[from] fabric_gateway_sdk::admin::PolicyTextError),
    /// Private data collections cannot be read.
    #[error(transparent)]
    Collections(#[from] fabric_gateway_sdk::admin::CollectionError),
    /// A peer refused an administrator, or could not be asked.
    #[error(transparent)]
    Admin(#[from] fabric_gateway_sdk::admin::AdminError),
    /// An ordering node refused its administrator, or could not be asked.
    #[error(transparent)]
    Participation(#[from] fabric_gateway_sdk::admin::ParticipationError),
    /// The network has no such ordering node.
    #[error("the network has no ordering node at place {place}, counted from 0")]
    UnknownOrderer {
        /// The place asked for.
        place: usize,
    },
    /// The network has no such organisation.
    #[error("the network has no organisation {msp_id}")]
    UnknownOrganization {
        /// The MSP id asked for.
        msp_id: String,
    },
    /// The choice in an option or an environment variable cannot be used.
    #[error("{name}={value} cannot be used; {remedy}")]
    Setting {
        /// Option or variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// What to set instead.
        remedy: String,
    },
    /// A state file, or a tool's answer, is not what this version writes or reads.
    #[error("{what} cannot be read")]
    Format {
        /// The file or answer.
        what: String,
        /// The parser's reason.
        #[source]
        source: serde_json::Error,
    },
}

impl Error {
    /// For `map_err`: names the operation and the path that an I/O error lacks.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
