//! The schema against the descriptors of Fabric's own bindings: names, numbers, types and calls.

use std::collections::BTreeMap;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, MessageOptions,
};
use serde_json::{Value, json};

use crate::{fixtures, proto_sources};

#[test]
fn schema_is_fabrics() {
    let ours = Schema::of(&proto_sources::compile().file);
    let theirs = fixtures::read("schema.json");

    compare("messages", &ours.messages, &theirs);
    compare("enums", &ours.enums, &theirs);
    compare("calls", &ours.calls, &theirs);
}

#[track_caller]
fn compare(part: &str, ours: &BTreeMap<String, Value>, theirs: &Value) {
    let theirs = theirs[part].as_object().expect("the part is there");
    for (name, value) in ours {
        assert_eq!(
            Some(value),
            theirs.get(name),
            "{name} differs from Fabric's"
        );
    }
    for name in theirs.keys() {
        let known = ours.contains_key(name) || fixtures::is_left_out(name);
        assert!(known, "{name} is missing");
    }
}

/// The schema as `schema.json` writes it: a line of text per field and call.
#[derive(Default)]
struct Schema {
    messages: BTreeMap<String, Value>,
    enums: BTreeMap<String, Value>,
    calls: BTreeMap<String, Value>,
}

impl Schema {
    fn of(files: &[FileDescriptorProto]) -> Self {
        let mut schema = Self::default();
        for file in files
            .iter()
            .filter(|file| file.package() != "google.protobuf")
        {
            for message in &file.message_type {
                schema.add_message(file.package(), message);
            }
            for enumeration in &file.enum_type {
                schema.add_enum(file.package(), enumeration);
            }
            schema.add_calls(file);
        }
        schema
    }

    fn add_message(&mut self, scope: &str, message: &DescriptorProto) {
        let name = format!("{scope}.{}", message.name());
        for nested in message
            .nested_type
            .iter()
            .filter(|nested| !is_map_entry(nested))
        {
            self.add_message(&name, nested);
        }
        for enumeration in &message.enum_type {
            self.add_enum(&name, enumeration);
        }
        let fields: BTreeMap<_, _> = message
            .field
            .iter()
            .map(|field| (field.number().to_string(), line_of(message, field)))
            .collect();
        self.messages.insert(name, json!(fields));
    }

    fn add_enum(&mut self, scope: &str, enumeration: &EnumDescriptorProto) {
        let values: BTreeMap<_, _> = enumeration
            .value
            .iter()
            .map(|value| (value.name(), value.number()))
            .collect();
        self.enums
            .insert(format!("{scope}.{}", enumeration.name()), json!(values));
    }

    fn add_calls(&mut self, file: &FileDescriptorProto) {
        for service in &file.service {
            for call in &service.method {
                let path = format!("/{}.{}/{}", file.package(), service.name(), call.name());
                let stream = |streaming| if streaming { "stream " } else { "" };
                let line = format!(
                    "{}{} -> {}{}",
                    stream(call.client_streaming()),
                    call.input_type().trim_start_matches('.'),
                    stream(call.server_streaming()),
                    call.output_type().trim_start_matches('.'),
                );
                self.calls.insert(path, json!(line));
            }
        }
    }
}

fn is_map_entry(message: &DescriptorProto) -> bool {
    message
        .options
        .as_ref()
        .is_some_and(MessageOptions::map_entry)
}

fn line_of(message: &DescriptorProto, field: &FieldDescriptorProto) -> String {
    let entry = message
        .nested_type
        .iter()
        .filter(|nested| is_map_entry(nested))
        .find(|entry| {
            field
                .type_name()
                .ends_with(&format!(".{}.{}", message.name(), entry.name()))
        });
    if let Some(entry) = entry {
        let [key, value] = [&entry.field[0], &entry.field[1]].map(type_of);
        return format!("map {key} {value} {}", field.name());
    }
    let repeated = if field.label() == Label::Repeated {
        "repeated "
    } else {
        ""
    };
    let oneof = field.oneof_index.map_or(String::new(), |index| {
        let index = usize::try_from(index).expect("an index is not negative");
        format!(" in {}", message.oneof_decl[index].name())
    });
    format!("{repeated}{} {}{oneof}", type_of(field), field.name())
}

fn type_of(field: &FieldDescriptorProto) -> String {
    match field.r#type() {
        Type::Message | Type::Enum => field.type_name().trim_start_matches('.').to_owned(),
        scalar => scalar
            .as_str_name()
            .trim_start_matches("TYPE_")
            .to_lowercase(),
    }
}
