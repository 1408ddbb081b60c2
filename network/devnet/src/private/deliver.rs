//! The private data that goes with a block to a client of the deliver service.
//!
//! Source: `core/peer/deliverevents.go`.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use fabric_ledger::lifecycle::{self, NAMESPACE as LIFECYCLE};
use fabric_msp::Identity;
use fabric_protos::{
    lifecycle::{StateData, state_data},
    peer::CollectionConfigPackage,
    rwset::{
        CollectionPvtReadWriteSet, NsPvtReadWriteSet, TxPvtReadWriteSet,
        tx_read_write_set::DataModel,
    },
};
use prost::Message as _;

use super::Collection;
use crate::{
    channel::Channel,
    deliver::Recipient,
    storage::{PrivateSet, StorageError, View},
};

/// What a peer has of a block's private data and the client may see, by transaction. Collections
/// for members only are shown to members alone; who is one, the definition in force when the block
/// was committed says.
pub(crate) fn private_data(
    recipient: &Recipient<'_>,
    block_number: u64,
) -> Result<BTreeMap<u64, TxPvtReadWriteSet>, StorageError> {
    let Some(peer) = recipient.peer else {
        return Ok(BTreeMap::new());
    };
    let view = recipient.ledger.view();
    let mut access = Access {
        channel: recipient.ledger.channel(),
        view: &view,
        peer,
        client: recipient.client.identity(),
        block_number,
        known: HashMap::new(),
    };
    let mut shown = BTreeMap::new();
    for set in view.private_sets(block_number)? {
        if access.allows(&set.namespace, &set.collection)? {
            add(&mut shown, set);
        }
    }
    Ok(shown)
}

/// Sets come in the order of transaction, namespace, collection.
fn add(shown: &mut BTreeMap<u64, TxPvtReadWriteSet>, set: PrivateSet) {
    let transaction =
        shown
            .entry(u64::from(set.transaction))
            .or_insert_with(|| TxPvtReadWriteSet {
                data_model: DataModel::Kv.into(),
                ns_pvt_rwset: Vec::new(),
            });
    let collection = CollectionPvtReadWriteSet {
        collection_name: set.collection,
        rwset: set.writes,
    };
    match transaction.ns_pvt_rwset.last_mut() {
        Some(last) if last.namespace == set.namespace => {
            last.collection_pvt_rwset.push(collection);
        }
        _ => transaction.ns_pvt_rwset.push(NsPvtReadWriteSet {
            namespace: set.namespace,
            collection_pvt_rwset: vec![collection],
        }),
    }
}

struct Access<'a> {
    channel: &'a Channel,
    view: &'a View,
    peer: &'a Arc<Identity>,
    client: &'a Arc<Identity>,
    block_number: u64,
    known: HashMap<(String, String), bool>,
}

impl Access<'_> {
    fn allows(&mut self, namespace: &str, collection: &str) -> Result<bool, StorageError> {
        let key = (namespace.to_owned(), collection.to_owned());
        if let Some(allowed) = self.known.get(&key) {
            return Ok(*allowed);
        }
        let allowed = self.look(namespace, collection)?;
        self.known.insert(key, allowed);
        Ok(allowed)
    }

    fn look(&self, namespace: &str, name: &str) -> Result<bool, StorageError> {
        let msps = &*self.channel.msps();
        let Some(now) = Collection::find(self.channel, self.view, namespace, name)? else {
            return Ok(false);
        };
        if !now.is_kept_by(self.peer, msps) {
            return Ok(false);
        }
        if name.starts_with(lifecycle::IMPLICIT_COLLECTION_PREFIX) {
            return Ok(true);
        }
        let then = self.definition_below(namespace)?;
        let then = then.and_then(|package| Collection::in_package(&package, name));
        Ok(then.is_some_and(|then| then.permission(self.client).read))
    }

    /// The collections of a chaincode as the blocks before this one define them.
    fn definition_below(
        &self,
        namespace: &str,
    ) -> Result<Option<CollectionConfigPackage>, StorageError> {
        let key = lifecycle::field_key(namespace, "Collections");
        let before = Some((self.block_number, 0));
        let positions = self.view.history(LIFECYCLE, &key, before, 1)?;
        let Some((block, index)) = positions.first() else {
            return Ok(None);
        };
        let Some(block) = self.channel.chain().block(*block)? else {
            return Ok(None);
        };
        let index = usize::try_from(*index).unwrap_or(usize::MAX);
        let transaction = block.decoded()?.transactions.get(index);
        let set = transaction
            .and_then(|transaction| transaction.endorsed())
            .and_then(|endorsed| endorsed.rwset.namespace(LIFECYCLE));
        let write = set.and_then(|set| set.writes.iter().find(|write| write.key == key));
        let data = write.and_then(|write| StateData::decode(write.value.clone()).ok());
        Ok(match data.and_then(|data| data.r#type) {
            Some(state_data::Type::Bytes(bytes)) => CollectionConfigPackage::decode(bytes).ok(),
            _ => None,
        })
    }
}
