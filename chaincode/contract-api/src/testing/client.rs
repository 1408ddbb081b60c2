//! Calls in the name of one creator.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::{CHAINCODE, CHANNEL, Endorsed, Ledger, TestingError, endorser};
use crate::peer::{Creator, Invocation, SignedProposal};

/// A caller of the chaincode under test.
pub struct Client<'l> {
    ledger: &'l mut Ledger,
    creator: Creator,
    transient: BTreeMap<String, Vec<u8>>,
    peers: Option<Vec<String>>,
}

impl<'l> Client<'l> {
    pub(super) fn new(ledger: &'l mut Ledger, creator: Creator) -> Self {
        Self {
            ledger,
            creator,
            transient: BTreeMap::new(),
            peers: None,
        }
    }

    /// Chooses whose peers endorse the next call, by MSP id. Unless chosen, the peer of the client's
    /// own organisation does (or the first one) and then those of all others, except those that do not
    /// keep private data which it read.
    #[must_use]
    pub fn on<O: Into<String>>(mut self, organizations: impl IntoIterator<Item = O>) -> Self {
        self.peers = Some(organizations.into_iter().map(Into::into).collect());
        self
    }

    /// Adds transient data to the next call.
    #[must_use]
    pub fn transient(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.transient.insert(name.to_owned(), value.into());
        self
    }

    /// Runs a function on the peers that endorse. Nothing is committed.
    pub fn endorse<A: AsRef<[u8]>>(
        self,
        function: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Endorsed, TestingError> {
        let invocation = self.invocation(function, arguments);
        endorser::endorse(self.ledger, &invocation, self.peers)
    }

    /// Runs a function on one peer, and gives its reply. Nothing is committed.
    pub fn evaluate<T: DeserializeOwned, A: AsRef<[u8]>>(
        self,
        function: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<T, TestingError> {
        let invocation = self.invocation(function, arguments);
        endorser::evaluate(self.ledger, &invocation, self.peers)?.reply()
    }

    /// Runs a function and commits it as a block of its own.
    pub fn submit<A: AsRef<[u8]>>(
        self,
        function: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Endorsed, TestingError> {
        let invocation = self.invocation(function, arguments);
        let endorsed = endorser::endorse(self.ledger, &invocation, self.peers)?;
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
