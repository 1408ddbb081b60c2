//! Table `state`: the world state at the checkpoint, public and hashed.

use futures::{Stream, StreamExt as _};
use sqlx::PgConnection;

use crate::column::{bigint, integer, unsigned, unsigned32};
use crate::{Position, Store, StoreError};

/// What names an entry of the world state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateId {
    /// The chaincode.
    pub namespace: String,
    /// The private collection; empty for the public state.
    pub collection: String,
    /// The key, or the hash of a private key.
    pub key: Vec<u8>,
}

/// An entry's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateEntry {
    /// The value, or the hash of a private value.
    pub value: Vec<u8>,
    /// Its metadata, in the form that the writer chose.
    pub metadata: Option<Vec<u8>>,
    /// Which transaction wrote it last.
    pub version: Position,
    /// The block whose commit drops the entry.
    pub expires_in: Option<u64>,
}

/// An entry with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateRow {
    /// Its name.
    pub id: StateId,
    /// Its content.
    pub entry: StateEntry,
}

/// What a batch makes of an entry, in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// Its name.
    pub id: StateId,
    /// Its content; `None` where it is gone.
    pub entry: Option<StateEntry>,
}

#[derive(sqlx::FromRow)]
struct Row {
    namespace: String,
    collection: String,
    key: Vec<u8>,
    value: Vec<u8>,
    metadata: Option<Vec<u8>>,
    block: i64,
    index: i32,
    expires_in: Option<i64>,
}

impl Store {
    /// Those of the entries `ids` that exist, in no particular order.
    ///
    /// # Errors
    /// The database's own.
    pub async fn states(&self, ids: &[StateId]) -> Result<Vec<StateRow>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT namespace, collection, key, value, metadata, block, index, expires_in \
             FROM state WHERE (namespace, collection, key_digest) IN \
             (SELECT n, c, sha256(k) FROM UNNEST($1::text[], $2::text[], $3::bytea[]) AS t(n, c, k))",
        )
        .bind(ids.iter().map(|id| id.namespace.as_str()).collect::<Vec<_>>())
        .bind(ids.iter().map(|id| id.collection.as_str()).collect::<Vec<_>>())
        .bind(ids.iter().map(|id| id.key.as_slice()).collect::<Vec<_>>())
        .fetch_all(self.pool())
        .await?;
        rows.into_iter().map(state).collect()
    }

    /// Those of the entries `ids` that exist and have metadata. An index of only such entries, of
    /// which there are few, answers.
    ///
    /// # Errors
    /// The database's own.
    pub async fn states_with_metadata(&self, ids: &[StateId]) -> Result<Vec<StateRow>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT namespace, collection, key, value, metadata, block, index, expires_in \
             FROM state WHERE metadata IS NOT NULL AND (namespace, collection, key_digest) IN \
             (SELECT n, c, sha256(k) FROM UNNEST($1::text[], $2::text[], $3::bytea[]) AS t(n, c, k))",
        )
        .bind(ids.iter().map(|id| id.namespace.as_str()).collect::<Vec<_>>())
        .bind(ids.iter().map(|id| id.collection.as_str()).collect::<Vec<_>>())
        .bind(ids.iter().map(|id| id.key.as_slice()).collect::<Vec<_>>())
        .fetch_all(self.pool())
        .await?;
        rows.into_iter().map(state).collect()
    }

    /// The entries that the commits of the blocks up to `block` will drop.
    ///
    /// # Errors
    /// The database's own.
    pub async fn states_expiring(&self, block: u64) -> Result<Vec<StateRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT namespace, collection, key, value, metadata, block, index, expires_in \
             FROM state WHERE expires_in <= $1",
        )
        .bind(bigint("block", block)?)
        .fetch_all(self.pool())
        .await?;
        rows.into_iter().map(state).collect()
    }

    /// The whole state, sorted by namespace, collection and digest of the key.
    pub fn all_states(&self) -> impl Stream<Item = Result<StateRow, StoreError>> + Unpin + '_ {
        sqlx::query_as(
            "SELECT namespace, collection, key, value, metadata, block, index, expires_in \
             FROM state ORDER BY namespace, collection, key_digest",
        )
        .fetch(self.pool())
        .map(|row| state(row?))
    }
}

