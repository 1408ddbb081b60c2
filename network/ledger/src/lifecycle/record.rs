//! A structure as `_lifecycle` keeps it: one key per field, and one that names type and fields.
//! Only what changes is written. (Fabric: core/chaincode/lifecycle/serializer.go)

use bytes::Bytes;
use fabric_protos::lifecycle::state_data::Type;
use fabric_protos::lifecycle::{StateData, StateMetadata};
use prost::Message;
use sha2::{Digest, Sha256};

use super::NAMESPACE;
use super::error::Outcome;
use crate::simulate::Simulator;
use crate::state::State;

/// Where definitions and the parameters that organisations approve are.
pub(super) const NAMESPACES: &str = "namespaces";
/// Where an organisation says which package runs a chaincode.
pub(super) const SOURCES: &str = "chaincode-sources";

/// A structure to write.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    pub(super) datatype: &'static str,
    /// Names and encoded values, in their order.
    pub(super) fields: Vec<(&'static str, Bytes)>,
}

/// The key that holds the type of a structure.
pub(super) fn metadata_key(space: &str, name: &str) -> String {
    format!("{space}/metadata/{name}")
}

/// The key of one field of a structure.
pub(super) fn field_key(space: &str, name: &str, field: &str) -> String {
    format!("{space}/fields/{name}/{field}")
}

/// A field's value as state holds it.
pub(super) fn field(value: Type) -> Bytes {
    let data = StateData {
        r#type: Some(value),
    };
    data.encode_to_vec().into()
}

/// A field that is a message.
pub(super) fn message_field(message: &impl Message) -> Bytes {
    field(Type::Bytes(message.encode_to_vec().into()))
}

impl Record {
    pub(super) fn metadata(&self) -> Bytes {
        let metadata = StateMetadata {
            datatype: self.datatype.to_owned(),
            fields: self.names().map(str::to_owned).collect(),
        };
        metadata.encode_to_vec().into()
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().map(|(name, _)| *name)
    }

    /// All keys and values, the type first.
    pub(super) fn entries(&self, space: &str, name: &str) -> Vec<(String, Bytes)> {
        let mut entries = vec![(metadata_key(space, name), self.metadata())];
        let fields = self.fields.iter();
        entries.extend(fields.map(|(field, value)| (field_key(space, name, field), value.clone())));
        entries
    }

    /// Writes a public structure.
    pub(super) fn write<S: State>(
        &self,
        simulator: &mut Simulator<'_, S>,
        name: &str,
    ) -> Outcome<(), S> {
        let metadata_key = metadata_key(NAMESPACES, name);
        let before = simulator.get(NAMESPACE, &metadata_key)?;
        let before = before.and_then(|bytes| StateMetadata::decode(bytes).ok());
        let mut existing = Vec::new();
        for field in before.iter().flat_map(|metadata| &metadata.fields) {
            let key = field_key(NAMESPACES, name, field);
            let value = simulator.get(NAMESPACE, &key)?;
            existing.push((field.clone(), key, value));
        }
        for (field, value) in &self.fields {
            let unchanged = existing
                .iter()
                .any(|(known, _, before)| known == field && before.as_ref() == Some(value));
            if !unchanged {
                let key = field_key(NAMESPACES, name, field);
                simulator.put(NAMESPACE, &key, value.clone())?;
            }
        }
        existing.retain(|(known, _, _)| self.names().all(|field| field != known));
        let same_type = before.is_some_and(|metadata| {
            metadata.datatype == self.datatype && metadata.fields.len() == self.fields.len()
        });
        if !same_type || !existing.is_empty() {
            simulator.put(NAMESPACE, &metadata_key, self.metadata())?;
        }
        for (_, key, _) in existing {
            simulator.delete(NAMESPACE, &key)?;
        }
        Ok(())
    }

    /// Writes a structure to an organisation's collection. What is there is told by its hashes,
    /// which read the same keys at the same versions as plaintext would.
    pub(super) fn write_private<S: State>(
        &self,
        simulator: &mut Simulator<'_, S>,
        collection: &str,
        space: &str,
        name: &str,
    ) -> Outcome<(), S> {
        let same_type = self.has_type(simulator, collection, space, name)?;
        for (field, value) in &self.fields {
            let key = field_key(space, name, field);
            if !same_type || !holds(simulator, collection, &key, value)? {
                simulator.put_private(NAMESPACE, collection, &key, value.clone())?;
            }
        }
        if !same_type {
            let key = metadata_key(space, name);
            simulator.put_private(NAMESPACE, collection, &key, self.metadata())?;
        }
        Ok(())
    }

    /// Whether a collection holds a structure of this type.
    pub(super) fn has_type<S: State>(
        &self,
        simulator: &mut Simulator<'_, S>,
        collection: &str,
        space: &str,
        name: &str,
    ) -> Outcome<bool, S> {
        let key = metadata_key(space, name);
        holds(simulator, collection, &key, &self.metadata())
    }

    /// Where a collection differs from the structure: the names of fields, or the type where it
    /// holds none or another. Every key is looked at, whatever the others hold.
    pub(super) fn mismatches<S: State>(
        &self,
        simulator: &mut Simulator<'_, S>,
        collection: &str,
        space: &str,
        name: &str,
    ) -> Outcome<Vec<String>, S> {
        let same_type = self.has_type(simulator, collection, space, name)?;
        let mut mismatches = Vec::new();
        for (field, value) in &self.fields {
            if !holds(simulator, collection, &field_key(space, name, field), value)? {
                mismatches.push((*field).to_owned());
            }
        }
        Ok(if same_type {
            mismatches
        } else {
            vec![self.datatype.to_owned()]
        })
    }
}

/// Whether a collection holds this value.
fn holds<S: State>(
    simulator: &mut Simulator<'_, S>,
    collection: &str,
    key: &str,
    value: &Bytes,
) -> Outcome<bool, S> {
    let hash = simulator.get_private_hash(NAMESPACE, collection, key)?;
    Ok(hash.is_some_and(|hash| *hash == *Sha256::digest(value)))
}
