//! Table `event`: the chaincode events of valid transactions.

use sqlx::PgConnection;

use crate::column::{bigint, integer, storable, unsigned, unsigned32};
use crate::{Position, Store, StoreError};

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The transaction that emitted it.
    pub position: Position,
    /// The chaincode that emitted it.
    pub chaincode: String,
    /// Its name.
    pub name: String,
    /// Its payload.
    pub payload: Vec<u8>,
}

type Row = (i64, i32, String, String, Vec<u8>);

impl Store {
    /// The next events after a position, at most `limit`, in the order of the chain.
    ///
    /// # Errors
    /// The database's own.
    pub async fn events_after(
        &self,
        after: Option<Position>,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        let block = after
            .map(|after| bigint("block", after.block))
            .transpose()?;
        let index = after
            .map(|after| integer("index", after.index))
            .transpose()?;
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT block, index, chaincode, name, payload FROM event \
             WHERE (block, index) > ($1, $2) ORDER BY block, index LIMIT $3",
        )
        .bind(block.unwrap_or(-1))
        .bind(index.unwrap_or(-1))
        .bind(i64::from(limit))
        .fetch_all(self.pool())
        .await?;
        rows.into_iter().map(event).collect()
    }
}

pub(crate) async fn append(
    connection: &mut PgConnection,
    events: &[Event],
) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let blocks = events
        .iter()
        .map(|event| bigint("block", event.position.block));
    let indexes = events
        .iter()
        .map(|event| integer("index", event.position.index));
    sqlx::query(
        "INSERT INTO event (block, index, chaincode, name, payload) \
         SELECT * FROM UNNEST($1::bigint[], $2::integer[], $3::text[], $4::text[], $5::bytea[])",
    )
    .bind(blocks.collect::<Result<Vec<_>, _>>()?)
    .bind(indexes.collect::<Result<Vec<_>, _>>()?)
    .bind(
        events
            .iter()
            .map(|event| storable(&event.chaincode))
            .collect::<Vec<_>>(),
    )
    .bind(
        events
            .iter()
            .map(|event| storable(&event.name))
            .collect::<Vec<_>>(),
    )
    .bind(
        events
            .iter()
            .map(|event| event.payload.as_slice())
            .collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn event((block, index, chaincode, name, payload): Row) -> Result<Event, StoreError> {
    Ok(Event {
        position: Position {
            block: unsigned("event", "block", block)?,
            index: unsigned32("event", "index", index)?,
        },
        chaincode,
        name,
        payload,
    })
}
