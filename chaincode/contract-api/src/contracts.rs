//! A chaincode of one or several contracts: finds the function, runs it, flushes on success.

use std::rc::Rc;

use crate::{
    contract::Contract,
    dispatch::{self, Target},
    error::LedgerError,
    failure::{ContractError, Failure},
    metadata::{self, GET_METADATA, SYSTEM_CONTRACT},
    peer::{Chaincode, Invocation, InvocationKind, Peer, Response},
    session::Session,
};

/// Several contracts in one chaincode. The functions of the default one, the first unless another is
/// named, may be called without its name.
pub struct Contracts(Vec<Box<dyn Contract>>);

impl Contracts {
    /// Begins with the default contract.
    pub fn builder(default: impl Contract) -> ContractsBuilder {
        ContractsBuilder(vec![Box::new(default)])
    }

    fn views(&self) -> Vec<&dyn Contract> {
        self.0.iter().map(|contract| &**contract).collect()
    }
}

/// Collects contracts.
pub struct ContractsBuilder(Vec<Box<dyn Contract>>);

impl ContractsBuilder {
    /// Adds a contract.
    #[must_use]
    pub fn and(mut self, contract: impl Contract) -> Self {
        self.0.push(Box::new(contract));
        self
    }

    /// Makes another contract than the first the default one.
    ///
    /// # Errors
    /// There is no contract of that name yet.
    pub fn default_contract(mut self, name: &str) -> Result<Self, ContractsError> {
        let found = self.0.iter().position(|contract| contract.name() == name);
        let Some(index) = found else {
            return Err(ContractsError::Unknown {
                name: name.to_owned(),
            });
        };
        // The first is the default one; the others keep their order.
        if let Some(before) = self.0.get_mut(..=index) {
            before.rotate_right(1);
        }
        Ok(self)
    }

    /// Checks the names.
    pub fn build(self) -> Result<Contracts, ContractsError> {
        for (index, contract) in self.0.iter().enumerate() {
            let name = contract.name();
            if name.is_empty() || name.contains(':') || name == SYSTEM_CONTRACT {
                return Err(ContractsError::Name {
                    name: name.to_owned(),
                });
            }
            if self
                .0
                .iter()
                .take(index)
                .any(|earlier| earlier.name() == name)
            {
                return Err(ContractsError::Duplicate {
                    name: name.to_owned(),
                });
            }
        }
        Ok(Contracts(self.0))
    }
}

/// Why contracts cannot live in one chaincode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContractsError {
    /// A name that no call could reach.
    #[error("{name:?} is no name for a contract: it is empty, reserved or holds a colon")]
    Name {
        /// The name.
        name: String,
    },
    /// The default contract is none of those added.
    #[error("there is no contract {name:?} to be the default one: add it first")]
    Unknown {
        /// The name.
        name: String,
    },
    /// Two contracts of one name.
    #[error("two contracts are called {name:?}")]
    Duplicate {
        /// The name.
        name: String,
    },
}

impl Chaincode for Contracts {
    fn invoke(&self, invocation: &Invocation, peer: &mut dyn Peer) -> Response {
        invoke(&self.views(), invocation, peer)
    }
}

impl<C: Contract> Chaincode for C {
    fn invoke(&self, invocation: &Invocation, peer: &mut dyn Peer) -> Response {
        invoke(&[self], invocation, peer)
    }
}

fn invoke(contracts: &[&dyn Contract], invocation: &Invocation, peer: &mut dyn Peer) -> Response {
    run(contracts, invocation, peer).unwrap_or_else(|failure| failure.to_response())
}

fn run(
    contracts: &[&dyn Contract],
    invocation: &Invocation,
    peer: &mut dyn Peer,
) -> Result<Response, Failure> {
    let Some((target, arguments)) = invocation.args.split_first() else {
        return match invocation.kind {
            InvocationKind::Initialization => Ok(Response::ok(Vec::new())),
            InvocationKind::Transaction => Err(Failure::new(
                400,
                "NO_FUNCTION",
                "the call names no function",
            )),
        };
    };
    let target = std::str::from_utf8(target)
        .map_err(|_| Failure::new(400, "NO_FUNCTION", "the function's name is not valid UTF-8"))?;
    if Target::of(target) == SYSTEM {
        return Ok(Response::ok(
            metadata::describe(contracts).to_string().into_bytes(),
        ));
    }
    let session = Rc::new(Session::new(contracts, invocation, peer));
    let payload = dispatch::call(&session, Target::of(target), arguments)?;
    let event = session
        .commit()
        .map_err(|error| LedgerError::from(error).failure())?;
    Ok(Response {
        event,
        ..Response::ok(payload)
    })
}

/// What every chaincode answers to beside its contracts.
const SYSTEM: Target<'static> = Target {
    contract: Some(SYSTEM_CONTRACT),
    function: GET_METADATA,
};
