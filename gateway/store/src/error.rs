//! Why the store could not do what was asked.

use sqlx::migrate::MigrateError;

use crate::Checkpoint;

/// A failure of the store. [`StoreError::is_transient`] says whether trying again can help.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The address of the database cannot be read.
    #[error("the database address is not of the form postgres://user:password@host:port/name")]
    Address(#[source] Option<sqlx::Error>),
    /// A schema name that is not a plain identifier.
    #[error(
        "the schema name {schema:?} is not a lower-case identifier of at most 48 letters, digits and '_'"
    )]
    Schema {
        /// The name that was given.
        schema: String,
    },
    /// The server cannot be reached, ended the connection, or refused a statement.
    #[error("the database did not execute a statement")]
    Database(#[from] sqlx::Error),
    /// The tables are not those of this version.
    #[error(
        "the database's tables cannot be brought to this version: use another schema, or the program that made them"
    )]
    Migrate(#[from] MigrateError),
    /// The schema holds another channel's ledger.
    #[error(
        "this schema mirrors channel {recorded_name:?} with genesis hash {recorded_hash}, not {given_name:?} with {given_hash}: choose another database or schema, or drop this one if that ledger is gone"
    )]
    OtherChain {
        /// The channel in the database.
        recorded_name: String,
        /// Its genesis block's header hash, hexadecimal.
        recorded_hash: String,
        /// The channel that was to be written.
        given_name: String,
        /// Its genesis block's header hash, hexadecimal.
        given_hash: String,
    },
    /// The schema's tokens and accounts are another chaincode's.
    #[error(
        "this schema reads tokens and accounts of chaincode {recorded:?}, not {given:?}: name that one, or choose another schema"
    )]
    OtherChaincode {
        /// The chaincode in the database.
        recorded: String,
        /// The one that was to be read.
        given: String,
    },
    /// The one row of the table `checkpoint` is missing.
    #[error(
        "table checkpoint has lost its row: the database was changed by hand; mirror into another schema"
    )]
    NoCheckpoint,
    /// The tables are of another version.
    #[error(
        "the tables are of version {found}, this program's of {expected}: `selvedge mirror run` brings older ones to this version"
    )]
    Version {
        /// This program's.
        expected: i64,
        /// The database's; 0 where there are none.
        found: i64,
    },
    /// Somebody else wrote meanwhile: this writer has to read the checkpoint again.
    #[error("the checkpoint is {found:?} where the batch continues {expected:?}")]
    CheckpointMoved {
        /// What the batch continues.
        expected: Option<Box<Checkpoint>>,
        /// What the database has.
        found: Option<Box<Checkpoint>>,
    },
    /// The blocks of a batch do not follow each other.
    #[error("a batch has to continue with block {expected}, not {found:?}")]
    OutOfOrder {
        /// The number that has to come.
        expected: u64,
        /// The number that came, if any.
        found: Option<u64>,
    },
    /// A number that a column cannot hold.
    #[error("{what} {number} does not fit its column")]
    Number {
        /// What it counts.
        what: &'static str,
        /// The number.
        number: u64,
    },
    /// A row that this program cannot have written.
    #[error("column {column} of table {table} holds {value:?}: the database was changed by hand")]
    Corrupt {
        /// Where.
        table: &'static str,
        /// Where.
        column: &'static str,
        /// What is there.
        value: String,
    },
}

impl StoreError {
    /// Whether the connection or the server failed rather than the request: a later attempt, which
    /// begins by reading the checkpoint, can succeed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::CheckpointMoved { .. } => true,
            Self::Database(error)
            | Self::Migrate(
                MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _),
            ) => is_transient(error),
            _ => false,
        }
    }
}

fn is_transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        // A server that is killed in the middle of a message.
        | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(database) => database.code().is_some_and(|code| {
            // Connection exceptions, transaction rollbacks, lack of resources, and the operator's
            // hand (shutdown, crash, start-up).
            ["08", "40", "53", "57"].iter().any(|class| code.starts_with(class))
        }),
        _ => false,
    }
}
