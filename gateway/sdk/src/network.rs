//! A channel: its contracts, its blocks, its events.

use std::sync::Arc;

use crate::block::{Block, BlockWithPrivateData};
use crate::chaincode_event::ChaincodeEvent;
use crate::channel::Channel;
use crate::commit::{Commit, Status};
use crate::connection::Peer;
use crate::contract::Contract;
use crate::error::Error;
use crate::events::{Events, Source};
use crate::filtered_block::FilteredBlock;
use crate::gateway::Shared;
use crate::transaction_id::TransactionId;

/// A channel, seen through a gateway. Cheap to clone.
#[derive(Clone)]
pub struct Network {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    channel: Arc<Channel>,
}

impl Network {
    pub(crate) fn new(shared: Arc<Shared>, channel: Arc<Channel>) -> Self {
        Self {
            inner: Arc::new(Inner { shared, channel }),
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.inner.shared
    }

    /// What all handles of the channel share.
    pub(crate) fn state(&self) -> &Arc<Channel> {
        &self.inner.channel
    }

    /// The peer for the next call: one that has what this gateway wrote.
    pub(crate) fn pick(&self) -> Arc<Peer> {
        let channel = &self.inner.channel;
        self.inner
            .shared
            .peers
            .pick_where(|peer| channel.is_up_to_date(peer))
    }

    /// The channel's name.
    #[must_use]
    pub fn channel(&self) -> &str {
        &self.inner.channel.name
    }

    /// The default contract of a chaincode.
    #[must_use]
    pub fn contract(&self, chaincode: impl Into<String>) -> Contract {
        Contract::new(self.clone(), chaincode.into(), None)
    }

    /// One of several contracts of a chaincode: functions are called as `contract:function`.
    #[must_use]
    pub fn contract_with_name(
        &self,
        chaincode: impl Into<String>,
        contract: impl Into<String>,
    ) -> Contract {
        Contract::new(self.clone(), chaincode.into(), Some(contract.into()))
    }

    /// Whole blocks, in order, none left out.
    pub fn blocks(&self) -> Events<Block> {
        Events::new(self.clone(), Source::Blocks)
    }

    /// Blocks without payloads, in order, none left out.
    pub fn filtered_blocks(&self) -> Events<FilteredBlock> {
        Events::new(self.clone(), Source::FilteredBlocks)
    }

    /// Whole blocks with the private data in them that the peer keeps and the identity may read, in
    /// order, none left out.
    pub fn blocks_with_private_data(&self) -> Events<BlockWithPrivateData> {
        Events::new(self.clone(), Source::BlocksWithPrivateData)
    }

    /// Events of one chaincode's valid transactions, in order.
    pub fn chaincode_events(&self, chaincode: impl Into<String>) -> Events<ChaincodeEvent> {
        Events::new(
            self.clone(),
            Source::ChaincodeEvents {
                chaincode: chaincode.into(),
                by_block: false,
            },
        )
    }

    /// How many blocks the peer has: the number of the next one.
    ///
    /// # Errors
    ///
    /// Any [`Error`] of a stream of filtered blocks.
    pub async fn height(&self) -> Result<u64, Error> {
        crate::events::height(self).await
    }

    /// Waits until a transaction is committed, whoever submitted it, and gives the verdict. If its
    /// id occurs more than once, the first occurrence counts.
    ///
    /// # Errors
    ///
    /// Any [`Error`] of the step `CommitStatus`; the outcome is then still unknown.
    pub async fn commit_status(
        &self,
        transaction_id: impl Into<TransactionId>,
    ) -> Result<Status, Error> {
        Commit::of(self, &transaction_id.into()).status().await
    }
}
