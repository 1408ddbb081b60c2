//! Table `note`: the unspent notes of every account.

use asset_types::{AccountId, Amount, NoteId, TokenId};
use sqlx::PgConnection;

use crate::column::{amount, bigint, integer, parsed};
use crate::{Position, Store, StoreError};

/// A note that can be spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteRow {
    /// Its name.
    pub note: NoteId,
    /// Its units.
    pub amount: Amount,
}

/// What a batch makes of a note, in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteChange {
    /// Of which token.
    pub token: TokenId,
    /// Whose.
    pub account: AccountId,
    /// Its name.
    pub note: NoteId,
    /// Its units; `None` where it is spent.
    pub amount: Option<Amount>,
    /// The transaction that did it.
    pub position: Position,
}

type Row = (String, String);

impl Store {
    /// An account's notes, the oldest first, at most `limit`.
    ///
    /// # Errors
    /// The database's own.
    pub async fn notes(
        &self,
        token: &TokenId,
        account: &AccountId,
        limit: u32,
    ) -> Result<Vec<NoteRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT note, amount::text FROM note WHERE token = $1 AND account = $2 \
             ORDER BY block, index, note LIMIT $3",
        )
        .bind(token.as_str())
        .bind(account.as_str())
        .bind(i64::from(limit))
        .fetch_all(self.pool())
        .await?;
        rows.into_iter().map(note).collect()
    }
}

/// Writes the new amounts and removes what is spent.
pub(crate) async fn replace(
    connection: &mut PgConnection,
    changes: &[NoteChange],
) -> Result<(), StoreError> {
    let (spent, kept): (Vec<_>, Vec<_>) =
        changes.iter().partition(|change| change.amount.is_none());
    upsert(connection, &kept).await?;
    remove(connection, &spent).await
}

async fn upsert(connection: &mut PgConnection, rows: &[&NoteChange]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let blocks = rows.iter().map(|row| bigint("block", row.position.block));
    let indexes = rows.iter().map(|row| integer("index", row.position.index));
    sqlx::query(
        "INSERT INTO note (token, account, note, amount, block, index) \
         SELECT t, a, n, m::numeric, b, i FROM UNNEST($1::text[], $2::text[], $3::text[], \
         $4::text[], $5::bigint[], $6::integer[]) AS rows(t, a, n, m, b, i) \
         ON CONFLICT (token, account, note) DO UPDATE SET amount = excluded.amount, \
         block = excluded.block, index = excluded.index",
    )
    .bind(
        rows.iter()
            .map(|row| row.token.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(
        rows.iter()
            .map(|row| row.account.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(rows.iter().map(|row| row.note.as_str()).collect::<Vec<_>>())
    .bind(
        rows.iter()
            .map(|row| row.amount.map(|amount| amount.to_string()))
            .collect::<Vec<_>>(),
    )
    .bind(blocks.collect::<Result<Vec<_>, _>>()?)
    .bind(indexes.collect::<Result<Vec<_>, _>>()?)
    .execute(connection)
    .await?;
    Ok(())
}

async fn remove(connection: &mut PgConnection, rows: &[&NoteChange]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "DELETE FROM note USING UNNEST($1::text[], $2::text[], $3::text[]) AS spent(t, a, n) \
         WHERE token = t AND account = a AND note = n",
    )
    .bind(
        rows.iter()
            .map(|row| row.token.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(
        rows.iter()
            .map(|row| row.account.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(rows.iter().map(|row| row.note.as_str()).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

fn note((id, units): Row) -> Result<NoteRow, StoreError> {
    Ok(NoteRow {
        note: parsed("note", "note", &id)?,
        amount: amount("note", "amount", &units)?,
    })
}
