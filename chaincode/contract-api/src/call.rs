//! One call of a contract's function: its arguments in, its reply out.

use std::{borrow::Cow, rc::Rc};

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    argument,
    contract::{Contract, Schemas},
    failure::Failure,
    guard::Guard,
    query::Query,
    reader::Reader,
    session::Session,
    tx::Tx,
};

/// A function's name as it may stand in an error text: names come from callers, of any length.
const ECHO_CHARACTERS_MAX: usize = 100;

/// A call as a contract gets it.
pub struct Call<'p> {
    session: Rc<Session<'p>>,
    function: Cow<'p, str>,
    arguments: Cow<'p, [Vec<u8>]>,
}

impl<'p> Call<'p> {
    pub(crate) fn new(
        session: Rc<Session<'p>>,
        function: Cow<'p, str>,
        arguments: Cow<'p, [Vec<u8>]>,
    ) -> Self {
        Self {
            session,
            function,
            arguments,
        }
    }

    /// The function asked for, without the contract's name.
    pub fn function(&self) -> &str {
        &self.function
    }

    /// The arguments, for a function with these parameters. More arguments than parameters are
    /// refused here, missing ones where they are parsed.
    pub fn arguments<'c>(&'c self, parameters: &'c [&'c str]) -> Result<Arguments<'c>, Failure> {
        let given = self.arguments.len();
        if given > parameters.len() {
            let text = format!(
                "{} takes {} arguments ({}), not {given}",
                self.function,
                parameters.len(),
                parameters.join(", "),
            );
            return Err(Failure::new(400, "TOO_MANY_ARGUMENTS", text)
                .with("function", self.function())
                .with("parameters", parameters)
                .with("given", given));
        }
        Ok(Arguments {
            values: &self.arguments,
            parameters,
        })
    }

    /// An entry of the transient data, read as an argument is; a missing one is `null`.
    pub fn transient<T: DeserializeOwned>(&self, name: &str) -> Result<T, Failure> {
        let entry = self.session.invocation.transient.get(name);
        argument::parse_transient(entry.map(Vec::as_slice), name)
    }

    /// What both transactions and queries may do: for hooks.
    pub fn reader(&self) -> Reader<'p> {
        Reader {
            session: Rc::clone(&self.session),
        }
    }

    /// Lets the call go on only where the caller satisfies all of these.
    pub fn require(&self, guards: &[Guard]) -> Result<(), Failure> {
        guards
            .iter()
            .try_for_each(|guard| guard.check(&self.reader()))
    }

    /// The transaction, for a function that writes.
    pub fn tx(&self) -> Tx<'p> {
        Tx {
            reader: self.reader(),
        }
    }

    /// The query, for a function that only reads.
    pub fn query(&self) -> Query<'p> {
        Query {
            reader: self.reader(),
        }
    }

    /// The failure for a function that the contract does not have. Names those it has.
    pub fn unknown_function(&self, contract: &dyn Contract) -> Failure {
        let description = contract.describe(&mut Schemas::default());
        let known: Vec<&str> = description.function_names().collect();
        let function = echoed(&self.function);
        let text = format!(
            "contract {} has no function {function}; it has {}",
            contract.name(),
            known.join(", "),
        );
        Failure::new(404, "UNKNOWN_FUNCTION", text)
            .with("contract", contract.name())
            .with("function", function)
            .with("known", known)
    }
}

/// A caller's text, short enough for an error text.
pub(crate) fn echoed(text: &str) -> String {
    text.chars().take(ECHO_CHARACTERS_MAX).collect()
}

/// The arguments of one call, with their parameters' names.
pub struct Arguments<'c> {
    values: &'c [Vec<u8>],
    parameters: &'c [&'c str],
}

impl Arguments<'_> {
    /// The argument at a position. It is read as JSON; where that does not give a `T`, the plain
    /// text is taken for a JSON string. A missing argument is read as `null`, so an `Option` may
    /// be left out at the end.
    pub fn parse<T: DeserializeOwned>(&self, index: usize) -> Result<T, Failure> {
        let parameter = self.parameters.get(index).copied().unwrap_or("?");
        argument::parse(self.values.get(index).map(Vec::as_slice), parameter)
    }
}

/// Encodes what a function returned: text as it is, `()` as nothing, everything else as JSON.
pub fn reply<T: Serialize, E: Into<Failure>>(returned: Result<T, E>) -> Result<Vec<u8>, Failure> {
    let value = returned.map_err(Into::into)?;
    let unreadable = |error: serde_json::Error| {
        Failure::new(
            500,
            "REPLY_NOT_JSON",
            format!("the result has no JSON form: {error}"),
        )
    };
    let json = serde_json::to_string(&value).map_err(unreadable)?;
    if json.starts_with('"') {
        let text: String = serde_json::from_str(&json).map_err(unreadable)?;
        return Ok(text.into_bytes());
    }
    Ok(if json == "null" {
        Vec::new()
    } else {
        json.into_bytes()
    })
}

/// The inverse of [`reply`]: JSON, or else plain text; nothing is `()` or `None`.
pub fn read_reply<T: DeserializeOwned>(payload: &[u8]) -> Result<T, serde_json::Error> {
    let payload = if payload.is_empty() { b"null" } else { payload };
    serde_json::from_slice(payload).or_else(|error| {
        let text = String::from_utf8_lossy(payload).into_owned();
        serde_json::from_value(text.into()).map_err(|_| error)
    })
}

/// What a function's return type says about its result. For generated code.
pub trait Returned {
    /// The result on success.
    type Value: Serialize + JsonSchema;
}

impl<T: Serialize + JsonSchema, E> Returned for Result<T, E> {
    type Value = T;
}
