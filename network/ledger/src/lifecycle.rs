//! The system chaincode `_lifecycle`: which chaincodes a channel has, by what policy they are
//! endorsed, which collections they have; and how organisations agree on that.
//! (Fabric: core/chaincode/lifecycle)

mod approve;
mod check;
pub mod collections;
mod commit;
mod error;
mod query;
mod record;
mod terms;

use bytes::Bytes;
use fabric_protos::lifecycle::state_data::Type;
use fabric_protos::lifecycle::{
    ChaincodeEndorsementInfo, ChaincodeValidationInfo, StateData, StateMetadata,
};
use fabric_protos::peer::collection_config::Payload;
use fabric_protos::peer::{ApplicationPolicy, CollectionConfigPackage, StaticCollectionConfig};
use prost::Message;
use sha2::{Digest, Sha256};

use crate::state::State;
use record::{NAMESPACES, Record, SOURCES, field, message_field};

pub use approve::{Approval, Repeated, approve};
pub use commit::{Readiness, check_commit_readiness, commit};
pub use error::LifecycleError;
pub use query::{query_all_approved, query_approved, query_definition, query_definitions};
pub use terms::{CollectionAccess, CollectionTerms};

/// The namespace of the system chaincode.
pub const NAMESPACE: &str = "_lifecycle";

/// What collections that every organisation has to itself are called: this and the MSP's id.
pub const IMPLICIT_COLLECTION_PREFIX: &str = "_implicit_org_";

/// The collection of an organisation.
#[must_use]
pub fn implicit_collection(msp_id: &str) -> String {
    format!("{IMPLICIT_COLLECTION_PREFIX}{msp_id}")
}

/// Names read from the state at a time.
const PAGE: usize = 128;

/// The datatype of a chaincode's definition.
const DATATYPE: &str = "ChaincodeDefinition";
/// Its fields, in the order in which the metadata lists them.
const FIELDS: [&str; 4] = [
    "Sequence",
    "EndorsementInfo",
    "ValidationInfo",
    "Collections",
];
/// The validation plugin that every peer has.
pub const VALIDATION_PLUGIN: &str = "vscc";
/// The endorsement plugin that every peer has.
pub const ENDORSEMENT_PLUGIN: &str = "escc";

/// A chaincode's definition on a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct ChaincodeDefinition {
    /// Counts the definitions of this name, from 1.
    pub sequence: i64,
    /// Version, plugin, whether it wants initialisation.
    pub endorsement_info: ChaincodeEndorsementInfo,
    /// Plugin and policy.
    pub validation_info: ChaincodeValidationInfo,
    /// Private collections.
    pub collections: CollectionConfigPackage,
}

/// What state says of a chaincode.
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    /// No such chaincode.
    Undefined,
    /// Something that is no definition.
    Malformed,
    /// Its definition.
    Defined(Box<ChaincodeDefinition>),
}

/// The key that says that a chaincode is defined.
#[must_use]
pub fn metadata_key(name: &str) -> String {
    record::metadata_key(NAMESPACES, name)
}

/// The key of a field: `Sequence`, `EndorsementInfo`, `ValidationInfo` or `Collections`.
#[must_use]
pub fn field_key(name: &str, field: &str) -> String {
    record::field_key(NAMESPACES, name, field)
}

/// The keys of a chaincode's whole definition, in the order in which a peer reads them before it lets
/// the chaincode use private data.
pub fn definition_keys(name: &str) -> impl Iterator<Item = String> {
    let fields = FIELDS.map(|field| field_key(name, field));
    std::iter::once(metadata_key(name)).chain(fields)
}

impl ChaincodeDefinition {
    /// A definition with the plugins that every peer has.
    #[must_use]
    pub fn new(sequence: i64, version: &str, policy: &ApplicationPolicy) -> Self {
        Self {
            sequence,
            endorsement_info: ChaincodeEndorsementInfo {
                version: version.to_owned(),
                endorsement_plugin: ENDORSEMENT_PLUGIN.to_owned(),
                ..Default::default()
            },
            validation_info: ChaincodeValidationInfo {
                validation_plugin: VALIDATION_PLUGIN.to_owned(),
                validation_parameter: policy.encode_to_vec().into(),
            },
            collections: CollectionConfigPackage::default(),
        }
    }

    /// The keys and values that stand for the definition in the namespace `_lifecycle`.
    #[must_use]
    pub fn entries(&self, name: &str) -> Vec<(String, Bytes)> {
        self.record().entries(NAMESPACES, name)
    }

    /// As it is kept in public state.
    fn record(&self) -> Record {
        let mut record = self.parameters();
        record.datatype = DATATYPE;
        let sequence = field(Type::Int64(self.sequence));
        record.fields.insert(0, ("Sequence", sequence));
        record
    }

    /// All but the sequence, as organisations approve it.
    fn parameters(&self) -> Record {
        Record {
            datatype: "ChaincodeParameters",
            fields: vec![
                ("EndorsementInfo", message_field(&self.endorsement_info)),
                ("ValidationInfo", message_field(&self.validation_info)),
                ("Collections", message_field(&self.collections)),
            ],
        }
    }

