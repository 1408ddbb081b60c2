//! Which package a peer runs a chaincode with: the one that its organisation approved for the
//! definition in force.
//!
//! Source: `core/chaincode/lifecycle/endorsement_info.go`, `cache.go`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use fabric_ledger::{
    Version,
    lifecycle::{self, NAMESPACE, implicit_collection},
    state::State as _,
};
use sha2::{Digest as _, Sha256};

use super::Packages;
use crate::{
    definitions::Chaincode,
    package::ChaincodePackage,
    storage::{StorageError, View},
};

/// Why a peer does not run a chaincode that its channel has, in a real peer's words.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotRunning {
    #[error(
        "chaincode definition for '{name}' at sequence {sequence} on channel '{channel}' has not yet been approved by this org"
    )]
    NotApproved {
        name: String,
        sequence: i64,
        channel: String,
    },
    #[error("chaincode definition for '{0}' exists, but chaincode is not installed")]
    NotInstalled(String),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The packages that one peer runs chaincodes with, looked up again only when state has changed.
#[derive(Debug)]
pub(crate) struct Running {
    msp_id: String,
    packages: Arc<Packages>,
    known: Mutex<HashMap<(String, String), Known>>,
}

/// A package, and what it depends on.
#[derive(Clone, Debug)]
struct Known {
    committed: Version,
    /// Which of several pasts of the ledger that was in.
    generation: u64,
    approved: Version,
    package: Arc<ChaincodePackage>,
}

impl Running {
    pub(crate) fn new(msp_id: &str, packages: Arc<Packages>) -> Self {
        Self {
            msp_id: msp_id.to_owned(),
            packages,
            known: Mutex::default(),
        }
    }

    /// The package of a definition.
    pub(crate) fn package(
        &self,
        view: &View,
        channel: &str,
        chaincode: &Chaincode,
    ) -> Result<Arc<ChaincodePackage>, NotRunning> {
        let name = &chaincode.name;
        let not_approved = || NotRunning::NotApproved {
            name: name.clone(),
            sequence: chaincode.sequence,
            channel: channel.to_owned(),
        };
        let key = lifecycle::package_key(name, chaincode.sequence);
        let collection = implicit_collection(&self.msp_id);
        let source = view.get_hashed(NAMESPACE, &collection, &Sha256::digest(key))?;
        let source = source.ok_or_else(not_approved)?;
        let known_key = (channel.to_owned(), name.clone());
        let known = self.lock().get(&known_key).cloned();
        let version = source.version;
        let is_this = |known: &Known| {
            (known.committed, known.generation) == (chaincode.committed, view.generation())
                && known.approved == version
        };
        if let Some(known) = known.filter(is_this) {
            return Ok(known.package);
        }
        let package = self
            .approved(view, chaincode, &source.value)?
            .ok_or_else(not_approved)?
            .ok_or_else(|| NotRunning::NotInstalled(name.clone()))?;
        let known = Known {
            committed: chaincode.committed,
            generation: view.generation(),
            approved: version,
            package: Arc::clone(&package),
        };
        self.lock().insert(known_key, known);
        Ok(package)
    }

    /// None where the organisation has approved something else; none inside where the package is
    /// not installed.
    fn approved(
        &self,
        view: &View,
        chaincode: &Chaincode,
        package_hash: &Bytes,
    ) -> Result<Option<Option<Arc<ChaincodePackage>>>, StorageError> {
        let lifecycle::Lookup::Defined(definition) = lifecycle::definition(view, &chaincode.name)?
        else {
            return Ok(None);
        };
        let approved = lifecycle::is_approved(view, &self.msp_id, &chaincode.name, &definition)?;
        Ok(approved.then(|| self.packages.by_hash(package_hash)))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(String, String), Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
