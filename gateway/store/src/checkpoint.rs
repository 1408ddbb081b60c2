//! Table `checkpoint`: how far the mirror has come, and the fence between writers.

use sqlx::PgConnection;

use crate::column::{bigint, corrupt, unsigned};
use crate::{Store, StoreError};

/// The last mirrored block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Its number.
    pub block: u64,
    /// Its header's hash.
    pub header_hash: Vec<u8>,
    /// Its commit hash; block 0 has none.
    pub commit_hash: Option<Vec<u8>>,
    /// Its seal.
    pub seal: Vec<u8>,
}

type Row = (
    Option<i64>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
);

impl Store {
    /// The last mirrored block, or `None` before the first.
    ///
    /// # Errors
    /// The database's own.
    pub async fn checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        let row = sqlx::query_as("SELECT block, header_hash, commit_hash, seal FROM checkpoint");
        checkpoint(row.fetch_optional(self.pool()).await?)
    }
}

/// Reads the checkpoint and keeps other writers waiting until the transaction ends.
pub(crate) async fn lock(connection: &mut PgConnection) -> Result<Option<Checkpoint>, StoreError> {
    let row =
        sqlx::query_as("SELECT block, header_hash, commit_hash, seal FROM checkpoint FOR UPDATE");
    checkpoint(row.fetch_optional(connection).await?)
}

/// Compares and sets.
pub(crate) async fn advance(
    connection: &mut PgConnection,
    after: Option<&Checkpoint>,
    reached: &Checkpoint,
) -> Result<(), StoreError> {
    let after_block = after
        .map(|after| bigint("block", after.block))
        .transpose()?;
    let updated = sqlx::query(
        "UPDATE checkpoint SET block = $1, header_hash = $2, commit_hash = $3, seal = $4, \
         changed_at = now() \
         WHERE block IS NOT DISTINCT FROM $5 AND header_hash IS NOT DISTINCT FROM $6",
    )
    .bind(bigint("block", reached.block)?)
    .bind(&reached.header_hash)
    .bind(&reached.commit_hash)
    .bind(&reached.seal)
    .bind(after_block)
    .bind(after.map(|after| &after.header_hash))
    .execute(&mut *connection)
    .await?;
    if updated.rows_affected() == 1 {
        return Ok(());
    }
    let found = lock(connection).await?;
    Err(StoreError::CheckpointMoved {
        expected: after.cloned().map(Box::new),
        found: found.map(Box::new),
    })
}

/// Wakes listeners when the transaction commits: one notification for a batch, since each takes a
/// lock that is global to the server.
pub(crate) async fn notify(
    connection: &mut PgConnection,
    listen_channel: String,
    reached: &Checkpoint,
) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_notify($1, $2)")
        .bind(listen_channel)
        .bind(reached.block.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

fn checkpoint(row: Option<Row>) -> Result<Option<Checkpoint>, StoreError> {
    let (block, header_hash, commit_hash, seal) = row.ok_or(StoreError::NoCheckpoint)?;
    let Some(block) = block else { return Ok(None) };
    Ok(Some(Checkpoint {
        block: unsigned("checkpoint", "block", block)?,
        header_hash: header_hash.ok_or_else(|| corrupt("checkpoint", "header_hash", &"NULL"))?,
        commit_hash,
        seal: seal.ok_or_else(|| corrupt("checkpoint", "seal", &"NULL"))?,
    }))
}
