//! Where the tracker's blocks come from: its own peer, or another one when that is gone.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use fabric_protos::peer;

use crate::error::{Error, Step};
use crate::events::{Feed, filtered_block, open_filtered};
use crate::gateway::Shared;

/// The peers that a tracker may ask. It keeps neither gateway nor
/// channel alive: with them, the task ends.
pub(super) struct Source {
    shared: Weak<Shared>,
    channel: String,
    peer_index: usize,
}

impl Source {
    pub(super) fn new(shared: &Arc<Shared>, channel: &str, peer_index: usize) -> Self {
        Self {
            shared: Arc::downgrade(shared),
            channel: channel.to_owned(),
            peer_index,
        }
    }

    /// Opens a stream from this block on, or from the newest: on the tracker's peer, after failures
    /// on the others in turn. The flag says whether it is the tracker's own. `None` once the gateway is gone.
    pub(super) async fn open(
        &self,
        start: Option<u64>,
        failures: usize,
    ) -> Option<Result<(Box<Feed>, bool), Error>> {
        let shared = self.shared.upgrade()?;
        let peers = shared.peers.list();
        // After one failure the tracker's own peer may have come back already.
        let index = (self.peer_index + failures.saturating_sub(1)) % peers.len();
        let peer = Arc::clone(&peers[index]);
        let opening = open_filtered(&shared, &self.channel, Arc::clone(&peer), start);
        let feed = match start {
            // Peers answer with the first block, and that may be long in coming.
            Some(_) => opening.await,
            // The newest block is there.
            None => {
                let limit = shared.timeouts.evaluate;
                let feed = tokio::time::timeout(limit, opening).await;
                feed.unwrap_or_else(|_| Err(Error::deadline(Step::FilteredBlocks, None)))
            }
        };
        let feed = feed.inspect_err(|error| shared.peers.note(&peer, error));
        Some(feed.map(|feed| (Box::new(feed), index == self.peer_index)))
    }

    /// Reads a message of the stream: a block of the very channel.
    pub(super) fn read(&self, message: &Bytes) -> Result<peer::FilteredBlock, Error> {
        let block = filtered_block(message)?;
        if block.channel_id == self.channel {
            return Ok(block);
        }
        Err(Error::Malformed {
            step: Step::FilteredBlocks,
            transaction_id: None,
            reason: "a block of another channel",
            source: None,
        })
    }
}
