//! The chain's facts, some blocks at a time. Numbers that are negative by somebody's hand come as the
//! unsigned numbers of the same bits, so that different rows stay different.

use crate::snapshot::Reader;
use crate::{Block, Channel, Event, Position, StateId, StoreError, Transaction, WriteFact};

/// The row of the checkpoint as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedCheckpoint {
    /// The last mirrored block's number.
    pub block: Option<u64>,
    /// Its header hash.
    pub header_hash: Option<Vec<u8>>,
    /// Its commit hash.
    pub commit_hash: Option<Vec<u8>>,
    /// Its seal.
    pub seal: Option<Vec<u8>>,
}

/// A transaction's row as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedTransaction {
    /// The row; its code is the lowest byte of what the column holds.
    pub transaction: Transaction,
    /// What the column `code` holds.
    pub code: i16,
}

/// A write's row as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedWrite {
    /// Which of its transaction's writes.
    pub item: u32,
    /// The row.
    pub write: WriteFact,
}

type CheckpointRow = (
    Option<i64>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
);
type BlockRow = (
    i64,
    Vec<u8>,
    Vec<u8>,
    Vec<u8>,
    Option<Vec<u8>>,
    i32,
    i64,
    Vec<u8>,
);
type EventRow = (i64, i32, String, String, Vec<u8>);

#[derive(sqlx::FromRow)]
struct TransactionRow {
    block: i64,
    index: i32,
    transaction_id: String,
    kind: i32,
    code: i16,
    chaincode: Option<String>,
    client_time_seconds: Option<i64>,
    malformation: Option<String>,
}

#[derive(sqlx::FromRow)]
struct WriteRow {
    block: i64,
    index: i32,
    position: i32,
    namespace: String,
    collection: String,
    key: Vec<u8>,
    value: Option<Vec<u8>>,
    metadata: Option<Vec<u8>>,
    expires_in: Option<i64>,
}

impl Reader {
    /// The rows of `checkpoint`: one, if nobody interfered.
    ///
    /// # Errors
    /// The database's own, as in every method here.
    pub async fn checkpoints(&mut self) -> Result<Vec<RecordedCheckpoint>, StoreError> {
        let rows: Vec<CheckpointRow> =
            sqlx::query_as("SELECT block, header_hash, commit_hash, seal FROM checkpoint")
                .fetch_all(&mut *self.transaction)
                .await?;
        let checkpoint =
            |(block, header_hash, commit_hash, seal): CheckpointRow| RecordedCheckpoint {
                block: block.map(i64::cast_unsigned),
                header_hash,
                commit_hash,
                seal,
            };
        Ok(rows.into_iter().map(checkpoint).collect())
    }

    /// The rows of `channel`: one, once a channel is mirrored.
    ///
    /// # Errors
    /// The database's own.
    pub async fn channels(&mut self) -> Result<Vec<Channel>, StoreError> {
        let rows: Vec<(String, Vec<u8>, String)> =
            sqlx::query_as("SELECT name, genesis_hash, chaincode FROM channel")
                .fetch_all(&mut *self.transaction)
                .await?;
        let channel = |(name, genesis_hash, chaincode)| Channel {
            name,
            genesis_hash,
            chaincode,
        };
        Ok(rows.into_iter().map(channel).collect())
    }

