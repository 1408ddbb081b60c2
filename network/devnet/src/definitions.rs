//! Chaincodes as the channel defines them, read again only when the definition has changed.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use fabric_ledger::{
    Version,
    lifecycle::{self, Lookup},
    state::State as _,
};
use fabric_protos::peer::{ApplicationPolicy, CollectionConfigPackage};
use prost::Message as _;

use crate::storage::{StorageError, View};

/// A chaincode's definition in force.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chaincode {
    pub(crate) name: String,
    pub(crate) sequence: i64,
    pub(crate) version: String,
    pub(crate) init_required: bool,
    pub(crate) policy: ApplicationPolicy,
    /// The collections that it defines.
    pub(crate) collections: CollectionConfigPackage,
    /// The transaction that committed the definition.
    pub(crate) committed: Version,
    /// Which of several pasts of the ledger that was in.
    generation: u64,
}

/// Definitions by name.
#[derive(Debug, Default)]
pub(crate) struct Definitions(RwLock<HashMap<String, Arc<Chaincode>>>);

/// The key of a definition's sequence, which every call of the chaincode reads.
pub(crate) fn sequence_key(name: &str) -> String {
    lifecycle::field_key(name, "Sequence")
}

impl Definitions {
    /// The definition of a chaincode; none where the channel has none that makes sense.
    pub(crate) fn get(
        &self,
        view: &View,
        name: &str,
    ) -> Result<Option<Arc<Chaincode>>, StorageError> {
        let Some(committed) = view.version(lifecycle::NAMESPACE, &sequence_key(name))? else {
            return Ok(None);
        };
        let known = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned();
        let generation = view.generation();
        let is_this =
            |known: &Arc<Chaincode>| (known.committed, known.generation) == (committed, generation);
        if let Some(known) = known.filter(is_this) {
            return Ok(Some(known));
        }
        let Lookup::Defined(definition) = lifecycle::definition(view, name)? else {
            return Ok(None);
        };
        let validation = definition.validation_info;
        let chaincode = Arc::new(Chaincode {
            name: name.to_owned(),
            sequence: definition.sequence,
            version: definition.endorsement_info.version,
            init_required: definition.endorsement_info.init_required,
            policy: ApplicationPolicy::decode(validation.validation_parameter).unwrap_or_default(),
            collections: definition.collections,
            committed,
            generation,
        });
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(name.to_owned(), Arc::clone(&chaincode));
        Ok(Some(chaincode))
    }
}
