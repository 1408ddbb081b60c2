//! From `contract:function` to the function: for calls from outside, and for calls of one contract
//! to another in the same chaincode.

use std::rc::Rc;

use crate::{
    call::{Call, echoed},
    contract::{Contract, FunctionKind, Next},
    failure::Failure,
    session::Session,
};

/// How deep contracts of one chaincode may call one another: a call costs stack.
pub const CONTRACT_CALLS_DEPTH_MAX: usize = 16;

/// Which function is asked for: its contract's name ends at the last colon.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target<'t> {
    pub(crate) contract: Option<&'t str>,
    pub(crate) function: &'t str,
}

impl<'t> Target<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        match text.rsplit_once(':') {
            Some((contract, function)) => Self {
                contract: Some(contract),
                function,
            },
            None => Self {
                contract: None,
                function: text,
            },
        }
    }
}

/// Runs a function.
pub(crate) fn call<'p>(
    session: &Rc<Session<'p>>,
    target: Target<'p>,
    arguments: &'p [Vec<u8>],
) -> Result<Vec<u8>, Failure> {
    let contract = find(session.contracts, target.contract)?;
    let (function, arguments) = (target.function.into(), arguments.into());
    run(
        contract,
        &Call::new(Rc::clone(session), function, arguments),
    )
}

/// A call with what runs before, after and around it.
fn run(contract: &dyn Contract, call: &Call<'_>) -> Result<Vec<u8>, Failure> {
    contract.around(call, Next::new(contract, call))
}

/// Runs a function of this kind within the transaction. Where it fails, it leaves nothing behind.
pub(crate) fn nested(
    session: &Rc<Session<'_>>,
    target: &str,
    arguments: Vec<Vec<u8>>,
    kind: FunctionKind,
) -> Result<Vec<u8>, Failure> {
    let target = Target::of(target);
    let contract = find(session.contracts, target.contract)?;
    if contract
        .kind_of(target.function)
        .is_some_and(|other| other != kind)
    {
        let text = format!("{} is not a {kind}: call it from one", target.function);
        return Err(Failure::new(500, "CONTRACT_CALL", text));
    }
    let depth = session.depth.get();
    if depth >= CONTRACT_CALLS_DEPTH_MAX {
        let text = format!("contracts call one another {CONTRACT_CALLS_DEPTH_MAX} deep at most");
        return Err(Failure::new(500, "CONTRACT_CALL", text));
    }
    session.depth.set(depth + 1);
    let events = session.events.borrow().savepoint();
    let writes = session.overlay.borrow_mut().savepoint();
    let function = target.function.to_owned().into();
    let call = Call::new(Rc::clone(session), function, arguments.into());
    let result = run(contract, &call);
    let mut overlay = session.overlay.borrow_mut();
    if result.is_ok() {
        overlay.keep();
    } else {
        overlay.take_back(writes);
        session.events.borrow_mut().take_back(events);
    }
    session.depth.set(depth);
    result
}

/// The contract of that name, or the default one.
fn find<'c>(
    contracts: &'c [&'c dyn Contract],
    name: Option<&str>,
) -> Result<&'c dyn Contract, Failure> {
    let found = match name {
        None => contracts.first(),
        Some(name) => contracts.iter().find(|contract| contract.name() == name),
    };
    found.copied().ok_or_else(|| {
        let known: Vec<&str> = contracts.iter().map(|contract| contract.name()).collect();
        let contract = echoed(name.unwrap_or_default());
        let text = format!(
            "there is no contract {contract}; there are {}",
            known.join(", ")
        );
        Failure::new(404, "UNKNOWN_CONTRACT", text)
            .with("contract", contract)
            .with("known", known)
    })
}
