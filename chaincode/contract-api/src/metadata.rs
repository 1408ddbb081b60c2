//! `org.hyperledger.fabric:GetMetadata`: what a chaincode offers, as JSON of Fabric's shape, with
//! the parameters' real names and JSON schemas.

use schemars::Schema;
use serde_json::{Map, Value, json};

use crate::contract::{Contract, ContractDescription, FunctionDescription, Schemas};

/// The contract that every chaincode answers to beside its own.
pub(crate) const SYSTEM_CONTRACT: &str = "org.hyperledger.fabric";
/// The one function of [`SYSTEM_CONTRACT`].
pub(crate) const GET_METADATA: &str = "GetMetadata";
/// The JSON schema of the document.
const SCHEMA: &str =
    "https://hyperledger.github.io/fabric-chaincode-node/main/api/contract-schema.json";

/// Describes contracts; the first is the default one.
pub(crate) fn describe(contracts: &[&dyn Contract]) -> Value {
    let mut schemas = Schemas::default();
    let mut described = Map::new();
    let mut info = json!({ "title": "", "version": "" });
    for (index, contract) in contracts.iter().enumerate() {
        let description = contract.describe(&mut schemas);
        let own = described_info(contract.name(), &description);
        let default = index == 0;
        if default {
            info = own.clone();
        }
        let transactions: Vec<Value> = description.functions.iter().map(transaction).collect();
        let entry = json!({
            "name": contract.name(),
            "info": own,
            "default": default,
            "transactions": transactions,
        });
        described.insert(contract.name().to_owned(), entry);
    }
    described.insert(SYSTEM_CONTRACT.to_owned(), system_contract());
    json!({
        "$schema": SCHEMA,
        "info": info,
        "contracts": described,
        "components": { "schemas": components(schemas) },
    })
}

fn info_of(title: &str, version: &str, description: &str) -> Value {
    let mut info = json!({ "title": title, "version": version });
    if !description.is_empty() {
        info["description"] = description.into();
    }
    info
}

fn described_info(name: &str, description: &ContractDescription) -> Value {
    let title = description.title.as_deref().unwrap_or(name);
    let mut info = info_of(title, &description.version, &description.documentation);
    if let Some(name) = &description.license {
        info["license"] = json!({ "name": name });
    }
    if let Some(name) = &description.contact {
        info["contact"] = json!({ "name": name });
    }
    info
}

fn transaction(function: &FunctionDescription) -> Value {
    let parameters = described(&function.parameters);
    // Go and Node disagree on the case of tags; clients look for either.
    let tag = if function.writes {
        ["submit", "SUBMIT"]
    } else {
        ["evaluate", "EVALUATE"]
    };
    let mut transaction = json!({ "name": function.name, "tag": tag, "parameters": parameters });
    if !function.transient.is_empty() {
        transaction["transient"] = described(&function.transient).into();
    }
    if !function.documentation.is_empty() {
        transaction["description"] = function.documentation.as_str().into();
    }
    if let Some(returns) = &function.returns {
        transaction["returns"] = json!(returns);
    }
    transaction
}

/// Parameters as Fabric's document has them.
fn described(parameters: &[(String, Schema)]) -> Vec<Value> {
    let parameters = parameters.iter();
    parameters
        .map(|(name, schema)| json!({ "name": name, "schema": schema }))
        .collect()
}

fn system_contract() -> Value {
    let function =
        FunctionDescription::query(GET_METADATA, "").returns::<String>(&mut Schemas::default());
    json!({
        "name": SYSTEM_CONTRACT,
        "info": info_of(SYSTEM_CONTRACT, "1.0.0", ""),
        "default": false,
        "transactions": [transaction(&function)],
    })
}

/// Named schemas, each with the `$id` that Fabric's document asks for.
fn components(schemas: Schemas) -> Map<String, Value> {
    let mut components = schemas.into_components();
    for (name, schema) in &mut components {
        if let Value::Object(schema) = schema {
            schema.insert("$id".to_owned(), name.as_str().into());
        }
    }
    components
}