    /// The configuration of an explicit collection.
    #[must_use]
    pub fn collection(&self, name: &str) -> Option<&StaticCollectionConfig> {
        collection(&self.collections, name)
    }
}

/// Looks a chaincode up.
///
/// # Errors
/// Where the store fails.
pub fn definition<S: State>(state: &S, name: &str) -> Result<Lookup, S::Error> {
    let Some(metadata) = state.get(NAMESPACE, &metadata_key(name))? else {
        return Ok(Lookup::Undefined);
    };
    match StateMetadata::decode(metadata.value) {
        Ok(metadata) if metadata.datatype == DATATYPE => {}
        _ => return Ok(Lookup::Malformed),
    }
    let [sequence, endorsement, validation, collections] =
        FIELDS.map(|field| field_value(state, name, field));
    Ok(typed(sequence?, endorsement?, validation?, collections?)
        .map_or(Lookup::Malformed, |found| Lookup::Defined(Box::new(found))))
}

/// Whether an organisation has approved exactly this definition, whatever package it runs it with.
///
/// # Errors
/// Where the store fails.
pub fn is_approved<S: State>(
    state: &S,
    msp_id: &str,
    name: &str,
    definition: &ChaincodeDefinition,
) -> Result<bool, S::Error> {
    let collection = implicit_collection(msp_id);
    let private_name = format!("{name}#{}", definition.sequence);
    for (key, value) in definition.parameters().entries(NAMESPACES, &private_name) {
        let hash = state.get_hashed(NAMESPACE, &collection, &Sha256::digest(key))?;
        if hash.is_none_or(|hash| *hash.value != *Sha256::digest(value)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The key under which an organisation's collection says which package runs a chaincode.
#[must_use]
pub fn package_key(name: &str, sequence: i64) -> String {
    record::field_key(SOURCES, &format!("{name}#{sequence}"), "PackageID")
}

/// SHA-256 of what stands under [`package_key`] for a package.
#[must_use]
pub fn package_hash(package_id: &str) -> [u8; 32] {
    Sha256::digest(field(Type::String(package_id.to_owned()))).into()
}

/// Names of all chaincodes in force.
///
/// # Errors
/// Where the store fails.
pub fn names<S: State>(state: &S) -> Result<Vec<String>, S::Error> {
    let prefix = metadata_key("");
    let end = format!("{prefix}\u{7f}");
    let mut names = Vec::new();
    let mut start = prefix.clone();
    loop {
        let page = state.range(NAMESPACE, &start, &end, PAGE)?;
        let Some((last, _)) = page.last() else {
            return Ok(names);
        };
        start = format!("{last}\0");
        let found = page.iter().filter_map(|(key, _)| key.strip_prefix(&prefix));
        names.extend(found.map(str::to_owned));
    }
}

/// How many blocks a private key lives after the one that wrote it; `None` for ever.
///
/// # Errors
/// Where the store fails.
pub fn block_to_live<S: State>(
    state: &S,
    chaincode: &str,
    collection_name: &str,
) -> Result<Option<u64>, S::Error> {
    if collection_name.starts_with(IMPLICIT_COLLECTION_PREFIX) {
        return Ok(None);
    }
    let package = field_value(state, chaincode, "Collections")?
        .and_then(bytes_of)
        .and_then(|bytes| CollectionConfigPackage::decode(bytes).ok());
    Ok(package
        .as_ref()
        .and_then(|package| collection(package, collection_name))
        .map(|found| found.block_to_live)
        .filter(|blocks| *blocks > 0))
}

fn collection<'p>(
    package: &'p CollectionConfigPackage,
    name: &str,
) -> Option<&'p StaticCollectionConfig> {
    package.config.iter().find_map(|config| {
        let Payload::StaticCollectionConfig(config) = config.payload.as_ref()?;
        (config.name == name).then_some(config)
    })
}

fn field_value<S: State>(state: &S, name: &str, field: &str) -> Result<Option<Type>, S::Error> {
    let value = state.get(NAMESPACE, &field_key(name, field))?;
    // An absent field reads as its type's default, as an empty message does.
    Ok(value.map_or(Some(Type::Bytes(Bytes::new())), |value| {
        StateData::decode(value.value).ok()?.r#type
    }))
}

fn typed(
    sequence: Option<Type>,
    endorsement: Option<Type>,
    validation: Option<Type>,
    collections: Option<Type>,
) -> Option<ChaincodeDefinition> {
    let Type::Int64(sequence) = sequence? else {
        return None;
    };
    Some(ChaincodeDefinition {
        sequence,
        endorsement_info: message(endorsement)?,
        validation_info: message(validation)?,
        collections: message(collections)?,
    })
}

fn message<M: Message + Default>(field: Option<Type>) -> Option<M> {
    M::decode(bytes_of(field?)?).ok()
}

fn bytes_of(field: Type) -> Option<Bytes> {
    match field {
        Type::Bytes(bytes) => Some(bytes),
        Type::Int64(_) | Type::String(_) => None,
    }
}
