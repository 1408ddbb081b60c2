//! JSON schemas as the types that both languages have.

use serde_json::Value;

/// Deepest nesting of a schema that is looked into; what is deeper is any JSON.
const DEPTH_MAX: usize = 32;
/// What named schemas are referred to by.
const COMPONENTS: &str = "#/components/schemas/";

/// A type of arguments, fields and results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Nothing,
    Text,
    /// With Rust's name.
    Integer(&'static str),
    Number,
    Boolean,
    List(Box<Type>),
    Optional(Box<Type>),
    /// One of the document's components.
    Named(String),
    Any,
}

/// What a named schema is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Record(Vec<Field>),
    /// One of these texts.
    Choice(Vec<String>),
    /// Another name for a type.
    Alias(Type),
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) documentation: String,
    pub(super) of: Type,
}

impl Type {
    pub(super) fn of(schema: &Value) -> Self {
        Self::at(schema, DEPTH_MAX)
    }

    fn at(schema: &Value, depth: usize) -> Self {
        let Some(depth) = depth.checked_sub(1) else {
            return Self::Any;
        };
        if let Some(reference) = schema["$ref"].as_str() {
            // Java and older Go name a component without its place.
            let name = reference.strip_prefix(COMPONENTS).unwrap_or(reference);
            return Self::Named(name.to_owned());
        }
        if let Some([only]) = schema["allOf"].as_array().map(Vec::as_slice) {
            return Self::at(only, depth);
        }
        if let Some([one, other]) = schema["anyOf"].as_array().map(Vec::as_slice) {
            return match (Self::at(one, depth), Self::at(other, depth)) {
                (Self::Nothing, of) | (of, Self::Nothing) => of.optional(),
                _ => Self::Any,
            };
        }
        match &schema["type"] {
            Value::String(name) => Self::simple(name, schema, depth),
            Value::Array(names) => match names.as_slice() {
                [Value::String(name), Value::String(null)]
                | [Value::String(null), Value::String(name)]
                    if null == "null" =>
                {
                    Self::simple(name, schema, depth).optional()
                }
                _ => Self::Any,
            },
            _ => Self::Any,
        }
    }

    fn simple(name: &str, schema: &Value, depth: usize) -> Self {
        match name {
            "null" => Self::Nothing,
            "string" => Self::Text,
            "boolean" => Self::Boolean,
            "number" => Self::Number,
            "integer" => Self::Integer(integer(&schema["format"])),
            "array" => Self::List(Box::new(Self::at(&schema["items"], depth))),
            _ => Self::Any,
        }
    }

    pub(super) fn optional(self) -> Self {
        match self {
            Self::Optional(_) | Self::Nothing => self,
            of => Self::Optional(Box::new(of)),
        }
    }
}

fn integer(format: &Value) -> &'static str {
    match format.as_str() {
        Some("uint8") => "u8",
        Some("uint16") => "u16",
        Some("uint32") => "u32",
        Some("uint64") => "u64",
        Some("uint128") => "u128",
        Some("int8") => "i8",
        Some("int16") => "i16",
        Some("int32") => "i32",
        Some("int128") => "i128",
        _ => "i64",
    }
}

impl Shape {
    pub(super) fn of(schema: &Value) -> Self {
        if let Some(properties) = schema["properties"].as_object() {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let fields = properties.iter().map(|(name, schema)| {
                let of = Type::of(schema);
                let needed = required.iter().any(|each| each == name);
                Field {
                    name: name.clone(),
                    documentation: documentation(schema),
                    of: if needed { of } else { of.optional() },
                }
            });
            return Self::Record(fields.collect());
        }
        let texts = schema["enum"].as_array().map(|choices| {
            let texts = choices.iter().map(|choice| choice.as_str());
            texts.map(|text| text.map(str::to_owned)).collect()
        });
        match texts {
            Some(Some(texts)) => Self::Choice(texts),
            _ => Self::Alias(Type::of(schema)),
        }
    }
}

pub(super) fn documentation(schema: &Value) -> String {
    schema["description"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}
