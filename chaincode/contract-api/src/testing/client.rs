//! Calls in the name of one creator.

use std::collections::BTreeMap;

use fabric_ledger::rwset::{PrivateWrites, TxRwset};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::{CHAINCODE, CHANNEL, Ledger, TestingError, endorser};
use crate::{
    call::read_reply,
    peer::{ChaincodeEvent, Creator, Invocation, Response, SignedProposal, Timestamp},
};

/// A caller of the chaincode under test.
pub struct Client<'l> {
    ledger: &'l mut Ledger,
    creator: Creator,
    transient: BTreeMap<String, Vec<u8>>,
}

/// An endorsed transaction, not committed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endorsed {
    pub(super) transaction_id: String,
    pub(super) timestamp: Timestamp,
    pub(super) response: Response,
    pub(super) rwset: TxRwset,
    pub(super) private: PrivateWrites,
}

impl Endorsed {
    /// The transaction id.
    pub fn transaction_id(&self) -> &str {
        &self.transaction_id
    }

    /// The result's bytes.
    pub fn payload(&self) -> &[u8] {
        &self.response.payload
    }

    /// The result, read as a function's reply is written.
    pub fn reply<T: DeserializeOwned>(&self) -> Result<T, TestingError> {
        read_reply(&self.response.payload).map_err(TestingError::Reply)
    }

    /// The transaction's event.
    pub fn event(&self) -> Option<&ChaincodeEvent> {
        self.response.event.as_ref()
    }

    /// What the transaction read and wrote.
    pub fn rwset(&self) -> &TxRwset {
        &self.rwset
    }
}

impl<'l> Client<'l> {
    pub(super) fn new(ledger: &'l mut Ledger, creator: Creator) -> Self {
        Self {
            ledger,
            creator,
            transient: BTreeMap::new(),
        }
    }

    /// Adds transient data to the next call.
    #[must_use]
    pub fn transient(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.transient.insert(name.to_owned(), value.into());
        self
    }

    /// Runs a function on two peers. Nothing is committed.
    pub fn endorse<A: AsRef<[u8]>>(
        self,
        function: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Endorsed, TestingError> {
        let invocation = self.invocation(function, arguments);
        endorser::endorse(self.ledger, &invocation)
    }

    /// Runs a function and gives its reply. Nothing is committed.
    pub fn evaluate<T: DeserializeOwned, A: AsRef<[u8]>>(
        self,
        function: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<T, TestingError> {
        self.endorse(function, arguments)?.reply()
    }

    /// Runs a function and commits it as a block of its own.
    pub fn submit<A: AsRef<[u8]>>(
        self,
        function: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Endorsed, TestingError> {
        let invocation = self.invocation(function, arguments);
        let endorsed = endorser::endorse(self.ledger, &invocation)?;
        match self.ledger.commit([endorsed.clone()]).as_slice() {
            [code] if code.is_valid() => Ok(endorsed),
            [code, ..] => Err(TestingError::Invalid { code: *code }),
            [] => Err(TestingError::Invalid {
                code: super::Code::NOT_VALIDATED,
            }),
        }
    }

    /// The next invocation. Moves the clock on.
    fn invocation<A: AsRef<[u8]>>(
        &self,
        function: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Invocation {
        let args: Vec<Vec<u8>> = std::iter::once(function.as_bytes().to_vec())
            .chain(
                arguments
                    .into_iter()
                    .map(|argument| argument.as_ref().to_vec()),
            )
            .collect();
        let nonce = self.ledger.transactions_made.to_be_bytes();
        let proposal = Sha256::new()
            .chain_update(nonce)
            .chain_update(&self.creator.certificate_pem)
            .finalize();
        Invocation {
            channel: CHANNEL.to_owned(),
            transaction_id: hex::encode(proposal),
            timestamp: self.ledger.now,
            signed_proposal: Some(SignedProposal {
                nonce: nonce.to_vec(),
                chaincode: CHAINCODE.to_owned(),
                args: args.clone(),
                ..SignedProposal::default()
            }),
            args,
            transient: self.transient.clone(),
            creator: self.creator.clone(),
            binding: proposal.to_vec(),
            ..Invocation::default()
        }
    }
}
