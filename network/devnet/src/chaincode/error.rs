//! Why a chaincode could not be run, in the words of a real peer.

use tonic::Status;

/// A failure between peer and chaincode; what the chaincode itself answers is no such failure.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum ChaincodeError {
    /// No connection.
    #[error(
        "could not launch chaincode {name}: connection to {name} failed: error cannot create \
         connection for {name}: error creating grpc connection to {address}: {reason}"
    )]
    Dial {
        name: String,
        address: String,
        reason: String,
    },
    /// A connection, but no proper registration.
    #[error("could not launch chaincode {name}: chaincode registration failed: {reason}")]
    Register { name: String, reason: String },
    /// The same transaction is already with this chaincode.
    #[error("error sending: txid: {transaction_id}({channel}) exists")]
    Exists {
        transaction_id: String,
        channel: String,
    },
    /// No answer in time.
    #[error("error sending: timeout expired while executing transaction")]
    Timeout,
    /// The chaincode went away.
    #[error("error sending: chaincode stream terminated")]
    StreamTerminated,
    /// The channel has no such chaincode.
    #[error("chaincode {name} not found")]
    NotDefined { name: String },
    /// The channel has the chaincode, and the peer does not run it.
    #[error("{0}")]
    NotRunning(String),
    /// The chaincode cannot be called, or not like this.
    #[error("invalid invocation: {0}")]
    Invocation(String),
}

impl ChaincodeError {
    pub(super) fn register(name: &str, status: &Status) -> Self {
        Self::Register {
            name: name.to_owned(),
            reason: status.message().to_owned(),
        }
    }
}
