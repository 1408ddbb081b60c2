//! Clients in TypeScript, on `@hyperledger/fabric-gateway`.

use std::fmt::Write as _;

use serde_json::Value;

use super::model::{Component, Contract, Function, Model, Parameter};
use super::names::{camel, pascal};
use super::schema::{Shape, Type};

const HEAD: &str = "\
// Typed calls of a chaincode, made from its metadata by `selvedge contract bindgen`.

import type { Contract } from '@hyperledger/fabric-gateway';

const utf8 = new TextDecoder();

/** A reply that is JSON, or nothing. */
function read<T>(reply: Uint8Array): T {
  const text = utf8.decode(reply);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
";

pub(super) fn write(model: &Model) -> String {
    let mut text = HEAD.to_owned();
    for component in &model.types {
        write_component(&mut text, component);
    }
    for contract in &model.contracts {
        write_contract(&mut text, contract);
    }
    text
}

fn write_component(text: &mut String, component: &Component) {
    let name = pascal(&component.name);
    text.push('\n');
    comment(text, "", &component.documentation, &component.name);
    // Writing to a string cannot fail.
    let _ = match &component.shape {
        Shape::Record(fields) => {
            let mut body = String::new();
            for field in fields {
                comment(&mut body, "  ", &field.documentation, &field.name);
                let mark = if matches!(field.of, Type::Optional(_)) {
                    "?"
                } else {
                    ""
                };
                let _ = writeln!(
                    body,
                    "  {}{mark}: {};",
                    quoted(&field.name),
                    told(&field.of)
                );
            }
            writeln!(text, "export interface {name} {{\n{body}}}")
        }
        Shape::Choice(choices) => {
            let choices: Vec<String> = choices.iter().map(|choice| quoted(choice)).collect();
            writeln!(text, "export type {name} = {};", choices.join(" | "))
        }
        Shape::Alias(of) => writeln!(text, "export type {name} = {};", told(of)),
    };
}

fn write_contract(text: &mut String, contract: &Contract) {
    let name = pascal(&contract.name);
    text.push('\n');
    comment(text, "", &contract.documentation, &contract.name);
    let _ = writeln!(
        text,
        "export class {name} {{\n  private readonly contract: Contract;\n\n  \
         constructor(contract: Contract) {{\n    this.contract = contract;\n  }}"
    );
    for function in &contract.functions {
        write_function(text, &contract.name, function);
    }
    text.push_str("}\n");
}

fn write_function(text: &mut String, contract: &str, function: &Function) {
    text.push('\n');
    comment(text, "  ", &function.documentation, &function.name);
    let parameters: Vec<String> = function
        .parameters
        .iter()
        .map(|each| format!("{}: {}", camel(&each.name), told(&each.of)))
        .collect();
    let kind = if function.writes {
        "submit"
    } else {
        "evaluate"
    };
    let target = quoted(&format!("{contract}:{}", function.name));
    let listed = |transient| {
        let chosen = function.parameters.iter();
        chosen.filter(move |each| each.transient == transient)
    };
    let arguments: Vec<String> = listed(false).map(value).collect();
    let transient: Vec<String> = listed(true)
        .map(|each| format!("{}: {}", quoted(&each.name), value(each)))
        .collect();
    let mut options = format!("arguments: [{}]", arguments.join(", "));
    if !transient.is_empty() {
        let _ = write!(options, ", transientData: {{ {} }}", transient.join(", "));
    }
    let (returns, read) = match &function.returns {
        Type::Nothing => ("void".to_owned(), "await CALL;"),
        Type::Text => ("string".to_owned(), "return utf8.decode(await CALL);"),
        of => (told(of), "return read(await CALL);"),
    };
    let call = format!("this.contract.{kind}({target}, {{ {options} }})");
    let _ = writeln!(
        text,
        "  async {}({}): Promise<{returns}> {{\n    {}\n  }}",
        camel(&function.name),
        parameters.join(", "),
        read.replace("CALL", &call),
    );
}

/// A parameter as the text that a chaincode reads.
fn value(parameter: &Parameter) -> String {
    let name = camel(&parameter.name);
    match parameter.of {
        Type::Text => name,
        Type::Optional(_) => format!("JSON.stringify({name} ?? null)"),
        _ => format!("JSON.stringify({name})"),
    }
}

fn told(of: &Type) -> String {
    match of {
        Type::Nothing => "null".to_owned(),
        Type::Text => "string".to_owned(),
        Type::Integer(_) | Type::Number => "number".to_owned(),
        Type::Boolean => "boolean".to_owned(),
        Type::List(of) => match **of {
            Type::Optional(_) => format!("({})[]", told(of)),
            _ => format!("{}[]", told(of)),
        },
        Type::Optional(of) => format!("{} | undefined", told(of)),
        Type::Named(name) => pascal(name),
        Type::Any => "unknown".to_owned(),
    }
}

/// JSON's texts are TypeScript's.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The chaincode's words as a comment, which they cannot end.
fn comment(text: &mut String, indent: &str, words: &str, name: &str) {
    let words = if words.trim().is_empty() { name } else { words };
    let words = words.replace("*/", "* /");
    let lines: Vec<&str> = words.split(['\n', '\r']).map(str::trim).collect();
    if let [line] = lines.as_slice() {
        let _ = writeln!(text, "{indent}/** {line} */");
        return;
    }
    let _ = writeln!(text, "{indent}/**");
    for line in lines {
        let _ = writeln!(text, "{indent} * {line}");
    }
    let _ = writeln!(text, "{indent} */");
}
