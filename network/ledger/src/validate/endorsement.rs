//! Whether a transaction's endorsements satisfy the policies of what it writes in one namespace:
//! the key's policy where it has one, else the collection's, else the chaincode's.
//! (Fabric: core/common/validation/statebased)

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use fabric_msp::Identity;
use fabric_protos::common::SignaturePolicyEnvelope;
use fabric_protos::peer::MetaDataKeys;
use prost::Message;

use super::rules::{DefinedRules, Rule};
use crate::block::EndorsedTransaction;
use crate::channel::ChannelConfig;
use crate::rwset::{NamespaceRwset, metadata_entries};
use crate::state::State;

/// Those who endorsed a transaction.
pub(super) trait Signers {
    /// Whether they are enough for a rule.
    fn satisfy(&self, rule: &Rule) -> bool;
}

/// The identities that validly endorsed a transaction, verified when first asked for.
pub(super) struct SignerSet<'a> {
    channel: &'a ChannelConfig,
    endorsed: &'a EndorsedTransaction,
    valid: OnceCell<Vec<Arc<Identity>>>,
}

impl<'a> SignerSet<'a> {
    pub(super) fn new(channel: &'a ChannelConfig, endorsed: &'a EndorsedTransaction) -> Self {
        Self {
            channel,
            endorsed,
            valid: OnceCell::new(),
        }
    }

    /// An endorsement by an unknown identity or with a bad signature is left out; a second one by
    /// the same identity too.
    fn verify(&self) -> Vec<Arc<Identity>> {
        let mut valid: Vec<Arc<Identity>> = Vec::new();
        let mut signed = Vec::new();
        for endorsement in &self.endorsed.endorsements {
            let Ok(identity) = self.channel.msps().identity(&endorsement.endorser) else {
                continue;
            };
            let same = |known: &Arc<Identity>| {
                known.msp_id() == identity.msp_id() && known.certificate() == identity.certificate()
            };
            if valid.iter().any(same) {
                continue;
            }
            signed.clear();
            signed.extend_from_slice(&self.endorsed.response_payload);
            signed.extend_from_slice(&endorsement.endorser);
            if identity.verify(&signed, &endorsement.signature).is_ok() {
                valid.push(identity);
            }
        }
        valid
    }
}

impl Signers for SignerSet<'_> {
    fn satisfy(&self, rule: &Rule) -> bool {
        let signers = self.valid.get_or_init(|| self.verify());
        rule.satisfied(self.channel, signers)
    }
}

/// Whether the policies of everything that the transaction writes in this namespace are satisfied,
/// by the state before the block.
pub(super) fn satisfied<S: State>(
    rules: &DefinedRules,
    namespace: &str,
    set: Option<&NamespaceRwset>,
    state: &S,
    signers: &impl Signers,
) -> Result<bool, S::Error> {
    let mut progress = Progress::default();
    for key in set.into_iter().flat_map(written_keys) {
        let metadata = match key.collection {
            None => state.metadata(namespace, key.as_str())?,
            Some(collection) => state.hashed_metadata(namespace, collection, key.bytes)?,
        };
        let satisfied = match key_rule(metadata) {
            Some(rule) => {
                progress.any = true;
                signers.satisfy(&rule)
            }
            None => progress.satisfy_default(rules, key.collection, signers),
        };
        if !satisfied {
            return Ok(false);
        }
    }
    // A transaction must satisfy some policy, even where it writes nothing.
    Ok(progress.any || signers.satisfy(&rules.endorsement))
}

/// A key that a transaction writes, or whose metadata it writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct WrittenKey<'a> {
    pub(super) collection: Option<&'a str>,
    /// The key, or its hash.
    pub(super) bytes: &'a [u8],
}

impl<'a> WrittenKey<'a> {
    fn public(key: &'a str) -> Self {
        Self {
            collection: None,
            bytes: key.as_bytes(),
        }
    }

    fn private(collection: &'a str, key_hash: &'a [u8]) -> Self {
        Self {
            collection: Some(collection),
            bytes: key_hash,
        }
    }

    fn as_str(self) -> &'a str {
        std::str::from_utf8(self.bytes).unwrap_or_default()
    }
}

/// All keys that are written, or whose metadata is.
pub(super) fn written_keys(set: &NamespaceRwset) -> impl Iterator<Item = WrittenKey<'_>> {
    let writes = set
        .writes
        .iter()
        .map(|write| WrittenKey::public(&write.key));
    let private = set.collections.iter().flat_map(|collection| {
        let writes = collection.writes.iter();
        writes.map(|write| WrittenKey::private(&collection.collection, &write.key_hash))
    });
    writes.chain(private).chain(repolicied_keys(set))
}

/// The keys whose metadata is written, and with it perhaps their policy.
pub(super) fn repolicied_keys(set: &NamespaceRwset) -> impl Iterator<Item = WrittenKey<'_>> {
    let public = set.metadata_writes.iter();
    let private = set.collections.iter().flat_map(|collection| {
        let writes = collection.metadata_writes.iter();
        writes.map(|write| WrittenKey::private(&collection.collection, &write.key_hash))
    });
    public
        .map(|write| WrittenKey::public(&write.key))
        .chain(private)
}

/// Which policies have been found satisfied; each is asked once.
#[derive(Default)]
struct Progress<'a> {
    any: bool,
    chaincode: bool,
    collections: BTreeSet<&'a str>,
}

impl<'a> Progress<'a> {
    fn satisfy_default(
        &mut self,
        rules: &DefinedRules,
        collection: Option<&'a str>,
        signers: &impl Signers,
    ) -> bool {
        let satisfied = match collection {
            None => self.chaincode || signers.satisfy(&rules.endorsement),
            Some(name) => {
                self.collections.contains(name)
                    || rules
                        .collection(name)
                        .is_some_and(|rule| signers.satisfy(&rule))
            }
        };
        if satisfied {
            self.any = true;
            match collection {
                None => self.chaincode = true,
                Some(name) => {
                    self.collections.insert(name);
                }
            }
        }
        satisfied
    }
}

/// The policy in a key's metadata, if it has one.
fn key_rule(metadata: Bytes) -> Option<Rule> {
    if metadata.is_empty() {
        return None;
    }
    let Ok(entries) = metadata_entries(metadata) else {
        return Some(Rule::Malformed);
    };
    let name = MetaDataKeys::ValidationParameter.as_str_name();
    // Of two entries with one name the last counts; an empty one is none.
    let policy = entries.into_iter().rfind(|entry| entry.name == name)?.value;
    if policy.is_empty() {
        return None;
    }
    Some(SignaturePolicyEnvelope::decode(policy).map_or(Rule::Malformed, Rule::Signature))
}
