//! Table `transaction`: every transaction with its validation code, also the invalid ones.

use sqlx::PgConnection;

use crate::column::{bigint, corrupt, integer, storable, unsigned, unsigned32};
use crate::{Position, Store, StoreError};

/// One transaction. Of an invalid one, what its envelope says may be anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Where it is.
    pub position: Position,
    /// Its id, which a duplicate shares; empty where the envelope cannot be read.
    pub transaction_id: String,
    /// The envelope's header type.
    pub kind: i32,
    /// The peer's validation code; 0 is valid.
    pub code: u8,
    /// The chaincode it called.
    pub chaincode: Option<String>,
    /// The submitting client's clock, in seconds since 1970.
    pub client_time_seconds: Option<i64>,
    /// What about its bytes cannot be read.
    pub malformation: Option<String>,
}

type Row = (
    i64,
    i32,
    String,
    i32,
    i16,
    Option<String>,
    Option<i64>,
    Option<String>,
);

impl Store {
    /// All transactions with this id, in the order of the chain: at most one of them is valid.
    ///
    /// # Errors
    /// The database's own.
    pub async fn transactions(&self, transaction_id: &str) -> Result<Vec<Transaction>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT block, index, transaction_id, kind, code, chaincode, \
             client_time_seconds, malformation FROM transaction WHERE transaction_id = $1 \
             ORDER BY block, index",
        )
        .bind(storable(transaction_id))
        .fetch_all(self.pool())
        .await?;
        rows.into_iter().map(transaction).collect()
    }

    /// How many transactions are mirrored, and how many of them are valid.
    ///
    /// # Errors
    /// The database's own.
    pub async fn transaction_counts(&self) -> Result<(u64, u64), StoreError> {
        let (all, valid): (i64, i64) =
            sqlx::query_as("SELECT count(*), count(*) FILTER (WHERE code = 0) FROM transaction")
                .fetch_one(self.pool())
                .await?;
        Ok((
            unsigned("transaction", "count", all)?,
            unsigned("transaction", "count", valid)?,
        ))
    }
}

pub(crate) async fn append(
    connection: &mut PgConnection,
    transactions: &[Transaction],
) -> Result<(), StoreError> {
    if transactions.is_empty() {
        return Ok(());
    }
    let rows = || transactions.iter();
    let blocks = rows().map(|row| bigint("block", row.position.block));
    let indexes = rows().map(|row| integer("index", row.position.index));
    let text = |text: &Option<String>| text.as_deref().map(storable);
    sqlx::query(
        "INSERT INTO transaction (block, index, transaction_id, kind, code, \
         chaincode, client_time_seconds, malformation) \
         SELECT * FROM UNNEST($1::bigint[], $2::integer[], $3::text[], $4::integer[], \
         $5::smallint[], $6::text[], $7::bigint[], $8::text[])",
    )
    .bind(blocks.collect::<Result<Vec<_>, _>>()?)
    .bind(indexes.collect::<Result<Vec<_>, _>>()?)
    .bind(
        rows()
            .map(|row| storable(&row.transaction_id))
            .collect::<Vec<_>>(),
    )
    .bind(rows().map(|row| row.kind).collect::<Vec<_>>())
    .bind(rows().map(|row| i16::from(row.code)).collect::<Vec<_>>())
    .bind(rows().map(|row| text(&row.chaincode)).collect::<Vec<_>>())
    .bind(
        rows()
            .map(|row| row.client_time_seconds)
            .collect::<Vec<_>>(),
    )
    .bind(
        rows()
            .map(|row| text(&row.malformation))
            .collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn transaction(row: Row) -> Result<Transaction, StoreError> {
    let (block, index, transaction_id, kind, code, chaincode, seconds, malformation) = row;
    Ok(Transaction {
        position: Position {
            block: unsigned("transaction", "block", block)?,
            index: unsigned32("transaction", "index", index)?,
        },
        transaction_id,
        kind,
        code: u8::try_from(code).map_err(|_| corrupt("transaction", "code", &code))?,
        chaincode,
        client_time_seconds: seconds,
        malformation,
    })
}
