//! Clients in Rust, on `fabric-gateway-sdk`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::model::{Component, Contract, Function, Model, Parameter};
use super::names::{pascal, snake};
use super::schema::{Shape, Type};

const HEAD: &str = "\
//! Typed calls of a chaincode, made from its metadata by `selvedge contract bindgen`.
//!
//! A function that writes gives a call to await, whose receipt holds the reply; one that only reads gives a
//! call whose value is the reply.

#![allow(dead_code, unused_imports, clippy::all, clippy::pedantic)]

use fabric_gateway_sdk::{Contract, Evaluate, EvaluateJson, Submit};
use serde::{Deserialize, Serialize};
";

const TAIL: &str = "
/// A value as an argument: its JSON.
fn json<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
";

pub(super) fn write(model: &Model) -> String {
    let mut text = HEAD.to_owned();
    for component in &model.types {
        write_component(&mut text, model, component);
    }
    for contract in &model.contracts {
        write_contract(&mut text, contract);
    }
    text + TAIL
}

fn write_component(text: &mut String, model: &Model, component: &Component) {
    let name = pascal(&component.name);
    text.push('\n');
    comment(text, "", &component.documentation, &component.name);
    // Writing to a string cannot fail.
    let _ = match &component.shape {
        Shape::Record(fields) => {
            let mut body = String::new();
            for field in fields {
                comment(&mut body, "    ", &field.documentation, &field.name);
                let default = match field.of {
                    Type::Optional(_) => ", default, skip_serializing_if = \"Option::is_none\"",
                    _ => "",
                };
                let (quoted, own) = (&field.name, snake(&field.name));
                let of = field_type(model, &component.name, &field.of);
                let _ = writeln!(
                    body,
                    "    #[serde(rename = {quoted:?}{default})]\n    pub {own}: {of},"
                );
            }
            writeln!(
                text,
                "#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]\npub struct {name} {{\n{body}}}"
            )
        }
        Shape::Choice(choices) => {
            let mut body = String::new();
            for choice in choices {
                comment(&mut body, "    ", "", choice);
                let own = pascal(choice);
                let _ = writeln!(body, "    #[serde(rename = {choice:?})]\n    {own},");
            }
            writeln!(
                text,
                "#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]\npub enum {name} {{\n{body}}}"
            )
        }
        Shape::Alias(of) => writeln!(text, "pub type {name} = {};", owned(of)),
    };
}

/// The type of a record's field: in a box where the record would otherwise hold itself.
fn field_type(model: &Model, record: &str, of: &Type) -> String {
    match of {
        Type::Optional(of) => format!("Option<{}>", field_type(model, record, of)),
        Type::Named(name) if holds(model, name, record, &mut BTreeSet::new()) => {
            format!("Box<{}>", owned(of))
        }
        of => owned(of),
    }
}

/// Whether a named type is another one, or holds it without a list between.
fn holds<'m>(model: &'m Model, name: &'m str, other: &str, seen: &mut BTreeSet<&'m str>) -> bool {
    fn named(of: &Type) -> Option<&str> {
        match of {
            Type::Named(name) => Some(name),
            Type::Optional(of) => named(of),
            _ => None,
        }
    }
    if name == other || !seen.insert(name) {
        return name == other;
    }
    let component = model.types.iter().find(|each| each.name == name);
    match component.map(|component| &component.shape) {
        Some(Shape::Record(fields)) => fields
            .iter()
            .filter_map(|field| named(&field.of))
            .any(|inner| holds(model, inner, other, seen)),
        Some(Shape::Alias(of)) => named(of).is_some_and(|inner| holds(model, inner, other, seen)),
        _ => false,
    }
}

fn write_contract(text: &mut String, contract: &Contract) {
    let (name, called) = (pascal(&contract.name), &contract.name);
    text.push('\n');
    comment(text, "", &contract.documentation, called);
    let _ = writeln!(
        text,
        "#[derive(Clone)]\npub struct {name}(Contract);\n\nimpl {name} {{\n    \
         /// The contract, in a chaincode on a channel.\n    \
         pub fn new(contract: Contract) -> Self {{\n        Self(contract)\n    }}"
    );
    for function in &contract.functions {
        write_function(text, called, function);
    }
    text.push_str("}\n");
}

fn write_function(text: &mut String, contract: &str, function: &Function) {
    let name = match snake(&function.name) {
        name if name == "new" => "new_".to_owned(),
        name => name,
    };
    text.push('\n');
    comment(text, "    ", &function.documentation, &function.name);
    let (returns, read) = match (function.writes, &function.returns) {
        (true, _) => ("Submit".to_owned(), String::new()),
        (false, Type::Text | Type::Nothing | Type::Optional(_)) => {
            ("Evaluate".to_owned(), String::new())
        }
        (false, of) => (format!("EvaluateJson<{}>", owned(of)), ".json()".to_owned()),
    };
    let _ = writeln!(
        text,
        "    ///\n    /// The reply is {}.",
        told(&function.returns)
    );
    let parameters: String = function
        .parameters
        .iter()
        .map(|Parameter { name, of, .. }| format!(", {}: {}", snake(name), borrowed(of)))
        .collect();
    let kind = if function.writes {
        "submit"
    } else {
        "evaluate"
    };
    let target = format!("{contract}:{}", function.name);
    let arguments: String = function.parameters.iter().map(argument).collect();
    let _ = writeln!(
        text,
        "    pub fn {name}(&self{parameters}) -> {returns} {{\n        self.0.{kind}({target:?}){arguments}{read}\n    }}"
    );
}

fn argument(parameter: &Parameter) -> String {
    let Parameter {
        name,
        of,
        transient,
    } = parameter;
    let own = snake(name);
    let value = match of {
        Type::Text => own,
        _ => format!("json(&{own})"),
    };
    match transient {
        true => format!("\n            .transient({name:?}, {value})"),
        false => format!("\n            .arg({value})"),
    }
}

/// What the reply is, in words.
fn told(of: &Type) -> String {
    match of {
        Type::Nothing => "empty".to_owned(),
        Type::Text => "text".to_owned(),
        Type::Optional(of) => format!("empty, or {}", told(of)),
        of => format!("the JSON of a `{}`", owned(of)),
    }
}

fn owned(of: &Type) -> String {
    match of {
        Type::Nothing => "()".to_owned(),
        Type::Text => "String".to_owned(),
        Type::Integer(name) => (*name).to_owned(),
        Type::Number => "f64".to_owned(),
        Type::Boolean => "bool".to_owned(),
        Type::List(of) => format!("Vec<{}>", owned(of)),
        Type::Optional(of) => format!("Option<{}>", owned(of)),
        Type::Named(name) => pascal(name),
        Type::Any => "serde_json::Value".to_owned(),
    }
}

fn borrowed(of: &Type) -> String {
    match of {
        Type::Text => "&str".to_owned(),
        Type::List(of) => format!("&[{}]", owned(of)),
        Type::Optional(of) => format!("Option<{}>", borrowed(of)),
        Type::Named(_) | Type::Any => format!("&{}", owned(of)),
        Type::Nothing | Type::Integer(_) | Type::Number | Type::Boolean => owned(of),
    }
}

/// The chaincode's words as a comment; its name for a thing where it has no words.
fn comment(text: &mut String, indent: &str, words: &str, name: &str) {
    let words = if words.trim().is_empty() {
        format!("`{name}`.")
    } else {
        words.to_owned()
    };
    for line in words.split(['\n', '\r']) {
        let _ = writeln!(text, "{indent}/// {}", line.trim());
    }
}
