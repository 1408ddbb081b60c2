//! Blocks from peers and orderers, and envelopes to orderers.

use std::time::Duration;

use bytes::Bytes;
use fabric_protos::common::{Block, BlockMetadataIndex, Envelope, HeaderType};
use fabric_protos::orderer::seek_info::SeekBehavior;
use fabric_protos::orderer::{
    BroadcastResponse, SeekInfo, SeekNewest, SeekNextCommit, SeekOldest, SeekPosition,
    SeekSpecified, seek_position,
};
use fabric_protos::peer::deliver_response;
use prost::Message as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::Client;

/// A block takes seconds at most; a network that stands still fails the test.
const BLOCK_DEADLINE: Duration = Duration::from_secs(60);

/// Where a transaction stands in the chain, and what it was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// The block.
    pub block: u64,
    /// The place in it.
    pub index: usize,
    /// The peer's validation code.
    pub code: u8,
}

impl Client {
    /// Sends envelopes on one stream, and gives an answer for each that got one.
    ///
    /// # Errors
    /// Where the stream fails.
    pub async fn broadcast(
        &self,
        envelopes: Vec<Envelope>,
    ) -> Result<Vec<BroadcastResponse>, Status> {
        let count = envelopes.len();
        let (sender, receiver) = tokio::sync::mpsc::channel(count.max(1));
        for envelope in envelopes {
            sender.try_send(envelope).expect("there is room for each");
        }
        let requests = ReceiverStream::new(receiver);
        let mut answers = self.orderer().broadcast(requests).await?.into_inner();
        let mut statuses = Vec::new();
        while statuses.len() < count {
            match answers.message().await? {
                Some(answer) => statuses.push(answer),
                None => break,
            }
        }
        drop(sender);
        Ok(statuses)
    }

    /// A signed request for blocks.
    #[must_use]
    pub fn seek(&self, seek: &SeekInfo) -> Envelope {
        self.envelope(HeaderType::DeliverSeekInfo, seek.encode_to_vec().into())
    }

    /// The number of the newest block of an organisation's peer.
    ///
    /// # Panics
    /// Where the peer gives no block.
    pub async fn newest(&self, organization: usize) -> u64 {
        let newest = position(seek_position::Type::Newest(SeekNewest {}));
        let seek = SeekInfo {
            start: Some(newest),
            stop: Some(newest),
            ..Default::default()
        };
        let mut blocks = self.follow(organization, &seek).await;
        let block = blocks.next().await;
        block.header.expect("a block has a header").number
    }

    /// Reads blocks of an organisation's peer as they come.
    ///
    /// # Panics
    /// Where the peer refuses.
    pub async fn follow(&self, organization: usize, seek: &SeekInfo) -> Blocks {
        let request = self.seek(seek);
        let request = futures::stream::once(async { request });
        let answer = self.deliver(organization).deliver(request).await;
        Blocks(answer.expect("the peer delivers").into_inner())
    }

    /// Blocks `first` to `last` of an organisation's peer.
    pub async fn blocks(&self, organization: usize, first: u64, last: u64) -> Vec<Block> {
        let mut blocks = self.follow(organization, &range(first, last)).await;
        let mut found = Vec::new();
        for _ in first..=last {
            found.push(blocks.next().await);
        }
        found
    }

    /// Where these envelopes stand in the chain of an organisation's peer, after block `since`.
    pub async fn find(
        &self,
        organization: usize,
        since: u64,
        envelopes: &[Envelope],
    ) -> Vec<Placed> {
        let wanted: Vec<Bytes> = envelopes
            .iter()
            .map(|envelope| envelope.encode_to_vec().into())
            .collect();
        let mut found: Vec<Option<Placed>> = vec![None; wanted.len()];
        let mut blocks = self.follow(organization, &range(since + 1, u64::MAX)).await;
        while found.iter().any(Option::is_none) {
            let block = blocks.next().await;
            let number = block.header.as_ref().map_or(0, |header| header.number);
            let codes = codes(&block);
            for (index, data) in block.data.unwrap_or_default().data.iter().enumerate() {
                let mut open = wanted.iter().zip(&mut found);
                if let Some((_, place)) =
                    open.find(|(envelope, place)| *envelope == data && place.is_none())
                {
                    let code = codes[index];
                    *place = Some(Placed {
                        block: number,
                        index,
                        code,
                    });
                }
            }
        }
        found.into_iter().flatten().collect()
    }
}

/// Blocks as they come.
#[derive(Debug)]
pub struct Blocks(tonic::Streaming<fabric_protos::peer::DeliverResponse>);

impl Blocks {
    /// The next block.
    ///
    /// # Panics
    /// Where none comes in time.
    pub async fn next(&mut self) -> Block {
        let message = tokio::time::timeout(BLOCK_DEADLINE, self.0.message()).await;
        let message = message.expect("a block comes in time");
        let message = message
            .expect("the peer delivers")
            .and_then(|one| one.r#type);
        match message {
            Some(deliver_response::Type::Block(block)) => block,
            other => panic!("no block, but {other:?}"),
        }
    }
}

fn codes(block: &Block) -> Vec<u8> {
    let metadata = block.metadata.as_ref();
    let filter = metadata.and_then(|all| {
        all.metadata
            .get(BlockMetadataIndex::TransactionsFilter as usize)
    });
    filter.map(|filter| filter.to_vec()).unwrap_or_default()
}

/// Blocks with these numbers, waited for.
#[must_use]
pub fn range(first: u64, last: u64) -> SeekInfo {
    let specified = |number| position(seek_position::Type::Specified(SeekSpecified { number }));
    SeekInfo {
        start: Some(specified(first)),
        stop: Some(specified(last)),
        behavior: SeekBehavior::BlockUntilReady.into(),
        ..Default::default()
    }
}

/// A place in the chain.
#[must_use]
pub fn position(r#type: seek_position::Type) -> SeekPosition {
    SeekPosition {
        r#type: Some(r#type),
    }
}

/// A place in the chain by its name: `oldest`, `newest`, `next` or a number.
///
/// # Panics
/// Where it is none of these.
#[must_use]
pub fn named_position(name: &str) -> SeekPosition {
    position(match name {
        "oldest" => seek_position::Type::Oldest(SeekOldest {}),
        "newest" => seek_position::Type::Newest(SeekNewest {}),
        "next" => seek_position::Type::NextCommit(SeekNextCommit {}),
        number => seek_position::Type::Specified(SeekSpecified {
            number: number.parse().expect("a position"),
        }),
    })
}
