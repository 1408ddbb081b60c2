//! Reads the chain's rows some blocks ahead of their verification.

use std::collections::VecDeque;

use asset_store::{Block, Event, Reader, Record, RecordedTransaction, RecordedWrite, StoreError};
use tokio::sync::mpsc;

/// Blocks of a chunk, should all be empty.
const BLOCKS_MAX: u32 = 1_000;
/// A chunk ends with the block that reaches so many transactions: enough for few round trips.
const TRANSACTIONS_MAX: u64 = 2_000;
/// A chunk ends with the block that reaches so many bytes.
const BYTES_MAX: u64 = 8 << 20;

/// Consecutive blocks with all their rows, each in order.
#[derive(Default)]
pub(crate) struct Chunk {
    pub(crate) blocks: Vec<Block>,
    pub(crate) transactions: Vec<RecordedTransaction>,
    pub(crate) writes: Vec<RecordedWrite>,
    pub(crate) events: Vec<Event>,
    pub(crate) transfers: Vec<Record>,
}

/// Sends all blocks, in order, until they end or nobody listens.
pub(crate) async fn read(mut reader: Reader, chunks: mpsc::Sender<Result<Chunk, StoreError>>) {
    let mut waiting = VecDeque::new();
    let mut after = None;
    loop {
        let next = next(&mut reader, &mut waiting, &mut after).await;
        let is_last = !matches!(next, Ok(Some(_)));
        let Some(next) = next.transpose() else { return };
        if chunks.send(next).await.is_err() || is_last {
            return;
        }
    }
}

async fn next(
    reader: &mut Reader,
    waiting: &mut VecDeque<Block>,
    after: &mut Option<u64>,
) -> Result<Option<Chunk>, StoreError> {
    if waiting.is_empty() {
        waiting.extend(reader.blocks_after(*after, BLOCKS_MAX).await?);
        *after = waiting.back().map(|block| block.number);
    }
    let blocks = take(waiting);
    let Some((first, last)) = blocks.first().zip(blocks.last()) else {
        return Ok(None);
    };
    let (first, last) = (first.number, last.number);
    Ok(Some(Chunk {
        transactions: reader.transactions(first, last).await?,
        writes: reader.writes(first, last).await?,
        events: reader.events(first, last).await?,
        transfers: reader.transfers(first, last).await?,
        blocks,
    }))
}

/// Blocks without a gap, up to the size of a chunk. Sizes are the rows' own claims: false ones make
/// chunks larger or smaller, no more.
fn take(waiting: &mut VecDeque<Block>) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut transactions, mut bytes) = (0_u64, 0_u64);
    while let Some(block) = waiting.front() {
        let follows = blocks
            .last()
            .is_none_or(|last| last.number.checked_add(1) == Some(block.number));
        if !follows || transactions >= TRANSACTIONS_MAX || bytes >= BYTES_MAX {
            break;
        }
        transactions = transactions.saturating_add(block.transaction_count.into());
        bytes = bytes.saturating_add(block.size_bytes);
        blocks.extend(waiting.pop_front());
    }
    blocks
}

/// Cuts the rows of one block from the beginning of `rows`.
pub(crate) fn cut<'r, T>(rows: &mut &'r [T], is_of_block: impl Fn(&T) -> bool) -> &'r [T] {
    let count = rows.iter().take_while(|row| is_of_block(row)).count();
    let (these, rest) = rows.split_at(count);
    *rows = rest;
    these
}
