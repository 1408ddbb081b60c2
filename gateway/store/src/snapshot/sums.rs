//! Sums that do not add up.

use asset_types::UNISSUED;

use crate::StoreError;
use crate::snapshot::Reader;

/// A balance that is not the sum of its notes; sums and counts as PostgreSQL writes them.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct BalanceDifference {
    /// Of which token.
    pub token: String,
    /// Whose.
    pub account: String,
    /// What the balance says; `None` where there is none.
    pub recorded: Option<String>,
    /// How many notes it says that there are.
    pub recorded_notes: Option<String>,
    /// What the notes add up to; `None` where there are none.
    pub summed: Option<String>,
    /// How many there are.
    pub summed_notes: Option<String>,
}

/// A token whose notes do not add up to its cap.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SupplyDifference {
    /// Which token.
    pub token: String,
    /// Its cap.
    pub cap: String,
    /// What circulates.
    pub circulating: String,
    /// What does not.
    pub unissued: String,
}

impl Reader {
    /// Balances that are not the sum of their notes: none, unless somebody wrote by hand. At most
    /// `limit`.
    ///
    /// # Errors
    /// The database's own.
    pub async fn balance_differences(
        &mut self,
        limit: u32,
    ) -> Result<Vec<BalanceDifference>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT token, account, b.amount::text AS recorded, b.notes::text AS recorded_notes, \
             n.amount::text AS summed, n.notes::text AS summed_notes \
             FROM balance b FULL JOIN \
             (SELECT token, account, sum(amount) AS amount, count(*) AS notes FROM note \
              GROUP BY token, account) n USING (token, account) \
             WHERE b.amount IS DISTINCT FROM n.amount OR b.notes IS DISTINCT FROM n.notes \
             ORDER BY token, account LIMIT $1",
        )
        .bind(i64::from(limit));
        Ok(rows.fetch_all(&mut *self.transaction).await?)
    }

    /// Tokens whose notes do not add up to their caps: none, on an honest ledger. At most `limit`.
    ///
    /// # Errors
    /// The database's own.
    pub async fn supply_differences(
        &mut self,
        limit: u32,
    ) -> Result<Vec<SupplyDifference>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT token, cap::text, circulating::text, unissued::text FROM (\
               SELECT token.token, token.cap, \
               coalesce(sum(amount) FILTER (WHERE account <> $1), 0) AS circulating, \
               coalesce(sum(amount) FILTER (WHERE account = $1), 0) AS unissued \
               FROM token LEFT JOIN note ON note.token = token.token \
               GROUP BY token.token) AS supply \
             WHERE cap <> circulating + unissued ORDER BY token LIMIT $2",
        )
        .bind(UNISSUED)
        .bind(i64::from(limit));
        Ok(rows.fetch_all(&mut *self.transaction).await?)
    }
}
