//! Table `balance`: the sum of each account's notes.

use asset_types::{AccountId, Amount, TokenId};
use sqlx::PgConnection;

use crate::column::{amount, parsed, unsigned};
use crate::{NoteChange, Store, StoreError};

/// How much an account has of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Of which token.
    pub token: TokenId,
    /// Whose.
    pub account: AccountId,
    /// The sum of its notes.
    pub amount: Amount,
    /// How many notes there are.
    pub notes: u64,
}

type Row = (String, String, String, i64);

impl Store {
    /// One balance, zero where there are no notes.
    ///
    /// # Errors
    /// The database's own.
    pub async fn balance(
        &self,
        token: &TokenId,
        account: &AccountId,
    ) -> Result<Balance, StoreError> {
        let row = sqlx::query_as(
            "SELECT token, account, amount::text, notes FROM balance \
             WHERE token = $1 AND account = $2",
        )
        .bind(token.as_str())
        .bind(account.as_str());
        let found = row
            .fetch_optional(self.pool())
            .await?
            .map(balance)
            .transpose()?;
        Ok(found.unwrap_or_else(|| Balance {
            token: token.clone(),
            account: account.clone(),
            amount: Amount::ZERO,
            notes: 0,
        }))
    }

    /// All that an account has, in the order of the tokens' ids.
    ///
    /// # Errors
    /// The database's own.
    pub async fn balances(&self, account: &AccountId) -> Result<Vec<Balance>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT token, account, amount::text, notes FROM balance WHERE account = $1 \
             ORDER BY token",
        )
        .bind(account.as_str())
        .fetch_all(self.pool())
        .await?;
        rows.into_iter().map(balance).collect()
    }

    /// The next holders of a token after a name, at most `limit`, the reserved account included.
    ///
    /// # Errors
    /// The database's own.
    pub async fn holders(
        &self,
        token: &TokenId,
        after: Option<&AccountId>,
        limit: u32,
    ) -> Result<Vec<Balance>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT token, account, amount::text, notes FROM balance \
             WHERE token = $1 AND account > $2 ORDER BY account LIMIT $3",
        )
        .bind(token.as_str())
        .bind(after.map_or("", AccountId::as_str))
        .bind(i64::from(limit))
        .fetch_all(self.pool())
        .await?;
        rows.into_iter().map(balance).collect()
    }
}

/// Adds the difference that note changes make, before the notes themselves change.
pub(crate) async fn adjust(
    connection: &mut PgConnection,
    changes: &[NoteChange],
) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let amounts = changes
        .iter()
        .map(|change| change.amount.map(|amount| amount.to_string()));
    sqlx::query(
        "WITH change AS (SELECT t AS token, a AS account, n AS note, m::numeric AS amount \
           FROM UNNEST($1::text[], $2::text[], $3::text[], $4::text[]) AS rows(t, a, n, m)), \
         difference AS ( \
           SELECT token, account, amount, 1 AS notes FROM change WHERE amount IS NOT NULL \
           UNION ALL \
           SELECT note.token, note.account, -note.amount, -1 FROM note \
           JOIN change ON note.token = change.token COLLATE \"C\" \
             AND note.account = change.account COLLATE \"C\" \
             AND note.note = change.note COLLATE \"C\") \
         INSERT INTO balance (token, account, amount, notes) \
         SELECT token, account, sum(amount), sum(notes) FROM difference GROUP BY token, account \
         ON CONFLICT (token, account) DO UPDATE \
         SET amount = balance.amount + excluded.amount, notes = balance.notes + excluded.notes",
    )
    .bind(
        changes
            .iter()
            .map(|change| change.token.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(
        changes
            .iter()
            .map(|change| change.account.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(
        changes
            .iter()
            .map(|change| change.note.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(amounts.collect::<Vec<_>>())
    .execute(&mut *connection)
    .await?;
    remove_empty(connection, changes).await
}

async fn remove_empty(
    connection: &mut PgConnection,
    changes: &[NoteChange],
) -> Result<(), StoreError> {
    let spent = || changes.iter().filter(|change| change.amount.is_none());
    sqlx::query(
        "DELETE FROM balance USING UNNEST($1::text[], $2::text[]) AS spent(t, a) \
         WHERE token = t AND account = a AND notes = 0",
    )
    .bind(
        spent()
            .map(|change| change.token.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(
        spent()
            .map(|change| change.account.as_str())
            .collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn balance((token, account, units, notes): Row) -> Result<Balance, StoreError> {
    Ok(Balance {
        token: parsed("balance", "token", &token)?,
        account: parsed("balance", "account", &account)?,
        amount: amount("balance", "amount", &units)?,
        notes: unsigned("balance", "notes", notes)?,
    })
}
