//! A call in preparation: its arguments, and what is to be done with it.

mod evaluate;
mod submit;
mod submit_all;

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;

use crate::contract::Contract;
use crate::error::Error;
use crate::proposal::Proposal;
use crate::timeouts::Timeouts;

pub use evaluate::{Evaluate, EvaluateJson, Evaluation};
pub use submit::{Receipt, Submission, Submit};
pub(crate) use submit_all::submit_all;

/// A proposal in preparation; `build` makes it.
pub type Prepare = Invocation<Preparation>;

/// Mode of an [`Invocation`] that only makes a proposal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Preparation(());

/// A call in preparation.
#[must_use = "nothing is called until it is awaited, sent or built"]
pub struct Invocation<M> {
    pub(crate) call: Call,
    mode: M,
}

/// What is called, with what.
pub(crate) struct Call {
    pub(crate) contract: Contract,
    pub(crate) arguments: Vec<Bytes>,
    pub(crate) transient: BTreeMap<String, Bytes>,
    pub(crate) organizations: Vec<String>,
    pub(crate) timeouts: Timeouts,
    /// The first argument that could not be written; reported when the call is made.
    problem: Option<Error>,
}

impl<M: Default> Invocation<M> {
    pub(crate) fn new(contract: Contract, function: &str) -> Self {
        let timeouts = contract.network().shared().timeouts;
        let arguments = vec![contract.qualified(function)];
        let (transient, organizations, problem) = (BTreeMap::new(), Vec::new(), None);
        Self {
            call: Call {
                contract,
                arguments,
                transient,
                organizations,
                timeouts,
                problem,
            },
            mode: M::default(),
        }
    }
}

impl<M> Invocation<M> {
    /// Adds an argument: text or bytes.
    pub fn arg(mut self, argument: impl AsRef<[u8]>) -> Self {
        self.call
            .arguments
            .push(Bytes::copy_from_slice(argument.as_ref()));
        self
    }

    /// Adds several arguments.
    pub fn args<A: AsRef<[u8]>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        let arguments = arguments
            .into_iter()
            .map(|argument| Bytes::copy_from_slice(argument.as_ref()));
        self.call.arguments.extend(arguments);
        self
    }

    /// Adds an argument, written as JSON.
    pub fn json_arg<T: Serialize + ?Sized>(mut self, argument: &T) -> Self {
        match serde_json::to_vec(argument) {
            Ok(text) => self.call.arguments.push(text.into()),
            Err(error) => self.call.problem = self.call.problem.or(Some(Error::Argument(error))),
        }
        self
    }

    /// Adds transient data: the chaincode sees it, the ledger does not.
    pub fn transient(mut self, name: impl Into<String>, value: impl AsRef<[u8]>) -> Self {
        self.call
            .transient
            .insert(name.into(), Bytes::copy_from_slice(value.as_ref()));
        self
    }

    /// Names the organisations whose peers are to run it. Without this the gateway chooses; with
    /// it the caller answers for meeting the endorsement policy.
    pub fn endorsing_orgs<O: Into<String>>(mut self, msp_ids: impl IntoIterator<Item = O>) -> Self {
        self.call.organizations = msp_ids.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the limits of all steps for this call.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.call.timeouts = timeouts;
        self
    }
}

impl Invocation<Preparation> {
    /// Makes the proposal, with its transaction id.
    ///
    /// # Errors
    ///
    /// [`Error::Argument`] if a JSON argument could not be written.
    pub fn build(self) -> Result<Proposal, Error> {
        self.call.into_proposal()
    }
}

impl Call {
    /// A proposal of the call, with an id of its own.
    pub(crate) fn proposal(&self) -> Result<Proposal, Error> {
        Proposal::new(self)
    }

    fn into_proposal(mut self) -> Result<Proposal, Error> {
        self.check()?;
        self.proposal()
    }

    /// Reports what was wrong with the arguments, once.
    pub(crate) fn check(&mut self) -> Result<(), Error> {
        self.problem.take().map_or(Ok(()), Err)
    }
}
