//! A channel's configurations: the one in force, and former ones that nodes which lag still see.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use fabric_ledger::channel::ChannelConfig;

use crate::{
    chain::Chain,
    storage::{StorageError, View},
};

/// Former configurations in memory; others are read from their blocks again.
const KNOWN_MAX: usize = 16;

/// Configurations by the number of their block.
#[derive(Debug)]
pub(super) struct Configurations {
    current: RwLock<Arc<ChannelConfig>>,
    known: RwLock<BTreeMap<u64, Arc<ChannelConfig>>>,
}

impl Configurations {
    /// The configuration of a block is in force.
    pub(super) fn new(block: u64, config: ChannelConfig) -> Self {
        let config = Arc::new(config);
        Self {
            known: RwLock::new(BTreeMap::from([(block, Arc::clone(&config))])),
            current: RwLock::new(config),
        }
    }

    /// The one in force.
    pub(super) fn current(&self) -> Arc<ChannelConfig> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current)
    }

    /// The one in force when a view was taken.
    pub(super) fn of(
        &self,
        view: &View,
        chain: &Chain,
    ) -> Result<Arc<ChannelConfig>, StorageError> {
        let number = view.head().config_block;
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = known.get(&number) {
            return Ok(Arc::clone(config));
        }
        drop(known);
        let block = chain.block(number)?;
        let block = block.ok_or(StorageError::Malformed("configuration block"))?;
        let config = ChannelConfig::from_block(block.block())
            .map_err(|_| StorageError::Malformed("configuration block"))?;
        let config = Arc::new(config);
        self.remember(number, &config);
        Ok(config)
    }

    /// The configuration of a new block is in force from now on.
    pub(super) fn adopt(&self, block: u64, config: ChannelConfig) {
        let config = Arc::new(config);
        self.remember(block, &config);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = config;
    }

    /// The chain was taken back: what it said later counts no more.
    pub(super) fn return_to(&self, view: &View, chain: &Chain) -> Result<(), StorageError> {
        let number = view.head().config_block;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|block, _| *block <= number);
        drop(known);
        let config = self.of(view, chain)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    fn remember(&self, block: u64, config: &Arc<ChannelConfig>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(block, Arc::clone(config));
        while known.len() > KNOWN_MAX {
            known.pop_first();
        }
    }
}