    /// The next blocks after a number (all, for `None`), at most `limit`, in order.
    ///
    /// # Errors
    /// The database's own.
    pub async fn blocks_after(
        &mut self,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Block>, StoreError> {
        let rows: Vec<BlockRow> = sqlx::query_as(
            "SELECT number, header_hash, previous_hash, data_hash, commit_hash, \
             transaction_count, size_bytes, seal FROM block \
             WHERE $1::bigint IS NULL OR number > $1 ORDER BY number LIMIT $2",
        )
        .bind(after.map(u64::cast_signed))
        .bind(i64::from(limit))
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(rows.into_iter().map(block).collect())
    }

    /// The transactions of the blocks from `first` to `last`, in order.
    ///
    /// # Errors
    /// The database's own.
    pub async fn transactions(
        &mut self,
        first: u64,
        last: u64,
    ) -> Result<Vec<RecordedTransaction>, StoreError> {
        let rows: Vec<TransactionRow> = sqlx::query_as(
            "SELECT block, index, transaction_id, kind, code, chaincode, client_time_seconds, \
             malformation FROM transaction WHERE block BETWEEN $1 AND $2 ORDER BY block, index",
        )
        .bind(first.cast_signed())
        .bind(last.cast_signed())
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(rows.into_iter().map(transaction).collect())
    }

    /// The writes of the blocks from `first` to `last`, in order.
    ///
    /// # Errors
    /// The database's own.
    pub async fn writes(
        &mut self,
        first: u64,
        last: u64,
    ) -> Result<Vec<RecordedWrite>, StoreError> {
        let rows: Vec<WriteRow> = sqlx::query_as(
            "SELECT block, index, position, namespace, collection, key, value, metadata, \
             expires_in FROM write WHERE block BETWEEN $1 AND $2 ORDER BY block, index, position",
        )
        .bind(first.cast_signed())
        .bind(last.cast_signed())
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(rows.into_iter().map(write).collect())
    }

    /// The events of the blocks from `first` to `last`, in order.
    ///
    /// # Errors
    /// The database's own.
    pub async fn events(&mut self, first: u64, last: u64) -> Result<Vec<Event>, StoreError> {
        let rows: Vec<EventRow> = sqlx::query_as(
            "SELECT block, index, chaincode, name, payload FROM event \
             WHERE block BETWEEN $1 AND $2 ORDER BY block, index",
        )
        .bind(first.cast_signed())
        .bind(last.cast_signed())
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(rows.into_iter().map(event).collect())
    }

    /// How many rows `transaction`, `write`, `event` and `transfer` have.
    ///
    /// # Errors
    /// The database's own.
    pub async fn fact_counts(&mut self) -> Result<[u64; 4], StoreError> {
        let (transactions, writes, events, transfers): (i64, i64, i64, i64) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM transaction), (SELECT count(*) FROM write), \
             (SELECT count(*) FROM event), (SELECT count(*) FROM transfer)",
        )
        .fetch_one(&mut *self.transaction)
        .await?;
        Ok([transactions, writes, events, transfers].map(i64::cast_unsigned))
    }

    /// The blocks that `transaction`, `write`, `event` and `transfer` name and that are not there,
    /// with the table and the number of its rows; at most `limit`.
    ///
    /// # Errors
    /// The database's own.
    pub async fn orphans(&mut self, limit: u32) -> Result<Vec<(String, i64, i64)>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT facts, block, count(*) FROM (\
               SELECT 'transaction' AS facts, block FROM transaction UNION ALL \
               SELECT 'write', block FROM write UNION ALL \
               SELECT 'event', block FROM event UNION ALL \
               SELECT 'transfer', block FROM transfer) AS named \
             WHERE NOT EXISTS (SELECT FROM block WHERE number = named.block) \
             GROUP BY facts, block ORDER BY block, facts LIMIT $1",
        )
        .bind(i64::from(limit));
        Ok(rows.fetch_all(&mut *self.transaction).await?)
    }
}

fn position(block: i64, index: i32) -> Position {
    Position {
        block: block.cast_unsigned(),
        index: index.cast_unsigned(),
    }
}

fn block(row: BlockRow) -> Block {
    let (number, header_hash, previous_hash, data_hash, commit_hash, count, size, seal) = row;
    Block {
        number: number.cast_unsigned(),
        header_hash,
        previous_hash,
        data_hash,
        commit_hash,
        transaction_count: count.cast_unsigned(),
        size_bytes: size.cast_unsigned(),
        seal,
    }
}

fn transaction(row: TransactionRow) -> RecordedTransaction {
    let [code, _] = row.code.to_le_bytes();
    RecordedTransaction {
        transaction: Transaction {
            position: position(row.block, row.index),
            transaction_id: row.transaction_id,
            kind: row.kind,
            code,
            chaincode: row.chaincode,
            client_time_seconds: row.client_time_seconds,
            malformation: row.malformation,
        },
        code: row.code,
    }
}

fn write(row: WriteRow) -> RecordedWrite {
    RecordedWrite {
        item: row.position.cast_unsigned(),
        write: WriteFact {
            position: position(row.block, row.index),
            id: StateId {
                namespace: row.namespace,
                collection: row.collection,
                key: row.key,
            },
            value: row.value,
            metadata: row.metadata,
            expires_in: row.expires_in.map(i64::cast_unsigned),
        },
    }
}

fn event((block, index, chaincode, name, payload): EventRow) -> Event {
    Event {
        position: position(block, index),
        chaincode,
        name,
        payload,
    }
}
