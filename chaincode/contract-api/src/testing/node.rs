//! One organisation's peer: its state at its own height, and the plaintext that it keeps.

use std::{
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};

use fabric_ledger::{
    Version,
    rwset::PrivateWrites,
    state::{MemoryState, UpdateBatch},
    validate::Party,
};

use super::Installed;
use crate::peer::KeyModification;

/// Changes of a key by namespace and key, newest first.
pub(super) type History = BTreeMap<(String, String), Vec<KeyModification>>;

/// A peer.
pub(super) struct Node {
    pub(super) msp_id: String,
    pub(super) state: MemoryState,
    pub(super) history: History,
    /// Blocks that it has not committed, where it lags behind.
    pending: Option<VecDeque<Rc<Committed>>>,
}

/// A block as peers commit it.
pub(super) struct Committed {
    pub(super) updates: UpdateBatch,
    /// Plaintext of each valid transaction.
    pub(super) private: Vec<(PrivateWrites, Version)>,
    /// Namespace and key of each change, in order.
    pub(super) changes: Vec<((String, String), KeyModification)>,
}

impl Node {
    pub(super) fn new(msp_id: &str, state: MemoryState) -> Self {
        Self {
            msp_id: msp_id.to_owned(),
            state,
            history: History::new(),
            pending: None,
        }
    }

    /// Commits a block, or keeps it for later.
    pub(super) fn take(&mut self, block: Rc<Committed>, installed: &BTreeMap<String, Installed>) {
        match &mut self.pending {
            Some(pending) => pending.push_back(block),
            None => self.apply(&block, installed),
        }
    }

    /// From now on commits nothing.
    pub(super) fn hold_back(&mut self) {
        self.pending.get_or_insert_default();
    }

    /// Commits everything that it missed, and what comes.
    pub(super) fn catch_up(&mut self, installed: &BTreeMap<String, Installed>) {
        for block in self.pending.take().unwrap_or_default() {
            self.apply(&block, installed);
        }
    }

    fn apply(&mut self, block: &Committed, installed: &BTreeMap<String, Installed>) {
        self.state.apply(&block.updates);
        for (private, version) in &block.private {
            let kept = self.kept(private.clone(), installed);
            self.state.apply_private(&kept, *version);
        }
        for (key, change) in &block.changes {
            let changes = self.history.entry(key.clone()).or_default();
            changes.insert(0, change.clone());
        }
    }

    /// The plaintext of collections that the organisation is a member of.
    fn kept(
        &self,
        mut private: PrivateWrites,
        installed: &BTreeMap<String, Installed>,
    ) -> PrivateWrites {
        let party = Party::peer(&self.msp_id);
        for namespace in &mut private.namespaces {
            let definition = installed
                .get(&namespace.namespace)
                .map(|found| &found.definition);
            namespace.collections.retain(|writes| {
                definition
                    .and_then(|definition| definition.access(&writes.collection, &party))
                    .is_some_and(|access| access.member)
            });
        }
        private
    }
}
