//! Table `write`: what valid transactions left under each key. The state follows from it.

use sqlx::PgConnection;

use crate::column::{bigint, integer};
use crate::{Position, StateId, StoreError};

/// What one transaction left under one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteFact {
    /// Which transaction.
    pub position: Position,
    /// Which key.
    pub id: StateId,
    /// The value after it; `None` where it deleted the key.
    pub value: Option<Vec<u8>>,
    /// The metadata after it, in the form that the writer chose.
    pub metadata: Option<Vec<u8>>,
    /// The block whose commit drops the entry, unless it is written again.
    pub expires_in: Option<u64>,
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
        row.expires_in
            .map(|block| bigint("block", block))
            .transpose()
    });
    sqlx::query(
        "INSERT INTO write (block, index, position, namespace, collection, key, value, metadata, \
         expires_in) \
         SELECT * FROM UNNEST($1::bigint[], $2::integer[], $3::integer[], $4::text[], $5::text[], \
         $6::bytea[], $7::bytea[], $8::bytea[], $9::bigint[])",
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
    .bind(rows().map(|row| row.value.as_deref()).collect::<Vec<_>>())
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
