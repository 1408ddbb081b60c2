//! What a chaincode offers, read from its metadata.

use anyhow::Context as _;
use serde_json::Value;

use super::names::{camel, distinct, pascal, snake};
use super::schema::{Shape, Type, documentation};

/// The contract that every chaincode has beside its own.
const SYSTEM_CONTRACT: &str = "org.hyperledger.fabric";

pub(super) struct Model {
    pub(super) contracts: Vec<Contract>,
    pub(super) types: Vec<Component>,
}

pub(super) struct Contract {
    pub(super) name: String,
    pub(super) documentation: String,
    pub(super) functions: Vec<Function>,
}

pub(super) struct Function {
    pub(super) name: String,
    pub(super) documentation: String,
    pub(super) writes: bool,
    pub(super) parameters: Vec<Parameter>,
    pub(super) returns: Type,
}

pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) of: Type,
    /// Whether it goes into the transient data.
    pub(super) transient: bool,
}

/// A named schema.
pub(super) struct Component {
    pub(super) name: String,
    pub(super) documentation: String,
    pub(super) shape: Shape,
}

impl Model {
    pub(super) fn of(metadata: &Value) -> anyhow::Result<Self> {
        let contracts = metadata["contracts"].as_object();
        let contracts = contracts
            .context("the metadata have no `contracts`: are they the answer of GetMetadata?")?;
        let contracts: Vec<Contract> = contracts
            .iter()
            .filter(|(name, _)| *name != SYSTEM_CONTRACT)
            .map(|(name, contract)| Contract::of(name, contract))
            .collect();
        let components = metadata["components"]["schemas"].as_object();
        let types: Vec<Component> = components
            .into_iter()
            .flatten()
            .map(|(name, schema)| Component {
                name: name.clone(),
                documentation: documentation(schema),
                shape: Shape::of(schema),
            })
            .collect();
        let named = contracts.iter().map(|contract| contract.name.as_str());
        distinct(
            named.chain(types.iter().map(|each| each.name.as_str())),
            pascal,
        )?;
        for contract in &contracts {
            for identifier in [snake, camel] {
                let names = contract.functions.iter();
                distinct(names.map(|function| function.name.as_str()), identifier)?;
            }
            for function in &contract.functions {
                let names = function.parameters.iter().map(|each| each.name.as_str());
                distinct(names, snake)?;
            }
        }
        Ok(Self { contracts, types })
    }
}

impl Contract {
    fn of(name: &str, contract: &Value) -> Self {
        let functions = contract["transactions"].as_array();
        Self {
            name: name.to_owned(),
            documentation: documentation(&contract["info"]),
            functions: functions.into_iter().flatten().map(Function::of).collect(),
        }
    }
}

impl Function {
    fn of(function: &Value) -> Self {
        let parameters = parameters(&function["parameters"], false);
        let transient = parameters_of_transient(function);
        Self {
            name: function["name"].as_str().unwrap_or_default().to_owned(),
            documentation: documentation(function),
            writes: !is_evaluated(&function["tag"]),
            parameters: parameters.chain(transient).collect(),
            returns: returned(&function["returns"]),
        }
    }
}

fn parameters_of_transient(function: &Value) -> impl Iterator<Item = Parameter> {
    parameters(&function["transient"], true)
}

fn parameters(listed: &Value, transient: bool) -> impl Iterator<Item = Parameter> {
    let listed = listed.as_array().into_iter().flatten();
    listed.enumerate().map(move |(index, parameter)| {
        let name = parameter["name"].as_str().map(str::to_owned);
        Parameter {
            name: name.unwrap_or_else(|| format!("param{index}")),
            of: Type::of(&parameter["schema"]),
            transient,
        }
    })
}

/// The contract APIs write tags as one text or several, in either case.
fn is_evaluated(tag: &Value) -> bool {
    let evaluates = |tag: &Value| {
        let text = tag.as_str();
        text.is_some_and(|text| text.eq_ignore_ascii_case("evaluate"))
    };
    evaluates(tag)
        || tag
            .as_array()
            .is_some_and(|tags| tags.iter().any(evaluates))
}

/// A schema, or the list of one named schema that some contract APIs write.
fn returned(returns: &Value) -> Type {
    match returns {
        Value::Null => Type::Nothing,
        Value::Array(listed) => listed.first().map_or(Type::Nothing, returned),
        Value::Object(fields) => Type::of(fields.get("schema").unwrap_or(returns)),
        _ => Type::Any,
    }
}
