//! Table `block`: one row per block, with the hashes that chain them.

use futures::{Stream, StreamExt as _};
use sqlx::PgConnection;

use crate::column::{bigint, integer, unsigned, unsigned32};
use crate::{Store, StoreError};

/// A block's header, and what was found when it was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its number.
    pub number: u64,
    /// The hash of its header.
    pub header_hash: Vec<u8>,
    /// The header hash of the block before.
    pub previous_hash: Vec<u8>,
    /// The hash of its transactions.
    pub data_hash: Vec<u8>,
    /// The hash of all state changes up to this block; block 0 has none.
    pub commit_hash: Option<Vec<u8>>,
    /// How many transactions it has.
    pub transaction_count: u32,
    /// The size of its transactions, without header and metadata, which differ from peer to peer.
    pub size_bytes: u64,
    /// What the mirror sealed the block's rows with.
    pub seal: Vec<u8>,
}

type Row = (
    i64,
    Vec<u8>,
    Vec<u8>,
    Vec<u8>,
    Option<Vec<u8>>,
    i32,
    i64,
    Vec<u8>,
);

impl Store {
    /// The block `number`, if it is mirrored.
    ///
    /// # Errors
    /// The database's own.
    pub async fn block(&self, number: u64) -> Result<Option<Block>, StoreError> {
        let row = sqlx::query_as(
            "SELECT number, header_hash, previous_hash, data_hash, commit_hash, \
             transaction_count, size_bytes, seal FROM block WHERE number = $1",
        )
        .bind(bigint("block", number)?);
        row.fetch_optional(self.pool())
            .await?
            .map(block)
            .transpose()
    }

    /// All blocks, in order.
    pub fn blocks(&self) -> impl Stream<Item = Result<Block, StoreError>> + Unpin + '_ {
        sqlx::query_as(
            "SELECT number, header_hash, previous_hash, data_hash, commit_hash, \
             transaction_count, size_bytes, seal FROM block ORDER BY number",
        )
        .fetch(self.pool())
        .map(|row| block(row?))
    }
}

pub(crate) async fn append(
    connection: &mut PgConnection,
    blocks: &[Block],
) -> Result<(), StoreError> {
    let numbers = blocks.iter().map(|block| bigint("block", block.number));
    let counts = blocks
        .iter()
        .map(|block| integer("transaction count", block.transaction_count));
    let sizes = blocks.iter().map(|block| bigint("size", block.size_bytes));
    sqlx::query(
        "INSERT INTO block (number, header_hash, previous_hash, data_hash, commit_hash, \
         transaction_count, size_bytes, seal) \
         SELECT * FROM UNNEST($1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], \
         $6::integer[], $7::bigint[], $8::bytea[])",
    )
    .bind(numbers.collect::<Result<Vec<_>, _>>()?)
    .bind(
        blocks
            .iter()
            .map(|block| block.header_hash.as_slice())
            .collect::<Vec<_>>(),
    )
    .bind(
        blocks
            .iter()
            .map(|block| block.previous_hash.as_slice())
            .collect::<Vec<_>>(),
    )
    .bind(
        blocks
            .iter()
            .map(|block| block.data_hash.as_slice())
            .collect::<Vec<_>>(),
    )
    .bind(
        blocks
            .iter()
            .map(|block| block.commit_hash.as_deref())
            .collect::<Vec<_>>(),
    )
    .bind(counts.collect::<Result<Vec<_>, _>>()?)
    .bind(sizes.collect::<Result<Vec<_>, _>>()?)
    .bind(
        blocks
            .iter()
            .map(|block| block.seal.as_slice())
            .collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn block(row: Row) -> Result<Block, StoreError> {
    let (number, header_hash, previous_hash, data_hash, commit_hash, count, size, seal) = row;
    Ok(Block {
        number: unsigned("block", "number", number)?,
        header_hash,
        previous_hash,
        data_hash,
        commit_hash,
        transaction_count: unsigned32("block", "transaction_count", count)?,
        size_bytes: unsigned("block", "size_bytes", size)?,
        seal,
    })
}
