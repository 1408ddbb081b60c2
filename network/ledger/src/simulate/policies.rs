//! Which policies a simulated transaction falls under, so that a client can tell whose
//! endorsements it needs. (Fabric: core/endorser/endorser.go, `buildChaincodeInterest`)

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use fabric_protos::common::SignaturePolicyEnvelope;
use fabric_protos::peer::{ChaincodeCall, ChaincodeInterest, MetaDataKeys};
use prost::Message;

use crate::rwset::{TxRwset, metadata_entries};

/// What is known of the policies of the keys that a transaction wrote, and whose plaintext it read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoliciesTouched {
    namespaces: BTreeMap<String, Touched>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Touched {
    /// Metadata of the keys written, by collection (empty for public keys) and key.
    written: BTreeMap<String, BTreeMap<String, Bytes>>,
    /// Collections whose plaintext was read.
    read: BTreeSet<String>,
}

/// A key's policy that does not decode, so that nobody can say whose endorsements are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "error unmarshalling SignaturePolicyEnvelope: proto: cannot parse invalid wire-format data"
)]
pub struct MalformedPolicy;

impl PoliciesTouched {
    /// Notes a key that is written, with the metadata that it has before.
    pub(super) fn touch(&mut self, namespace: &str, collection: &str, key: &str, metadata: Bytes) {
        let written = &mut self.namespace(namespace).written;
        written
            .entry(collection.to_owned())
            .or_default()
            .insert(key.to_owned(), metadata);
    }

    /// Notes a collection whose plaintext is read.
    pub(super) fn read_private(&mut self, namespace: &str, collection: &str) {
        let read = &mut self.namespace(namespace).read;
        if !read.contains(collection) {
            read.insert(collection.to_owned());
        }
    }

    fn namespace(&mut self, name: &str) -> &mut Touched {
        self.namespaces.entry(name.to_owned()).or_default()
    }

    /// The chaincodes, collections and key policies that endorsements of a transaction with this
    /// read-write set have to satisfy; without those of namespaces that `is_system` names.
    ///
    /// # Errors
    /// Where a key that is written has a policy that does not decode.
    pub fn interest(
        &self,
        rwset: &TxRwset,
        is_system: impl Fn(&str) -> bool,
    ) -> Result<ChaincodeInterest, MalformedPolicy> {
        let named = rwset.namespaces.iter().map(|set| set.namespace.as_str());
        let names: BTreeSet<&str> = named
            .chain(self.namespaces.keys().map(String::as_str))
            .collect();
        let untouched = Touched::default();
        let mut chaincodes = Vec::new();
        for name in names {
            let touched = self.namespaces.get(name).unwrap_or(&untouched);
            // Policies are read first: one that does not decode fails system chaincodes too.
            let calls = touched.calls(name)?;
            if !is_system(name) {
                chaincodes.extend(calls);
            }
        }
        Ok(ChaincodeInterest { chaincodes })
    }
}

impl Touched {
    fn calls(&self, name: &str) -> Result<Vec<ChaincodeCall>, MalformedPolicy> {
        let mut key_policies = Vec::new();
        // Collections (empty for public keys) whose own policy counts.
        let mut required: BTreeSet<&str> = self.read.iter().map(String::as_str).collect();
        for (collection, keys) in &self.written {
            for metadata in keys.values() {
                match key_policy(metadata)? {
                    Some(policy) => key_policies.push(policy),
                    None => {
                        required.insert(collection);
                    }
                }
            }
        }
        if self.written.is_empty() {
            required.insert("");
        }
        let mut calls = Vec::new();
        if required.contains("") || !key_policies.is_empty() {
            calls.push(ChaincodeCall {
                name: name.to_owned(),
                disregard_namespace_policy: !required.contains(""),
                key_policies,
                ..Default::default()
            });
        }
        required.remove("");
        calls.extend(required.into_iter().map(|collection| ChaincodeCall {
            name: name.to_owned(),
            collection_names: vec![collection.to_owned()],
            no_private_reads: !self.read.contains(collection),
            ..Default::default()
        }));
        Ok(calls)
    }
}

/// The policy in a key's metadata, if it has one; an empty one is none, as in validation.
fn key_policy(metadata: &Bytes) -> Result<Option<SignaturePolicyEnvelope>, MalformedPolicy> {
    if metadata.is_empty() {
        return Ok(None);
    }
    let entries = metadata_entries(metadata.clone()).map_err(|_| MalformedPolicy)?;
    let name = MetaDataKeys::ValidationParameter.as_str_name();
    let entry = entries.into_iter().rfind(|entry| entry.name == name);
    let Some(entry) = entry.filter(|entry| !entry.value.is_empty()) else {
        return Ok(None);
    };
    let policy = SignaturePolicyEnvelope::decode(entry.value).map_err(|_| MalformedPolicy)?;
    Ok(Some(policy))
}
