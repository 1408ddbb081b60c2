//! The world state, and what the writes say that it is, both in the order of the state's key.

use futures::{Stream, StreamExt as _};

use crate::snapshot::Reader;
use crate::{Position, StateId, StoreError};

/// An entry of the state, or the last write of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedState {
    /// Which key.
    pub id: StateId,
    /// The SHA-256 of the key: entries are in the order of namespace, collection and digest.
    pub key_digest: Vec<u8>,
    /// The value; `None` where the last write deleted the key.
    pub value: Option<Vec<u8>>,
    /// The metadata.
    pub metadata: Option<Vec<u8>>,
    /// Which transaction wrote it.
    pub version: Position,
    /// The block whose commit drops it.
    pub expires_in: Option<u64>,
}

#[derive(sqlx::FromRow)]
struct Row {
    namespace: String,
    collection: String,
    key: Vec<u8>,
    key_digest: Vec<u8>,
    value: Option<Vec<u8>>,
    metadata: Option<Vec<u8>>,
    block: i64,
    index: i32,
    expires_in: Option<i64>,
}

impl Reader {
    /// The whole table `state`.
    pub fn states(&mut self) -> impl Stream<Item = Result<RecordedState, StoreError>> + Unpin + '_ {
        sqlx::query_as(
            "SELECT namespace, collection, key, key_digest, value, metadata, block, index, \
             expires_in FROM state ORDER BY namespace, collection, key_digest",
        )
        .fetch(&mut *self.transaction)
        .map(|row| Ok(state(row?)))
    }

    /// The last write of each key.
    pub fn last_writes(
        &mut self,
    ) -> impl Stream<Item = Result<RecordedState, StoreError>> + Unpin + '_ {
        sqlx::query_as(
            "SELECT DISTINCT ON (namespace, collection, sha256(key)) namespace, collection, key, \
             sha256(key) AS key_digest, value, metadata, block, index, expires_in FROM write \
             ORDER BY namespace, collection, sha256(key), block DESC, index DESC, position DESC",
        )
        .fetch(&mut *self.transaction)
        .map(|row| Ok(state(row?)))
    }

    /// Those of the public keys `keys` of a chaincode that `state` has.
    ///
    /// # Errors
    /// The database's own.
    pub async fn public_states(
        &mut self,
        chaincode: &str,
        keys: &[Vec<u8>],
    ) -> Result<Vec<RecordedState>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT namespace, collection, key, key_digest, value, metadata, block, index, \
             expires_in FROM state WHERE namespace = $1 AND collection = '' AND key_digest IN \
             (SELECT sha256(k) FROM UNNEST($2::bytea[]) AS wanted(k))",
        )
        .bind(chaincode)
        .bind(keys)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(rows.into_iter().map(state).collect())
    }
}

fn state(row: Row) -> RecordedState {
    RecordedState {
        id: StateId {
            namespace: row.namespace,
            collection: row.collection,
            key: row.key,
        },
        key_digest: row.key_digest,
        value: row.value,
        metadata: row.metadata,
        version: Position {
            block: row.block.cast_unsigned(),
            index: row.index.cast_unsigned(),
        },
        expires_in: row.expires_in.map(i64::cast_unsigned),
    }
}
