//! Blocks: which transactions, in which order, on which peers; and what became of each.

use std::rc::Rc;

use fabric_ledger::{Version, validate::settle};

use super::{Code, Endorsed, Ledger, TestingError, block, node::Committed};

impl Ledger {
    /// Commits transactions as one block, in this order, and says what became of each: duplicate
    /// ids, endorsement policies, version conflicts and phantoms as on a peer. A block of none is one
    /// too: it lets private data expire.
    pub fn commit(&mut self, transactions: impl IntoIterator<Item = Endorsed>) -> Vec<Code> {
        let transactions: Vec<Endorsed> = transactions.into_iter().collect();
        let number = self.block_number_next;
        let block = block::of(number, &transactions);
        let pairs = transactions.iter().zip(&block.transactions);
        let checks: Vec<_> = pairs
            .map(|(endorsed, transaction)| {
                let (state, ids) = (&self.state, &self.transaction_ids);
                let Ok(check) = self
                    .channel
                    .check(state, ids, transaction, &endorsed.endorsers);
                check
            })
            .collect();
        let Ok(validated) = settle(&self.state, &block, &checks);
        let mut committed = Committed {
            updates: validated.updates,
            private: Vec::new(),
            changes: Vec::new(),
        };
        let outcome = transactions.into_iter().zip(&validated.codes).zip(0..);
        for ((transaction, code), index) in outcome {
            if code.is_valid() {
                committed.changes.extend(block::changes(&transaction));
                let version = Version::new(number, index);
                committed.private.push((transaction.private, version));
            }
            self.transaction_ids.insert(transaction.transaction_id);
        }
        self.block_number_next += 1;
        self.state.apply(&committed.updates);
        let committed = Rc::new(committed);
        for node in self.nodes.values_mut() {
            node.take(Rc::clone(&committed), &self.installed);
        }
        validated.codes
    }

    /// Makes an organisation's peer miss the blocks that are committed from now on: it endorses on what
    /// it has.
    pub fn hold_back(&mut self, msp_id: &str) -> Result<(), TestingError> {
        let node = self.nodes.get_mut(msp_id);
        node.ok_or_else(|| TestingError::no_organization(msp_id))?
            .hold_back();
        Ok(())
    }

    /// Makes an organisation's peer commit what it missed.
    pub fn catch_up(&mut self, msp_id: &str) -> Result<(), TestingError> {
        let node = self.nodes.get_mut(msp_id);
        node.ok_or_else(|| TestingError::no_organization(msp_id))?
            .catch_up(&self.installed);
        Ok(())
    }
}
