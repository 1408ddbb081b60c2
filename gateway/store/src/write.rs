//! Table `write`: what valid transactions did to each key. The state can be folded from it again.

use futures::{Stream, StreamExt as _};
use sqlx::PgConnection;

use crate::column::{bigint, integer, unsigned, unsigned32};
use crate::{Position, StateId, Store, StoreError};

/// What a transaction does to a key's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueChange {
    /// It stays: the transaction changes metadata only.
    Keep,
    /// It becomes this.
    Put(Vec<u8>),
    /// The key goes, with its metadata.
    Delete,
}

/// One transaction's effect on one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteFact {
    /// Which transaction.
    pub position: Position,
    /// Which key.
    pub id: StateId,
    /// What becomes of the value.
    pub value: ValueChange,
    /// The new metadata, empty to clear it; `None` leaves it as it is.
    pub metadata: Option<Vec<u8>>,
    /// The block after whose commit the entry is gone, unless it is written again.
    pub expires_after: Option<u64>,
}

type Row = (
    i64,
    i32,
    String,
    String,
    Vec<u8>,
    bool,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Option<i64>,
);

impl Store {
    /// All writes, sorted by key (namespace, collection, digest of the key) and for each key in
    /// the order of the chain.
    pub fn writes_by_key(&self) -> impl Stream<Item = Result<WriteFact, StoreError>> + Unpin + '_ {
        sqlx::query_as(
            "SELECT block, index, namespace, collection, key, is_delete, value, metadata, \
             expires_after FROM write \
             ORDER BY namespace, collection, sha256(key), block, index, position",
        )
        .fetch(self.pool())
        .map(|row| fact(row?))
    }
}

pub(crate) async fn append(
    connection: &mut PgConnection,
    writes: &[WriteFact],
) -> Result<(), StoreError> {
    if writes.is_empty() {
        return Ok(());
    }
    let rows = || writes.iter();
    let blocks = rows().map(|row| bigint("block", row.position.block));
    let indexes = rows().map(|row| integer("index", row.position.index));
    let expiries = rows().map(|row| {
        row.expires_after
            .map(|block| bigint("block", block))
            .transpose()
    });
    let values = rows().map(|row| match &row.value {
        ValueChange::Put(value) => Some(value.as_slice()),
        ValueChange::Keep | ValueChange::Delete => None,
    });
    sqlx::query(
        "INSERT INTO write (block, index, position, namespace, collection, key, is_delete, value, \
         metadata, expires_after) \
         SELECT * FROM UNNEST($1::bigint[], $2::integer[], $3::integer[], $4::text[], $5::text[], \
         $6::bytea[], $7::boolean[], $8::bytea[], $9::bytea[], $10::bigint[])",
    )
    .bind(blocks.collect::<Result<Vec<_>, _>>()?)
    .bind(indexes.collect::<Result<Vec<_>, _>>()?)
    .bind(positions(writes)?)
    .bind(
        rows()
            .map(|row| row.id.namespace.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(
        rows()
            .map(|row| row.id.collection.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(rows().map(|row| row.id.key.as_slice()).collect::<Vec<_>>())
    .bind(
        rows()
            .map(|row| row.value == ValueChange::Delete)
            .collect::<Vec<_>>(),
    )
    .bind(values.collect::<Vec<_>>())
    .bind(
        rows()
            .map(|row| row.metadata.as_deref())
            .collect::<Vec<_>>(),
    )
    .bind(expiries.collect::<Result<Vec<_>, _>>()?)
    .execute(connection)
    .await?;
    Ok(())
}

/// Counts the writes of each transaction from 0.
fn positions(writes: &[WriteFact]) -> Result<Vec<i32>, StoreError> {
    let mut previous = None;
    let mut position = 0_u32;
    let count = |write: &WriteFact| {
        position = if previous == Some(write.position) {
            position + 1
        } else {
            0
        };
        previous = Some(write.position);
        integer("position", position)
    };
    writes.iter().map(count).collect()
}

fn fact(row: Row) -> Result<WriteFact, StoreError> {
    let (block, index, namespace, collection, key, is_delete, value, metadata, expiry) = row;
    Ok(WriteFact {
        position: Position {
            block: unsigned("write", "block", block)?,
            index: unsigned32("write", "index", index)?,
        },
        id: StateId {
            namespace,
            collection,
            key,
        },
        value: match (is_delete, value) {
            (true, _) => ValueChange::Delete,
            (false, Some(value)) => ValueChange::Put(value),
            (false, None) => ValueChange::Keep,
        },
        metadata,
        expires_after: expiry
            .map(|block| unsigned("write", "expires_after", block))
            .transpose()?,
    })
}
