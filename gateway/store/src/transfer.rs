//! Table `transfer`: who paid whom, as valid transactions announced it.

use asset_types::{AccountId, Amount, Memo, RequestId, TokenId};
use sqlx::PgConnection;

use crate::column::{amount, bigint, integer, parsed, unsigned, unsigned32};
use crate::{Position, Store, StoreError};

/// One payment; a mint is one from the reserved account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The transaction that made it.
    pub position: Position,
    /// Which of the transaction's payments.
    pub item: u32,
    /// The transaction's id.
    pub transaction_id: String,
    /// Of which token.
    pub token: TokenId,
    /// Who paid.
    pub from: AccountId,
    /// Who received.
    pub to: AccountId,
    /// How much.
    pub amount: Amount,
    /// A word to the payee.
    pub memo: Option<Memo>,
    /// The request that asked for it.
    pub request_id: RequestId,
}

#[derive(sqlx::FromRow)]
struct Row {
    block: i64,
    index: i32,
    position: i32,
    transaction_id: String,
    token: String,
    from_account: String,
    to_account: String,
    amount: String,
    memo: Option<String>,
    request_id: String,
}

impl Store {
    /// An account's payments and receipts before a block, the newest first, at most `limit`.
    ///
    /// # Errors
    /// The database's own.
    pub async fn transfers(
        &self,
        account: &AccountId,
        before_block: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Transfer>, StoreError> {
        let before = before_block
            .map(|block| bigint("block", block))
            .transpose()?;
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT block, index, position, transaction_id, token, from_account, to_account, \
             amount::text, memo, request_id FROM transfer \
             WHERE (from_account = $1 OR to_account = $1) AND block < $2 \
             ORDER BY block DESC, index DESC, position DESC LIMIT $3",
        )
        .bind(account.as_str())
        .bind(before.unwrap_or(i64::MAX))
        .bind(i64::from(limit))
        .fetch_all(self.pool())
        .await?;
        rows.into_iter().map(transfer).collect()
    }
}

pub(crate) async fn append(
    connection: &mut PgConnection,
    transfers: &[Transfer],
) -> Result<(), StoreError> {
    if transfers.is_empty() {
        return Ok(());
    }
    let rows = || transfers.iter();
    let blocks = rows().map(|row| bigint("block", row.position.block));
    let indexes = rows().map(|row| integer("index", row.position.index));
    let items = rows().map(|row| integer("item", row.item));
    sqlx::query(
        "INSERT INTO transfer (block, index, position, transaction_id, token, from_account, \
         to_account, amount, memo, request_id) \
         SELECT b, i, p, x, t, f, o, m::numeric, w, r FROM UNNEST($1::bigint[], $2::integer[], \
         $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], \
         $10::text[]) AS rows(b, i, p, x, t, f, o, m, w, r)",
    )
    .bind(blocks.collect::<Result<Vec<_>, _>>()?)
    .bind(indexes.collect::<Result<Vec<_>, _>>()?)
    .bind(items.collect::<Result<Vec<_>, _>>()?)
    .bind(
        rows()
            .map(|row| row.transaction_id.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(rows().map(|row| row.token.as_str()).collect::<Vec<_>>())
    .bind(rows().map(|row| row.from.as_str()).collect::<Vec<_>>())
    .bind(rows().map(|row| row.to.as_str()).collect::<Vec<_>>())
    .bind(rows().map(|row| row.amount.to_string()).collect::<Vec<_>>())
    .bind(
        rows()
            .map(|row| row.memo.as_ref().map(Memo::as_str))
            .collect::<Vec<_>>(),
    )
    .bind(
        rows()
            .map(|row| row.request_id.as_str())
            .collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn transfer(row: Row) -> Result<Transfer, StoreError> {
    let memo = row
        .memo
        .map(|memo| parsed("transfer", "memo", &memo))
        .transpose()?;
    Ok(Transfer {
        position: Position {
            block: unsigned("transfer", "block", row.block)?,
            index: unsigned32("transfer", "index", row.index)?,
        },
        item: unsigned32("transfer", "position", row.position)?,
        transaction_id: row.transaction_id,
        token: parsed("transfer", "token", &row.token)?,
        from: parsed("transfer", "from_account", &row.from_account)?,
        to: parsed("transfer", "to_account", &row.to_account)?,
        amount: amount("transfer", "amount", &row.amount)?,
        memo,
        request_id: parsed("transfer", "request_id", &row.request_id)?,
    })
}
