//! What a contract is: a name, a description, and one function that answers calls.
//!
//! `#[contract]` writes the implementation; nothing in it is out of reach by hand.

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value};

use crate::{call::Call, failure::Failure};

/// A set of named functions over the ledger.
pub trait Contract: Send + Sync + 'static {
    /// The name before the colon in `contract:function`. Not empty, without a colon.
    fn name(&self) -> &str;

    /// What the contract offers, for metadata and for error texts.
    fn describe(&self, schemas: &mut Schemas) -> ContractDescription;

    /// Whether a function writes; `None` for a function that the contract does not have.
    fn kind_of(&self, function: &str) -> Option<FunctionKind> {
        let description = self.describe(&mut Schemas::default());
        let found = description
            .functions
            .iter()
            .find(|known| known.name == function)?;
        Some(match found.writes {
            true => FunctionKind::Transaction,
            false => FunctionKind::Query,
        })
    }

    /// Runs before each call of a function. An error fails the transaction.
    fn before(&self, call: &Call<'_>) -> Result<(), Failure> {
        let _ = call;
        Ok(())
    }

    /// Runs after each call that succeeded, with its result. An error fails the transaction.
    fn after(&self, call: &Call<'_>, result: &[u8]) -> Result<(), Failure> {
        let _ = (call, result);
        Ok(())
    }

    /// Runs in place of a call: [`Next::run`] is `before`, the function and `after`.
    fn around(&self, call: &Call<'_>, next: Next<'_>) -> Result<Vec<u8>, Failure> {
        let _ = call;
        next.run()
    }

    /// Answers one call. On `Ok` the writes are sent and the bytes are the result; on `Err` nothing
    /// is written. An unknown function is [`Call::unknown_function`].
    fn call(&self, call: &Call<'_>) -> Result<Vec<u8>, Failure>;
}

/// The rest of a call, for what runs around it.
pub struct Next<'n>(Box<dyn FnOnce() -> Result<Vec<u8>, Failure> + 'n>);

impl<'n> Next<'n> {
    pub(crate) fn new(contract: &'n dyn Contract, call: &'n Call<'_>) -> Self {
        Self(Box::new(move || {
            contract.before(call)?;
            let result = contract.call(call)?;
            contract.after(call, &result)?;
            Ok(result)
        }))
    }

    /// Goes on with the call, and gives its result.
    pub fn run(self) -> Result<Vec<u8>, Failure> {
        (self.0)()
    }
}

/// Whether a function writes the ledger or only reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    /// It writes: to be submitted.
    Transaction,
    /// It only reads: to be evaluated.
    Query,
}

impl std::fmt::Display for FunctionKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Transaction => "transaction",
            Self::Query => "query",
        })
    }
}

/// Collects the JSON schemas of the types that functions take and return.
pub struct Schemas(SchemaGenerator);

impl Default for Schemas {
    fn default() -> Self {
        let settings = SchemaSettings::draft07()
            .with(|settings| settings.definitions_path = "/components/schemas".into());
        Self(settings.into_generator())
    }
}

impl Schemas {
    /// The schema of a type: in place, or a reference to `#/components/schemas`.
    pub fn of<T: JsonSchema>(&mut self) -> Schema {
        self.0.subschema_for::<T>()
    }

    /// The schemas referred to.
    pub(crate) fn into_components(mut self) -> Map<String, Value> {
        self.0.take_definitions(true)
    }
}

/// What a contract offers.
#[derive(Clone, Debug)]
pub struct ContractDescription {
    pub(crate) version: String,
    pub(crate) title: Option<String>,
    pub(crate) license: Option<String>,
    pub(crate) contact: Option<String>,
    pub(crate) documentation: String,
    pub(crate) functions: Vec<FunctionDescription>,
}

impl ContractDescription {
    /// A contract without functions yet.
    pub fn new(version: &str, documentation: &str) -> Self {
        Self {
            version: version.to_owned(),
            title: None,
            license: None,
            contact: None,
            documentation: documentation.to_owned(),
            functions: Vec::new(),
        }
    }

    /// Sets the title, where it is not the contract's name.
    #[must_use]
    pub fn title(mut self, title: &str) -> Self {
        self.title = Some(title.to_owned());
        self
    }

    /// Sets the name of the licence.
    #[must_use]
    pub fn license(mut self, license: &str) -> Self {
        self.license = Some(license.to_owned());
        self
    }

    /// Sets the name of whom to ask.
    #[must_use]
    pub fn contact(mut self, contact: &str) -> Self {
        self.contact = Some(contact.to_owned());
        self
    }

    /// Adds a function.
    #[must_use]
    pub fn function(mut self, function: FunctionDescription) -> Self {
        self.functions.push(function);
        self
    }

    /// The functions' names.
    pub fn function_names(&self) -> impl Iterator<Item = &str> {
        self.functions.iter().map(|function| function.name.as_str())
    }
}

/// What one function takes and returns.
#[derive(Clone, Debug)]
pub struct FunctionDescription {
    pub(crate) name: String,
    pub(crate) documentation: String,
    pub(crate) writes: bool,
    pub(crate) parameters: Vec<(String, Schema)>,
    pub(crate) transient: Vec<(String, Schema)>,
    pub(crate) returns: Option<Schema>,
}

impl FunctionDescription {
    /// A function that writes: to be submitted.
    pub fn transaction(name: &str, documentation: &str) -> Self {
        Self {
            name: name.to_owned(),
            documentation: documentation.to_owned(),
            writes: true,
            parameters: Vec::new(),
            transient: Vec::new(),
            returns: None,
        }
    }

    /// A function that only reads: to be evaluated.
    pub fn query(name: &str, documentation: &str) -> Self {
        Self {
            writes: false,
            ..Self::transaction(name, documentation)
        }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn parameter<T: JsonSchema>(mut self, name: &str, schemas: &mut Schemas) -> Self {
        self.parameters.push((name.to_owned(), schemas.of::<T>()));
        self
    }

    /// Adds an entry of the transient data that it reads.
    #[must_use]
    pub fn transient<T: JsonSchema>(mut self, name: &str, schemas: &mut Schemas) -> Self {
        self.transient.push((name.to_owned(), schemas.of::<T>()));
        self
    }

    /// Says what it returns. `()` is nothing.
    #[must_use]
    pub fn returns<T: JsonSchema>(mut self, schemas: &mut Schemas) -> Self {
        let schema = schemas.of::<T>();
        let nothing = schema.get("type").and_then(Value::as_str) == Some("null");
        self.returns = (!nothing).then_some(schema);
        self
    }
}