/// Applies net changes, at most one per entry, and drops what expires with `block`.
pub(crate) async fn fold(
    connection: &mut PgConnection,
    changes: &[StateChange],
    block: u64,
) -> Result<(), StoreError> {
    let gone: Vec<&StateId> = changes
        .iter()
        .filter(|change| change.entry.is_none())
        .map(|change| &change.id)
        .collect();
    let kept: Vec<(&StateId, &StateEntry)> = changes
        .iter()
        .filter_map(|change| Some((&change.id, change.entry.as_ref()?)))
        .collect();
    upsert(connection, &kept).await?;
    remove(connection, &gone).await?;
    sqlx::query("DELETE FROM state WHERE expires_in <= $1")
        .bind(bigint("block", block)?)
        .execute(connection)
        .await?;
    Ok(())
}

async fn upsert(
    connection: &mut PgConnection,
    rows: &[(&StateId, &StateEntry)],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let ids = || rows.iter().map(|(id, _)| id);
    let entries = || rows.iter().map(|(_, entry)| entry);
    let blocks = entries().map(|entry| bigint("block", entry.version.block));
    let indexes = entries().map(|entry| integer("index", entry.version.index));
    let expiries = entries().map(|entry| {
        entry
            .expires_in
            .map(|block| bigint("block", block))
            .transpose()
    });
    sqlx::query(
        "INSERT INTO state (namespace, collection, key, value, metadata, block, index, \
         expires_in) \
         SELECT * FROM UNNEST($1::text[], $2::text[], $3::bytea[], $4::bytea[], $5::bytea[], \
         $6::bigint[], $7::integer[], $8::bigint[]) \
         ON CONFLICT (namespace, collection, key_digest) DO UPDATE SET value = excluded.value, \
         metadata = excluded.metadata, block = excluded.block, index = excluded.index, \
         expires_in = excluded.expires_in",
    )
    .bind(ids().map(|id| id.namespace.as_str()).collect::<Vec<_>>())
    .bind(ids().map(|id| id.collection.as_str()).collect::<Vec<_>>())
    .bind(ids().map(|id| id.key.as_slice()).collect::<Vec<_>>())
    .bind(
        entries()
            .map(|entry| entry.value.as_slice())
            .collect::<Vec<_>>(),
    )
    .bind(
        entries()
            .map(|entry| entry.metadata.as_deref())
            .collect::<Vec<_>>(),
    )
    .bind(blocks.collect::<Result<Vec<_>, _>>()?)
    .bind(indexes.collect::<Result<Vec<_>, _>>()?)
    .bind(expiries.collect::<Result<Vec<_>, _>>()?)
    .execute(connection)
    .await?;
    Ok(())
}

async fn remove(connection: &mut PgConnection, ids: &[&StateId]) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "DELETE FROM state USING UNNEST($1::text[], $2::text[], $3::bytea[]) AS gone(n, c, k) \
         WHERE namespace = n AND collection = c AND key_digest = sha256(k)",
    )
    .bind(
        ids.iter()
            .map(|id| id.namespace.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(
        ids.iter()
            .map(|id| id.collection.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(ids.iter().map(|id| id.key.as_slice()).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

fn state(row: Row) -> Result<StateRow, StoreError> {
    Ok(StateRow {
        id: StateId {
            namespace: row.namespace,
            collection: row.collection,
            key: row.key,
        },
        entry: StateEntry {
            value: row.value,
            metadata: row.metadata,
            version: Position {
                block: unsigned("state", "block", row.block)?,
                index: unsigned32("state", "index", row.index)?,
            },
            expires_in: row
                .expires_in
                .map(|block| unsigned("state", "expires_in", block))
                .transpose()?,
        },
    })
}
