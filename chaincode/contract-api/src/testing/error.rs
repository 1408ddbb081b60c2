//! Why a ledger did not do as asked.

use super::Code;
use crate::{error::LedgerError, peer::Response};

/// Why a ledger did not do as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestingError {
    /// The contract answered with a failure; its JSON is the text.
    #[error("the contract refused with status {}: {}", response.status, response.message)]
    Refused {
        /// The whole answer.
        response: Response,
    },
    /// Two peers gave different results: their state differs, or the contract looks at something else
    /// than the state.
    #[error("the peers of {first} and {other} disagree: {difference}")]
    Disagreement {
        /// The organisation whose peer was asked first.
        first: String,
        /// The other one.
        other: String,
        /// The first difference.
        difference: String,
    },
    /// The transaction was committed and is not valid.
    #[error("the transaction is not valid: {code}")]
    Invalid {
        /// Why not.
        code: Code,
    },
    /// No peer of such an organisation.
    #[error("there is no organisation {msp_id}; name it in Ledger::with_organizations")]
    NoOrganization {
        /// Its MSP id.
        msp_id: String,
    },
    /// No such chaincode.
    #[error("there is no chaincode {name}; add it by Ledger::with_chaincode first")]
    NoChaincode {
        /// Its name.
        name: String,
    },
    /// A policy's text cannot be read.
    #[error("the policy cannot be read; write it as in AND('Org1MSP.peer','Org2MSP.peer')")]
    Policy(#[from] fabric_ledger::policy::PolicyTextError),
    /// A key or stored value is not what was expected.
    #[error("the state is not as expected")]
    State(#[from] LedgerError),
    /// The reply is not of the expected type.
    #[error("the reply cannot be read")]
    Reply(#[source] serde_json::Error),
    /// No certificate could be made.
    #[error("no certificate could be made")]
    Certificate(#[from] rcgen::Error),
}

impl TestingError {
    /// The stable code of a refusal; `None` for other errors.
    pub fn code(&self) -> Option<String> {
        let Self::Refused { response } = self else {
            return None;
        };
        let message: serde_json::Value = serde_json::from_str(&response.message).ok()?;
        Some(message.get("code")?.as_str()?.to_owned())
    }

    pub(super) fn no_organization(msp_id: &str) -> Self {
        let msp_id = msp_id.to_owned();
        Self::NoOrganization { msp_id }
    }
}
