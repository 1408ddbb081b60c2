//! Values as CouchDB's error texts show them: Erlang terms.

use super::json::{Json, Number, Object};

/// How Erlang writes a string.
#[derive(Clone, Copy)]
enum Style {
    /// Byte by byte (`~w`).
    Bytes,
    /// As text where it is printable (`~p`).
    Text,
}

/// As `~w` writes it.
pub(super) fn term(value: &Json) -> String {
    written(value, Style::Bytes)
}

/// As `~p` writes it, on one line.
pub(super) fn pretty_term(value: &Json) -> String {
    written(value, Style::Text)
}

fn written(value: &Json, style: Style) -> String {
    let mut text = String::new();
    write(value, style, &mut text);
    text
}

fn write(value: &Json, style: Style, text: &mut String) {
    match value {
        Json::Null => text.push_str("null"),
        Json::Bool(true) => text.push_str("true"),
        Json::Bool(false) => text.push_str("false"),
        Json::Number(number) => text.push_str(&number_term(*number)),
        Json::String(string) => write_binary(string, style, text),
        Json::Array(items) => {
            text.push('[');
            for (position, item) in items.iter().enumerate() {
                separate(position, text);
                write(item, style, text);
            }
            text.push(']');
        }
        Json::Object(members) => write_object(members, style, text),
    }
}

/// A tuple of a list of pairs.
fn write_object(members: &Object, style: Style, text: &mut String) {
    text.push_str("{[");
    for (position, (name, value)) in members.iter().enumerate() {
        separate(position, text);
        text.push('{');
        write_binary(name, style, text);
        text.push(',');
        write(value, style, text);
        text.push('}');
    }
    text.push_str("]}");
}

fn write_binary(string: &str, style: Style, text: &mut String) {
    let is_printable = string.chars().all(|c| (' '..='~').contains(&c));
    text.push_str("<<");
    match style {
        Style::Text if is_printable && !string.is_empty() => {
            text.push('"');
            text.push_str(&string.replace('\\', "\\\\").replace('"', "\\\""));
            text.push('"');
        }
        _ => {
            for (position, byte) in string.bytes().enumerate() {
                separate(position, text);
                text.push_str(&byte.to_string());
            }
        }
    }
    text.push_str(">>");
}

fn separate(position: usize, text: &mut String) {
    if position > 0 {
        text.push(',');
    }
}

/// A float always shows that it is one.
fn number_term(number: Number) -> String {
    let text = match number.integer() {
        Some(integer) => return integer.to_string(),
        None => number.to_text().replace("e+", "e"),
    };
    match text.split_once('e') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0e{exponent}"),
        None if !text.contains('.') => format!("{text}.0"),
        _ => text,
    }
}
